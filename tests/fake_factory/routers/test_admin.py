import pytest

from tests.fake_factory.twin import ADMIN, VENDOR, Twin

MISSING = {"message": "Missing required parameter"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/admin/vendors"),
        ("PUT", "/api/admin/role"),
        ("DELETE", "/api/admin/vendor"),
        ("PUT", "/api/admin/chaos"),
        ("PUT", "/api/log"),
    ],
)
@pytest.mark.parametrize("headers", [{}, VENDOR])
def test_admin_endpoints_for_anybody_else_are_refused(
    twin: Twin, method: str, path: str, headers: dict[str, str]
) -> None:
    reply = twin.send(method, path, headers=headers, json={})
    assert (reply.status_code, reply.json()) == (401, {"message": "invalid authentication"})


def test_vendors_are_listed_with_keys_and_fix_codes(twin: Twin) -> None:
    twin.start_chaos("fail")
    vendor, admin = twin.send("GET", "/api/admin/vendors", headers=ADMIN).json()
    assert (vendor["id"], vendor["apiKey"], len(vendor["chaos"]["fixCode"])) == ("local-vendor", "local-vendor-key", 8)
    assert (admin["id"], admin["roles"]) == ("local-admin", ["admin", "vendor"])


def test_role_is_given_and_taken(twin: Twin) -> None:
    for roles, shown in ((["admin"], ["admin", "vendor"]), (["vendor"], ["vendor"])):
        reply = twin.send("PUT", "/api/admin/role", headers=ADMIN, json={"id": "local-vendor", "roles": roles})
        assert (reply.status_code, reply.json()["roles"]) == (200, shown)


def test_role_of_nobody_is_an_empty_reply_but_kept(twin: Twin) -> None:
    reply = twin.send("PUT", "/api/admin/role", headers=ADMIN, json={"id": "later", "roles": ["admin"]})
    assert (reply.status_code, reply.content) == (200, b"")
    twin.send("POST", "/api/vendor", json={"id": "later"})
    assert twin.send("GET", "/api/admin/vendors", headers=ADMIN).json()[-1]["roles"] == ["admin", "vendor"]


def test_role_without_id_is_refused(twin: Twin) -> None:
    reply = twin.send("PUT", "/api/admin/role", headers=ADMIN, json={"roles": ["admin"]})
    assert (reply.status_code, reply.json()) == (400, MISSING)


def test_role_that_is_no_list_fails_as_javascript_does(twin: Twin) -> None:
    reply = twin.send("PUT", "/api/admin/role", headers=ADMIN, json={"id": "local-vendor", "roles": 5})
    assert (reply.status_code, reply.json()) == (500, {"message": "roles.includes is not a function"})


def test_remove_of_all_forgets_the_vendor_and_is_the_same_for_nobody(twin: Twin) -> None:
    for vendor_id in ("local-vendor", "nobody"):
        body = {"id": vendor_id, "deleteType": "all"}
        reply = twin.send("DELETE", "/api/admin/vendor", headers=ADMIN, json=body)
        assert (reply.status_code, reply.content) == (204, b"")
    assert twin.order().status_code == 401


def test_remove_of_chaos_ends_it_without_a_trace(twin: Twin) -> None:
    twin.start_chaos("fail")
    twin.send("DELETE", "/api/admin/vendor", headers=ADMIN, json={"id": "local-vendor", "deleteType": "chaos"})
    assert twin.order().status_code == 200
    assert "chaos" not in twin.send("GET", "/api/vendor", headers=VENDOR).json()


def test_remove_of_a_connection_forgets_it_on_both_sides(twin: Twin) -> None:
    for headers in (VENDOR, ADMIN):
        twin.send("POST", "/api/vendor/connect", headers=headers, json={"purpose": "pentest"})
    body = {"id": "local-vendor", "deleteType": "connection", "purpose": "pentest"}
    twin.send("DELETE", "/api/admin/vendor", headers=ADMIN, json=body)
    for headers in (VENDOR, ADMIN):
        assert twin.send("GET", "/api/vendor", headers=headers).json()["connections"] == {}


@pytest.mark.parametrize("body", [{}, {"id": "local-vendor"}, {"deleteType": "all"}, {"id": "x", "deleteType": "some"}])
def test_remove_without_id_or_a_known_type_is_refused(twin: Twin, body: object) -> None:
    reply = twin.send("DELETE", "/api/admin/vendor", headers=ADMIN, json=body)
    assert (reply.status_code, reply.json()) == (400, MISSING)


def test_chaos_set_by_an_admin_is_given_back_with_its_code(twin: Twin) -> None:
    body = {"vendorId": "local-vendor", "type": "badjwt", "startDate": "2024-12-01T05:00:00-07:00", "fixCode": "abc"}
    reply = twin.send("PUT", "/api/admin/chaos", headers=ADMIN, json=body)
    chaos = {
        "type": "badjwt",
        "fixCode": "abc",
        "initiatedDate": "2024-12-01T12:24:00.000Z",
        "startDate": "2024-12-01T12:00:00.000Z",
    }
    assert (reply.status_code, reply.json()) == (200, {"vendorId": "local-vendor", "chaos": chaos})
    assert twin.order().json()["reportUrl"].endswith("/report/abc")


def test_chaos_set_without_date_or_code_starts_at_once(twin: Twin) -> None:
    body = {"vendorId": "local-vendor", "type": "fail"}
    reply = twin.send("PUT", "/api/admin/chaos", headers=ADMIN, json=body).json()
    assert len(reply["chaos"]["fixCode"]) == 8
    assert twin.order().status_code == 500


def test_chaos_set_to_none_ends_it(twin: Twin) -> None:
    twin.start_chaos("fail")
    body = {"vendorId": "local-vendor", "type": "none"}
    reply = twin.send("PUT", "/api/admin/chaos", headers=ADMIN, json=body).json()
    assert reply["chaos"]["type"] == "none"
    assert "fixCode" not in reply["chaos"]
    assert twin.order().status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"type": "fial"}, 400, "type is 'fial'; it must be one of fail, throttle, badjwt, none"),
        ({"vendorId": "nobody"}, 404, "no vendor has the vendorId 'nobody'; there are: local-vendor, local-admin"),
        ({"startdate": "x"}, 400, "'startdate' is not a member of chaos; did you mean 'startDate'?"),
        ({"colour": "x"}, 400, "'colour' is not a member of chaos; known are vendorId, type, startDate, fixCode"),
        ({"startDate": "tomorrow"}, 400, "startDate is 'tomorrow'; write an ISO date with its offset"),
        ({"startDate": "2024-12-01T12:24:00"}, 400, "write an ISO date with its offset, such as 2024-12-01T12:24:00Z"),
        ({"startDate": "0001-01-01T00:00:00+23:00"}, 400, "startDate is '0001-01-01T00:00:00+23:00'"),
        ({"fixCode": "a/b"}, 400, "fixCode is 'a/b'; it must be ASCII letters and digits"),
    ],
)
def test_chaos_set_with_a_mistake_is_refused_in_words(
    twin: Twin, change: dict[str, str], status: int, words: str
) -> None:
    body = {"vendorId": "local-vendor", "type": "fail", **change}
    reply = twin.send("PUT", "/api/admin/chaos", headers=ADMIN, json=body)
    assert reply.status_code == status
    assert words in reply.json()["message"]
    assert twin.order().status_code == 200
