import random

import bcrypt
import pytest

from pizza_service.errors import HttpError
from pizza_service.passwords import hash_password, is_password


def hashed(password: object, *, seed: int = 1) -> str:
    return hash_password(password, cost=4, rng=random.Random(seed))


def test_hash_has_the_form_of_node_and_is_read_by_bcrypt() -> None:
    assert hashed("diner").startswith("$2b$04$")
    assert bcrypt.checkpw(b"diner", hashed("diner").encode())


def test_hash_of_one_seed_is_repeatable_and_of_another_differs() -> None:
    assert hashed("diner") == hashed("diner")
    assert hashed("diner") != hashed("diner", seed=2)


@pytest.mark.parametrize("seed", range(8))
def test_hash_keeps_every_bit_of_its_salt(seed: int) -> None:
    rng = random.Random(seed)
    expected = "".join(rng.choices("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", k=21))
    assert hashed("diner", seed=seed)[7:29] == expected + rng.choice(".Oeu")


def test_is_password_tells_right_from_wrong() -> None:
    assert is_password("diner", hashed=hashed("diner"))
    assert not is_password("Diner", hashed=hashed("diner"))


@pytest.mark.parametrize("password", ["x" * 200, "ü" * 100, "a\0b"])
def test_is_password_of_what_bcrypt_finds_odd_is_good(password: str) -> None:
    assert is_password(password, hashed=hashed(password))


def test_password_that_is_no_text_raises_what_node_raises() -> None:
    with pytest.raises(HttpError, match="data must be a string or Buffer"):
        hashed(5)
    with pytest.raises(HttpError, match="data and hash must be strings"):
        is_password(5, hashed=hashed("diner"))
