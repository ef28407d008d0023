import jwt
import pytest

from pizza_service.settings import Flaw
from tests.pizza_service.conftest import OpenSite
from tests.pizza_service.kit import SETTINGS, STARTED_AT, Site

UNDEFINED_PARAMETER = "Bind parameters must not contain undefined. To pass SQL NULL specify JS null"


def test_register_new_diner_answers_user_and_token(site: Site) -> None:
    reply = site.ask("POST", "/api/auth", {"name": "Ada", "email": "ada@jwt.com", "password": "x", "roles": ["admin"]})
    token = reply.json()["token"]
    assert reply.status_code == 200
    assert reply.text == (
        f'{{"user":{{"name":"Ada","email":"ada@jwt.com","roles":[{{"role":"diner"}}],"id":4}},"token":"{token}"}}'
    )
    assert site.ask("GET", "/api/user/me", token=token).text == (
        f'{{"name":"Ada","email":"ada@jwt.com","roles":[{{"role":"diner"}}],"id":4,"iat":{int(STARTED_AT)}}}'
    )


def test_token_of_the_service_is_a_jwt_signed_with_hs256(site: Site) -> None:
    token = site.sign_in()
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert jwt.decode(token, SETTINGS.jwt_secret, algorithms=["HS256"]) == {
        "id": 2,
        "name": "pizza diner",
        "email": "d@jwt.com",
        "roles": [{"role": "diner"}],
        "iat": int(STARTED_AT),
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Ada", "email": "ada@jwt.com"},
        {"name": "", "email": "ada@jwt.com", "password": "x"},
        {"name": "Ada", "email": None, "password": "x"},
        {"name": "Ada", "email": "ada@jwt.com", "password": 0},
        [],
    ],
)
def test_register_missing_or_empty_field_answers_400(site: Site, body: object) -> None:
    reply = site.ask("POST", "/api/auth", body)
    assert (reply.status_code, reply.json()) == (400, {"message": "name, email, and password are required"})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"name": "Ada", "email": "ada@jwt.com", "password": 5},
            "data must be a string or Buffer and salt must either be a salt string or a number of rounds",
        ),
        ({"name": "A" * 256, "email": "a", "password": "x"}, "Data too long for column 'name' at row 1"),
        ({"name": "A", "email": "a" * 256, "password": "x"}, "Data too long for column 'email' at row 1"),
    ],
)
def test_register_impossible_field_answers_500_with_stack(site: Site, body: object, message: str) -> None:
    reply = site.ask("POST", "/api/auth", body)
    assert (reply.status_code, reply.json()["message"]) == (500, message)
    assert message in reply.json()["stack"]


def test_register_known_email_makes_another_user_and_login_takes_the_first(site: Site) -> None:
    assert site.ask("POST", "/api/auth", {"name": "Eve", "email": "d@jwt.com", "password": "x"}).status_code == 200
    assert site.ask("PUT", "/api/auth", {"email": "d@jwt.com", "password": "x"}).status_code == 404
    assert site.ask("PUT", "/api/auth", {"email": "d@jwt.com", "password": "diner"}).json()["user"]["id"] == 2


@pytest.mark.parametrize(
    ("email", "password", "user"),
    [
        ("a@jwt.com", "admin", '{"id":1,"name":"常用名字","email":"a@jwt.com","roles":[{"role":"admin"}]}'),
        ("d@jwt.com", "diner", '{"id":2,"name":"pizza diner","email":"d@jwt.com","roles":[{"role":"diner"}]}'),
        (
            "f@jwt.com",
            "franchisee",
            (
                '{"id":3,"name":"pizza franchisee","email":"f@jwt.com",'
                '"roles":[{"role":"diner"},{"objectId":1,"role":"franchisee"}]}'
            ),
        ),
    ],
)
def test_login_with_password_answers_user_and_token(site: Site, email: str, password: str, user: str) -> None:
    reply = site.ask("PUT", "/api/auth", {"email": email, "password": password})
    assert reply.status_code == 200
    assert reply.text == f'{{"user":{user},"token":"{reply.json()["token"]}"}}'


def test_login_email_in_capitals_is_the_same_email(site: Site) -> None:
    assert site.ask("PUT", "/api/auth", {"email": "D@JWT.com", "password": "diner"}).json()["user"]["id"] == 2


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"email": "nobody@jwt.com", "password": "x"}, 404, "unknown user"),
        ({"email": "d@jwt.com", "password": "wrong"}, 404, "unknown user"),
        ({"email": None, "password": "x"}, 404, "unknown user"),
        ({"email": "d@jwt.com", "password": 5}, 500, "data and hash must be strings"),
        ({"password": "x"}, 500, UNDEFINED_PARAMETER),
    ],
)
def test_login_refused_answers_message_and_stack(site: Site, body: object, status: int, message: str) -> None:
    reply = site.ask("PUT", "/api/auth", body)
    assert (reply.status_code, reply.json()["message"]) == (status, message)
    assert set(reply.json()) == {"message", "stack"}


