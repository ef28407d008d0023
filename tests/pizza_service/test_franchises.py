import pytest

from pizza_service.settings import Flaw
from tests.pizza_service.conftest import OpenSite
from tests.pizza_service.kit import Site

UNDEFINED_PARAMETER = "Bind parameters must not contain undefined. To pass SQL NULL specify JS null"


def found(site: Site, *names: str) -> None:
    token = site.sign_in_admin()
    for name in names:
        reply = site.ask("POST", "/api/franchise", {"name": name, "admins": []}, token=token)
        assert reply.status_code == 200, reply.text


def names(site: Site, query: str) -> tuple[list[str], bool]:
    body = site.ask("GET", f"/api/franchise{query}").json()
    return [franchise["name"] for franchise in body["franchises"]], body["more"]


def test_list_by_anybody_shows_stores_only(site: Site) -> None:
    expected = '{"franchises":[{"id":1,"name":"pizzaPocket","stores":[{"id":1,"name":"SLC"}]}],"more":false}'
    assert site.ask("GET", "/api/franchise").text == expected
    assert site.ask("GET", "/api/franchise", token=site.sign_in()).text == expected


def test_list_by_admin_shows_admins_and_revenue(site: Site) -> None:
    site.order(site.sign_in(), 1, 2, price=0.1)
    site.order(site.sign_in(), 1, price=0.2)
    assert site.ask("GET", "/api/franchise", token=site.sign_in_admin()).text == (
        '{"franchises":[{"id":1,"name":"pizzaPocket",'
        '"admins":[{"id":3,"name":"pizza franchisee","email":"f@jwt.com"}],'
        '"stores":[{"id":1,"name":"SLC","totalRevenue":0.4}]}],"more":false}'
    )


def test_list_of_many_comes_by_name_a_page_at_a_time(site: Site) -> None:
    found(site, *(f"f{number:02}" for number in range(11, 0, -1)))
    every = [f"f{number:02}" for number in range(1, 12)] + ["pizzaPocket"]
    assert names(site, "") == (every[:10], True)
    assert names(site, "?page=1") == (every[10:], False)
    assert names(site, "?page=1&limit=3") == (every[3:6], True)
    assert names(site, "?limit=12") == (every, False)
    assert names(site, "?limit=0") == ([], True)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("*", ["ab", "abc", "pizzaPocket"]), ("ab", ["ab"]), ("AB*", ["ab", "abc"]), ("*b*", ["ab", "abc"]), ("x", [])],
)
def test_list_by_name_takes_stars_as_wildcards(site: Site, pattern: str, expected: list[str]) -> None:
    found(site, "ab", "abc")
    assert names(site, f"?name={pattern}") == (expected, False)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("page=abc", "Undeclared variable: NaN"),
        ("limit=abc", "Undeclared variable: abc1"),
        ("page=-1", "You have an error in your SQL syntax;"),
    ],
)
def test_list_by_nonsense_answers_500(site: Site, query: str, message: str) -> None:
    reply = site.ask("GET", f"/api/franchise?{query}")
    assert reply.status_code == 500
    assert reply.json()["message"].startswith(message)


def test_franchises_of_a_user_are_shown_to_that_user_and_to_admins(site: Site) -> None:
    expected = (
        '[{"id":1,"name":"pizzaPocket","admins":[{"id":3,"name":"pizza franchisee","email":"f@jwt.com"}],'
        '"stores":[{"id":1,"name":"SLC","totalRevenue":0}]}]'
    )
    assert site.ask("GET", "/api/franchise/3", token=site.sign_in_franchisee()).text == expected
    assert site.ask("GET", "/api/franchise/3", token=site.sign_in_admin()).text == expected


@pytest.mark.parametrize("user", ["3", "2", "abc"])
def test_franchises_of_a_user_are_nothing_to_others(site: Site, user: str) -> None:
    reply = site.ask("GET", f"/api/franchise/{user}", token=site.sign_in())
    assert (reply.status_code, reply.text) == (200, "[]")


def test_found_by_admin_echoes_the_request_with_ids(site: Site) -> None:
    body = {"name": "pizzaPalace", "admins": [{"email": "f@jwt.com"}]}
    reply = site.ask("POST", "/api/franchise", body, token=site.sign_in_admin())
    assert reply.status_code == 200
    assert reply.text == (
        '{"name":"pizzaPalace","admins":[{"email":"f@jwt.com","id":3,"name":"pizza franchisee"}],"id":2}'
    )
    roles = site.ask("PUT", "/api/auth", {"email": "f@jwt.com", "password": "franchisee"}).json()["user"]["roles"]
    assert roles[-1] == {"objectId": 2, "role": "franchisee"}


