import pytest

from tests.pizza_service.kit import STARTED_AT, Site

UNAUTHORIZED = '{"message":"unauthorized"}'


def test_me_after_login_is_the_payload_of_the_token(site: Site) -> None:
    reply = site.ask("GET", "/api/user/me", token=site.sign_in())
    assert reply.status_code == 200
    assert reply.text == (
        f'{{"id":2,"name":"pizza diner","email":"d@jwt.com","roles":[{{"role":"diner"}}],"iat":{int(STARTED_AT)}}}'
    )


def test_change_own_account_answers_changed_user_with_a_new_token(site: Site) -> None:
    old = site.sign_in()
    reply = site.ask("PUT", "/api/user/2", {"name": "Al", "email": "al@jwt.com", "password": "new"}, token=old)
    new = reply.json()["token"]
    assert reply.status_code == 200
    assert reply.text == (
        f'{{"user":{{"id":2,"name":"Al","email":"al@jwt.com","roles":[{{"role":"diner"}}]}},"token":"{new}"}}'
    )
    assert site.ask("GET", "/api/user/me", token=old).json()["name"] == "pizza diner"
    assert site.ask("GET", "/api/user/me", token=new).json()["name"] == "Al"
    assert site.sign_in("al@jwt.com", "new")


def test_change_by_admin_gives_the_token_of_the_changed_user(site: Site) -> None:
    reply = site.ask("PUT", "/api/user/2", {"name": "Al", "email": "d@jwt.com"}, token=site.sign_in_admin())
    assert reply.json()["user"]["name"] == "Al"
    assert site.ask("GET", "/api/user/me", token=reply.json()["token"]).json()["id"] == 2
    assert site.sign_in("d@jwt.com", "diner")


def test_change_of_another_user_answers_403_without_stack(site: Site) -> None:
    reply = site.ask("PUT", "/api/user/1", {"email": "d@jwt.com"}, token=site.sign_in())
    assert (reply.status_code, reply.text) == (403, UNAUTHORIZED)


def test_change_without_email_answers_500_but_is_done(site: Site) -> None:
    reply = site.ask("PUT", "/api/user/2", {"name": "Al"}, token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (
        500,
        "Bind parameters must not contain undefined. To pass SQL NULL specify JS null",
    )
    assert site.rows("user")[1]["name"] == "Al"


@pytest.mark.parametrize("email", ["nobody@jwt.com", "", None])
def test_change_of_unknown_id_and_email_answers_404(site: Site, email: str | None) -> None:
    reply = site.ask("PUT", "/api/user/99", {"email": email}, token=site.sign_in_admin())
    assert (reply.status_code, reply.json()["message"]) == (404, "unknown user")


@pytest.mark.parametrize("body", [{"name": "O'Brien", "email": "d@jwt.com"}, {"email": "d'@jwt.com"}])
def test_change_with_a_quote_answers_sql_syntax_error(site: Site, body: object) -> None:
    reply = site.ask("PUT", "/api/user/2", body, token=site.sign_in())
    assert reply.status_code == 500
    assert reply.json()["message"].startswith("You have an error in your SQL syntax; ")
    assert site.rows("user")[1]["name"] == "pizza diner"


def test_change_by_admin_of_an_id_that_is_no_number_answers_500(site: Site) -> None:
    reply = site.ask("PUT", "/api/user/abc", {"email": "d@jwt.com"}, token=site.sign_in_admin())
    assert (reply.status_code, reply.json()["message"]) == (500, "Unknown column 'NaN' in 'WHERE'")


def test_delete_user_answers_not_implemented(site: Site) -> None:
    reply = site.ask("DELETE", "/api/user/1", token=site.sign_in())
    assert (reply.status_code, reply.text) == (200, '{"message":"not implemented"}')


def test_list_users_answers_not_implemented(site: Site) -> None:
    reply = site.ask("GET", "/api/user", token=site.sign_in())
    assert (reply.status_code, reply.text) == (200, '{"message":"not implemented","users":[],"more":false}')


def test_get_user_by_id_is_unknown_endpoint(site: Site) -> None:
    reply = site.ask("GET", "/api/user/5", token=site.sign_in())
    assert (reply.status_code, reply.text) == (404, '{"message":"unknown endpoint"}')
