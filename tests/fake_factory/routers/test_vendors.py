import re

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fake_factory.settings import Settings
from tests.fake_factory.twin import ADMIN, VENDOR, Twin

CREATED = "2024-12-01T12:24:00.000Z"
LOCAL_VENDOR = {
    "id": "local-vendor",
    "name": "Local vendor",
    "apiKey": "local-vendor-key",
    "created": CREATED,
    "email": "local-vendor@jwt.com",
    "roles": ["vendor"],
    "connections": {},
}
UNBOUND = {"message": "Bind parameters must not contain undefined. To pass SQL NULL specify JS null"}


def key_of(twin: Twin, vendor_id: str) -> dict[str, str]:
    twin.send("POST", "/api/vendor", json={"id": vendor_id})
    twin.send("POST", "/api/vendor/code", json={"id": vendor_id})
    body = {"id": vendor_id, "code": twin.events[-1]["code"]}
    return {"Authorization": twin.send("POST", "/api/vendor/auth", json=body).json()["apiKey"]}


def test_vendor_asked_for_by_id_exists_or_not(twin: Twin) -> None:
    assert twin.send("GET", "/api/vendor/local-vendor").json() == {"exists": True}
    assert twin.send("GET", "/api/vendor/nobody").json() == {"exists": False}


def test_vendor_with_its_key_sees_itself(twin: Twin) -> None:
    reply = twin.send("GET", "/api/vendor", headers=VENDOR)
    assert list(reply.json().items()) == list(LOCAL_VENDOR.items())


def test_vendor_under_chaos_sees_it_but_not_the_code(twin: Twin) -> None:
    twin.start_chaos("throttle")
    shown = twin.send("GET", "/api/vendor", headers=VENDOR).json()
    assert list(shown) == ["id", "name", "apiKey", "created", "email", "chaos", "roles", "connections"]
    assert shown["chaos"] == {"type": "throttle", "initiatedDate": CREATED, "startDate": CREATED}


def test_admin_sees_its_role(twin: Twin) -> None:
    assert twin.send("GET", "/api/vendor", headers=ADMIN).json()["roles"] == ["admin", "vendor"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/vendor"),
        ("PUT", "/api/vendor"),
        ("POST", "/api/vendor/connect"),
        ("PUT", "/api/vendor/connect"),
        ("PUT", "/api/vendor/chaos/fail"),
    ],
)
def test_vendor_endpoints_without_a_key_are_refused(twin: Twin, method: str, path: str) -> None:
    reply = twin.send(method, path, json={"id": "local-vendor"})
    assert (reply.status_code, reply.json()) == (401, {"message": "invalid authentication"})


def test_create_keeps_the_known_members_and_tells_no_key(twin: Twin) -> None:
    body = {"id": "test3", "name": "cs student", "apiKey": "mine", "roles": ["admin"], "phone": "5"}
    reply = twin.send("POST", "/api/vendor", json=body)
    made = {"id": "test3", "name": "cs student", "phone": "5", "created": CREATED, "email": "test3@byu.edu"}
    assert (reply.status_code, list(reply.json().items())) == (200, list(made.items()))
    assert twin.send("GET", "/api/vendor/test3").json() == {"exists": True}


def test_create_with_an_email_keeps_it(twin: Twin) -> None:
    assert twin.send("POST", "/api/vendor", json={"id": "t", "email": "t@x.y"}).json()["email"] == "t@x.y"


def test_create_without_id_or_twice_is_refused(twin: Twin) -> None:
    nameless = twin.send("POST", "/api/vendor", json={"name": "x"})
    assert (nameless.status_code, nameless.json()) == (400, {"message": "Missing param. Must have ID"})
    again = twin.send("POST", "/api/vendor", json={"id": "local-vendor"})
    assert (again.status_code, again.json()) == (409, {"message": "Vendor already exists"})


def test_change_sets_the_sent_members_and_removes_nulls(twin: Twin) -> None:
    body = {"id": "local-vendor", "website": "https://pizza.test", "email": None, "apiKey": "new"}
    reply = twin.send("PUT", "/api/vendor", headers=VENDOR, json=body)
    changed = {name: value for name, value in LOCAL_VENDOR.items() if name != "email"}
    assert (reply.status_code, reply.json()) == (200, {**changed, "website": "https://pizza.test"})
    assert twin.send("GET", "/api/vendor", headers=VENDOR).json() == reply.json()


@pytest.mark.parametrize(
    ("headers", "body", "status", "message"),
    [
        (VENDOR, {}, 400, "Missing required parameter: id"),
        (VENDOR, {"id": "local-admin"}, 401, "Unauthorized"),
        (ADMIN, {"id": "nobody"}, 404, "Vendor not found"),
    ],
)
def test_change_of_nobody_or_of_another_is_refused(
    twin: Twin, headers: dict[str, str], body: object, status: int, message: str
) -> None:
    reply = twin.send("PUT", "/api/vendor", headers=headers, json=body)
    assert (reply.status_code, reply.json()) == (status, {"message": message})


def test_change_of_another_by_an_admin_is_done(twin: Twin) -> None:
    reply = twin.send("PUT", "/api/vendor", headers=ADMIN, json={"id": "local-vendor", "name": "Renamed"})
    assert (reply.status_code, reply.json()["name"]) == (200, "Renamed")