def test_found_by_diner_answers_403(site: Site) -> None:
    reply = site.ask("POST", "/api/franchise", {"name": "x", "admins": []}, token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (403, "unable to create a franchise")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (
            {"name": "x", "admins": [{"email": "nobody@jwt.com"}]},
            404,
            "unknown user for franchise admin nobody@jwt.com provided",
        ),
        ({"name": "pizzaPocket", "admins": []}, 500, "Duplicate entry 'pizzaPocket' for key 'name'"),
        ({"name": "PIZZApocket", "admins": []}, 500, "Duplicate entry 'PIZZApocket' for key 'name'"),
        ({"name": "x"}, 500, "franchise.admins is not iterable"),
        ({"name": "x", "admins": [{}]}, 500, UNDEFINED_PARAMETER),
        ({"name": "x", "admins": [None]}, 500, "Cannot read properties of null (reading 'email')"),
        ({"admins": [{"email": "f@jwt.com"}]}, 500, UNDEFINED_PARAMETER),
        ([], 500, "franchise.admins is not iterable"),
    ],
)
def test_found_impossible_answers_message(site: Site, body: object, status: int, message: str) -> None:
    reply = site.ask("POST", "/api/franchise", body, token=site.sign_in_admin())
    assert (reply.status_code, reply.json()["message"]) == (status, message)


def test_close_by_anybody_closes_stores_and_roles(site: Site) -> None:
    reply = site.ask("DELETE", "/api/franchise/1")
    assert (reply.status_code, reply.text) == (200, '{"message":"franchise deleted"}')
    assert (site.rows("franchise"), site.rows("store")) == ([], [])
    assert {row["role"] for row in site.rows("userRole")} == {"admin", "diner"}


@pytest.mark.parametrize("franchise", ["99", "abc"])
def test_close_unknown_franchise_answers_200(site: Site, franchise: str) -> None:
    reply = site.ask("DELETE", f"/api/franchise/{franchise}")
    assert (reply.status_code, reply.text) == (200, '{"message":"franchise deleted"}')
    assert len(site.rows("franchise")) == 1


def test_close_franchise_zero_takes_the_role_of_every_diner_and_admin(site: Site) -> None:
    site.ask("DELETE", "/api/franchise/0")
    assert [row["role"] for row in site.rows("userRole")] == ["franchisee"]


def test_close_in_database_trouble_answers_500(site: Site) -> None:
    site.database.trouble = "connect ECONNREFUSED 127.0.0.1:3306"
    reply = site.ask("DELETE", "/api/franchise/1")
    assert (reply.status_code, reply.json()["message"]) == (500, "unable to delete franchise")


def test_close_mended_is_for_admins(open_site: OpenSite) -> None:
    site = open_site(fix=Flaw.FRANCHISE_DELETE_UNGUARDED)
    assert site.ask("DELETE", "/api/franchise/1").text == '{"message":"unauthorized"}'
    refused = site.ask("DELETE", "/api/franchise/1", token=site.sign_in_franchisee())
    assert (refused.status_code, refused.json()["message"]) == (403, "unable to delete a franchise")
    assert site.ask("DELETE", "/api/franchise/1", token=site.sign_in_admin()).text == '{"message":"franchise deleted"}'
    assert (site.rows("franchise"), site.rows("store")) == ([], [])


def test_close_franchise_zero_mended_takes_no_roles(open_site: OpenSite) -> None:
    site = open_site(fix=Flaw.FRANCHISE_DELETE_UNGUARDED)
    before = site.rows("userRole")
    assert site.ask("DELETE", "/api/franchise/0", token=site.sign_in_admin()).status_code == 200
    assert site.rows("userRole") == before


@pytest.mark.parametrize("who", ["a@jwt.com admin", "f@jwt.com franchisee"])
def test_open_store_by_admin_or_franchisee_answers_store(site: Site, who: str) -> None:
    token = site.sign_in(*who.split())
    reply = site.ask("POST", "/api/franchise/1/store", {"franchiseId": 5, "name": "Provo"}, token=token)
    assert (reply.status_code, reply.text) == (200, '{"id":2,"franchiseId":1,"name":"Provo"}')


@pytest.mark.parametrize("franchise", ["1", "99", "abc"])
def test_open_store_by_diner_answers_403(site: Site, franchise: str) -> None:
    reply = site.ask("POST", f"/api/franchise/{franchise}/store", {"name": "Provo"}, token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (403, "unable to create a store")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/api/franchise/1/store", {}, UNDEFINED_PARAMETER),
        (
            "/api/franchise/99/store",
            {"name": "Provo"},
            (
                "Cannot add or update a child row: a foreign key constraint fails (`pizza`.`store`, CONSTRAINT "
                "`store_ibfk_1` FOREIGN KEY (`franchiseId`) REFERENCES `franchise` (`id`))"
            ),
        ),
    ],
)
def test_open_store_impossible_answers_500(site: Site, path: str, body: object, message: str) -> None:
    reply = site.ask("POST", path, body, token=site.sign_in_admin())
    assert (reply.status_code, reply.json()["message"]) == (500, message)


@pytest.mark.parametrize("store", ["1", "99", "abc"])
def test_close_store_answers_200_also_for_unknown_ids(site: Site, store: str) -> None:
    reply = site.ask("DELETE", f"/api/franchise/1/store/{store}", token=site.sign_in_franchisee())
    assert (reply.status_code, reply.text) == (200, '{"message":"store deleted"}')
    assert len(site.rows("store")) == (0 if store == "1" else 1)


def test_close_store_by_diner_answers_403(site: Site) -> None:
    reply = site.ask("DELETE", "/api/franchise/1/store/1", token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (403, "unable to delete a store")
