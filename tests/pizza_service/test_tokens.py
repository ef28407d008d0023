import jwt
import pytest

from pizza_service.tokens import sign, signature_of, verify

SECRET = "a secret that is long enough for anybody"
USER = {"id": 1, "name": "常用名字", "email": "a@jwt.com", "roles": [{"role": "admin"}]}


def test_sign_is_read_by_other_libraries() -> None:
    token = sign(USER, secret=SECRET, now=1733055840.9)
    assert jwt.decode(token, SECRET, algorithms=["HS256"]) == {**USER, "iat": 1733055840}


def test_verify_takes_tokens_of_other_libraries() -> None:
    user = verify(jwt.encode(USER, SECRET, algorithm="HS256"), secret=SECRET)
    assert user is not None
    assert (user.id, user.is_admin, user.claims) == (1, True, USER)


def test_verify_of_any_age_and_of_the_future_is_good() -> None:
    assert verify(sign(USER, secret=SECRET, now=0), secret=SECRET)
    assert verify(sign(USER, secret=SECRET, now=9e9), secret=SECRET)


def test_verify_diner_is_no_admin() -> None:
    user = verify(sign({"id": 2, "roles": [{"role": "diner"}]}, secret=SECRET, now=0), secret=SECRET)
    assert user is not None
    assert not user.is_admin


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "..", "ü.ü.ü"])
def test_verify_of_nonsense_is_nobody(token: str) -> None:
    assert verify(token, secret=SECRET) is None


def test_verify_with_another_secret_is_nobody() -> None:
    assert verify(sign(USER, secret=SECRET, now=0), secret=SECRET + "!") is None


@pytest.mark.parametrize(("token", "signature"), [("a.b.c", "c"), ("a.b.c.d", "c"), ("a.b", ""), ("", "")])
def test_signature_of_is_the_third_part(token: str, signature: str) -> None:
    assert signature_of(token) == signature