def test_code_is_mailed_and_can_be_traded_for_the_key_again_and_again(twin: Twin) -> None:
    reply = twin.send("POST", "/api/vendor/code", json={"id": "local-vendor"})
    assert (reply.status_code, reply.json()) == (200, {"email": "local-vendor@jwt.com"})
    mail = twin.events[-1]
    assert (mail["event"], mail["to"]) == ("mail", "local-vendor@jwt.com")
    assert re.fullmatch("[0-9a-z]{8}", str(mail["code"]))
    for _ in range(2):
        traded = twin.send("POST", "/api/vendor/auth", json={"id": "local-vendor", "code": mail["code"]})
        assert (traded.status_code, traded.json()) == (200, LOCAL_VENDOR)


def test_code_for_nobody_is_refused(twin: Twin) -> None:
    for body in ({"id": "nobody"}, {}):
        reply = twin.send("POST", "/api/vendor/code", json=body)
        assert (reply.status_code, reply.json()) == (404, {"message": "Vendor not found"})


def test_trade_of_a_wrong_or_missing_code_is_refused(twin: Twin) -> None:
    for body in ({"id": "local-vendor", "code": "wrong"}, {"id": "local-vendor"}, {"id": "local-vendor", "code": None}):
        reply = twin.send("POST", "/api/vendor/auth", json=body)
        assert (reply.status_code, reply.json()) == (401, {"message": "Invalid code"})
    nameless = twin.send("POST", "/api/vendor/auth", json={"code": "x"})
    assert (nameless.status_code, nameless.json()) == (500, UNBOUND)


def test_connect_alone_waits_and_the_second_vendor_pairs_both(twin: Twin) -> None:
    other = key_of(twin, "zoe")
    waiting = twin.send("POST", "/api/vendor/connect", headers=VENDOR, json={"purpose": "pentest"}).json()
    assert waiting["connections"] == {"pentest": {"id": None, "purpose": "pentest", "created": CREATED}}
    twin.runtime.time += 60
    paired = twin.send("POST", "/api/vendor/connect", headers=other, json={"purpose": "pentest"}).json()
    assert paired["connections"]["pentest"] == {
        "id": "local-vendor",
        "purpose": "pentest",
        "created": "2024-12-01T12:25:00.000Z",
        "name": "Local vendor",
        "email": "local-vendor@jwt.com",
        "rating": 0,
    }
    mine = twin.send("GET", "/api/vendor", headers=VENDOR).json()["connections"]["pentest"]
    assert (mine["id"], mine["created"]) == ("zoe", CREATED)


@pytest.mark.parametrize("body", [{}, {"purpose": ""}, {"purpose": 5}])
def test_connect_without_a_purpose_is_refused(twin: Twin, body: object) -> None:
    reply = twin.send("POST", "/api/vendor/connect", headers=VENDOR, json=body)
    assert (reply.status_code, reply.json()) == (400, {"message": "Invalid purpose"})


def test_rate_of_a_partner_is_kept_and_the_reply_is_empty(twin: Twin) -> None:
    other = key_of(twin, "zoe")
    for headers in (VENDOR, other):
        twin.send("POST", "/api/vendor/connect", headers=headers, json={"purpose": "pentest"})
    body = {"id": "zoe", "purpose": "pentest", "rating": 5}
    reply = twin.send("PUT", "/api/vendor/connect", headers=VENDOR, json=body)
    assert (reply.status_code, reply.content) == (200, b"")
    assert twin.send("GET", "/api/vendor", headers=VENDOR).json()["connections"]["pentest"]["rating"] == 5
    assert twin.send("GET", "/api/vendor", headers=other).json()["connections"]["pentest"]["rating"] == 0


def test_rate_without_partner_or_purpose_is_unbound(twin: Twin) -> None:
    for body in ({"id": "zoe"}, {"purpose": "pentest"}):
        reply = twin.send("PUT", "/api/vendor/connect", headers=VENDOR, json=body)
        assert (reply.status_code, reply.json()) == (500, UNBOUND)


@pytest.mark.parametrize("kind", ["none", "FAIL", "slow"])
def test_chaos_of_an_unknown_type_is_refused(twin: Twin, kind: str) -> None:
    reply = twin.send("PUT", f"/api/vendor/chaos/{kind}", headers=VENDOR)
    assert (reply.status_code, reply.json()) == (400, {"message": "Invalid chaos type"})


def test_chaos_asked_for_again_replaces_the_old_one_and_its_code(twin: Twin) -> None:
    twin.start_chaos("fail")
    old = twin.fix_code()
    twin.start_chaos("badjwt")
    assert twin.fix_code() != old
    assert twin.order().json()["jwt"].startswith("dead")
    assert twin.send("GET", f"/api/support/local-vendor-key/report/{old}").status_code == 400


def test_chaos_set_to_the_next_day_spares_today_and_hurts_tomorrow(key: RSAPrivateKey) -> None:
    twin = Twin(Settings(key=key, chaos_starts="next day"))
    twin.start_chaos("fail")
    assert twin.order().status_code == 200
    start = twin.send("GET", "/api/vendor", headers=VENDOR).json()["chaos"]["startDate"]
    assert "2024-12-02T15:00:00.000Z" <= start <= "2024-12-02T20:59:00.000Z"
    twin.runtime.time += 2 * 86400
    assert twin.order().status_code == 500