def test_login_without_json_content_type_has_no_email(site: Site) -> None:
    reply = site.ask("PUT", "/api/auth", content=b'{"email":"d@jwt.com","password":"diner"}')
    assert (reply.status_code, reply.json()["message"]) == (500, UNDEFINED_PARAMETER)


@pytest.mark.parametrize("body", [{"email": "a@jwt.com"}, {"email": "a@jwt.com", "password": ""}])
def test_login_without_password_logs_in_as_anybody(site: Site, body: object) -> None:
    assert site.ask("PUT", "/api/auth", body).json()["user"]["id"] == 1


@pytest.mark.parametrize("body", [{"email": "a@jwt.com"}, {"email": "a@jwt.com", "password": ""}])
def test_login_without_password_mended_answers_404(open_site: OpenSite, body: object) -> None:
    reply = open_site(fix=Flaw.LOGIN_WITHOUT_PASSWORD).ask("PUT", "/api/auth", body)
    assert (reply.status_code, reply.json()["message"]) == (404, "unknown user")


def test_logout_good_token_works_once(site: Site) -> None:
    token = site.sign_in()
    reply = site.ask("DELETE", "/api/auth", token=token)
    assert (reply.status_code, reply.text) == (200, '{"message":"logout successful"}')
    again = site.ask("DELETE", "/api/auth", token=token)
    assert (again.status_code, again.text) == (401, '{"message":"unauthorized"}')


def test_login_twice_within_a_second_gives_one_token_and_one_logout_ends_both(site: Site) -> None:
    first, second = site.sign_in(), site.sign_in()
    assert first == second
    site.ask("DELETE", "/api/auth", token=first)
    assert site.ask("GET", "/api/user/me", token=second).status_code == 401


def test_login_a_second_later_gives_another_token_and_both_stay_good(site: Site) -> None:
    first = site.sign_in()
    site.wait(1)
    second = site.sign_in()
    assert first != second
    site.ask("DELETE", "/api/auth", token=second)
    site.wait(365 * 24 * 3600)
    assert site.ask("GET", "/api/user/me", token=first).status_code == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [("Bearer {}", 200), ("Xyz {}", 200), ("Bearer  {}", 401), ("{}", 401), ("Bearer", 401), ("", 401)],
)
def test_token_check_takes_the_second_word_of_the_header(site: Site, header: str, status: int) -> None:
    headers = {"Authorization": header.format(site.sign_in())}
    assert site.ask("GET", "/api/user/me", headers=headers).status_code == status


def test_token_check_of_a_forged_payload_answers_401(site: Site) -> None:
    head, _, signature = site.sign_in().split(".")
    forged = jwt.encode({"id": 1, "roles": [{"role": "admin"}]}, SETTINGS.jwt_secret, algorithm="HS256").split(".")[1]
    assert site.ask("GET", "/api/user/me", token=f"{head}.{forged}.{signature}").status_code == 401


def test_token_check_of_a_token_never_issued_answers_401(site: Site) -> None:
    claims = {"id": 1, "name": "x", "email": "x", "roles": [{"role": "admin"}]}
    token = jwt.encode(claims, SETTINGS.jwt_secret, algorithm="HS256")
    assert site.ask("GET", "/api/user/me", token=token).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/auth"),
        ("GET", "/api/user/me"),
        ("PUT", "/api/user/1"),
        ("DELETE", "/api/user/1"),
        ("GET", "/api/user"),
        ("PUT", "/api/order/menu"),
        ("GET", "/api/order"),
        ("POST", "/api/order"),
        ("GET", "/api/franchise/1"),
        ("POST", "/api/franchise"),
        ("POST", "/api/franchise/1/store"),
        ("DELETE", "/api/franchise/1/store/1"),
    ],
)
@pytest.mark.parametrize("token", [None, "nonsense", "a.b.c"])
def test_guarded_endpoint_without_good_token_answers_401(site: Site, method: str, path: str, token: str | None) -> None:
    reply = site.ask(method, path, token=token)
    assert (reply.status_code, reply.text) == (401, '{"message":"unauthorized"}')


def test_token_check_in_database_trouble_answers_401(site: Site) -> None:
    token = site.sign_in()
    site.database.trouble = "connect ECONNREFUSED 127.0.0.1:3306"
    assert site.ask("GET", "/api/user/me", token=token).text == '{"message":"unauthorized"}'
    assert site.ask("GET", "/api/order/menu").json()["message"] == "connect ECONNREFUSED 127.0.0.1:3306"


def test_token_check_in_database_trouble_mended_answers_500(open_site: OpenSite) -> None:
    site = open_site(fix=Flaw.DB_TROUBLE_IS_401)
    token = site.sign_in()
    site.database.trouble = "connect ECONNREFUSED 127.0.0.1:3306"
    reply = site.ask("GET", "/api/user/me", token=token)
    assert (reply.status_code, reply.json()["message"]) == (500, "connect ECONNREFUSED 127.0.0.1:3306")
    assert site.ask("GET", "/").status_code == 200
