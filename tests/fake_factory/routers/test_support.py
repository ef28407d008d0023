import pytest

from tests.fake_factory.twin import ADMIN, VENDOR, Twin

NOTHING = {"message": "No chaos currently executing"}


def report(twin: Twin, code: str, key: str = "local-vendor-key") -> tuple[int, object]:
    reply = twin.send("GET", f"/api/support/{key}/report/{code}")
    return reply.status_code, reply.json()


@pytest.mark.parametrize("kind", ["fail", "throttle", "badjwt"])
def test_report_with_the_url_of_the_order_ends_the_chaos(twin: Twin, kind: str) -> None:
    twin.start_chaos(kind)
    url = twin.order().json()["reportUrl"]
    reply = twin.send("GET", url)
    assert (reply.status_code, reply.json()) == (200, {"message": "Problem resolved. Pizza is back on the menu!"})
    assert list(twin.order().json()) == ["jwt"]
    assert twin.send("GET", url).json() == NOTHING


def test_report_with_a_wrong_code_changes_nothing(twin: Twin) -> None:
    twin.start_chaos("fail")
    assert report(twin, "wrong") == (400, {"message": "Problem unresolved"})
    assert twin.order().status_code == 500


def test_report_without_chaos_or_of_an_unknown_key_finds_none(twin: Twin) -> None:
    assert report(twin, "any") == (200, NOTHING)
    assert report(twin, "any", key="nobody") == (200, NOTHING)


def test_report_before_the_chaos_starts_works_too(twin: Twin) -> None:
    chaos = {"vendorId": "local-vendor", "type": "fail", "startDate": "2024-12-02T00:00:00Z", "fixCode": "abc12345"}
    twin.send("PUT", "/api/admin/chaos", headers=ADMIN, json=chaos)
    assert report(twin, "abc12345")[0] == 200
    twin.runtime.time += 86400
    assert twin.order().status_code == 200


def test_report_leaves_the_date_of_the_fix_and_no_code(twin: Twin) -> None:
    twin.start_chaos("fail")
    twin.runtime.time += 1440
    report(twin, twin.fix_code())
    assert twin.send("GET", "/api/vendor", headers=VENDOR).json()["chaos"] == {
        "type": "none",
        "initiatedDate": "2024-12-01T12:24:00.000Z",
        "startDate": "2024-12-01T12:24:00.000Z",
        "fixDate": "2024-12-01T12:48:00.000Z",
    }


def test_report_by_post_or_without_a_code_is_unknown(twin: Twin) -> None:
    assert twin.send("POST", "/api/support/local-vendor-key/report/abc").status_code == 404
    assert twin.send("GET", "/api/support/local-vendor-key/report").status_code == 404
