import json
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fake_factory.pizzas import ROTTEN_PIZZA
from fake_factory.settings import Settings
from tests.fake_factory.twin import ADMIN, START, VENDOR, Twin, an_order

OVEN_FULL = {"message": "Unable to satisfy pizza order. The oven is full."}
UNAUTHENTICATED = {"message": "invalid authentication"}


def test_order_with_a_key_is_a_pizza_that_the_key_set_proves(twin: Twin) -> None:
    reply = twin.order()
    assert reply.status_code == 200
    assert list(reply.json()) == ["jwt"]
    pizza = reply.json()["jwt"]
    (key,) = twin.send("GET", "/.well-known/jwks.json").json()["keys"]
    complete = jwt.PyJWS().decode_complete(pizza, jwt.PyJWK(key, algorithm="RS256").key, algorithms=["RS256"])
    assert json.loads(complete["payload"]) == {"vendor": {"id": "local-vendor", "name": "Local vendor"}, **an_order()}
    header = {"iat": int(START), "exp": int(START) + 86400, "iss": "cs329.click", "alg": "RS256", "kid": key["kid"]}
    assert list(complete["header"].items()) == list(header.items())


def test_order_with_the_bare_key_or_any_case_of_bearer_is_accepted(twin: Twin) -> None:
    for authorization in ("local-vendor-key", "bearer local-vendor-key", "BEARER local-vendor-key"):
        assert twin.order(headers={"Authorization": authorization}).status_code == 200


@pytest.mark.parametrize("authorization", ["", "Bearer nobody", "Basic local-vendor-key", "Bearer  local-vendor-key"])
def test_order_without_a_good_key_is_refused(twin: Twin, authorization: str) -> None:
    reply = twin.order(headers={"Authorization": authorization})
    assert (reply.status_code, reply.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize("body", [{}, [], {"diner": {}}, {"order": {"items": [1]}}, {"diner": 0, "order": ""}])
def test_order_without_diner_or_order_is_refused(twin: Twin, body: object) -> None:
    reply = twin.send("POST", "/api/order", headers=VENDOR, json=body)
    assert (reply.status_code, reply.json()) == (400, {"message": "Missing required parameters"})


def test_order_of_another_content_type_counts_as_empty(twin: Twin) -> None:
    headers = {**VENDOR, "Content-Type": "text/plain"}
    reply = twin.send("POST", "/api/order", headers=headers, content=json.dumps(an_order()))
    assert (reply.status_code, reply.json()) == (400, {"message": "Missing required parameters"})


@pytest.mark.parametrize(
    ("order", "nothing"), [({}, "undefined"), ({"items": None}, "null"), ("text", "undefined"), ([1], "undefined")]
)
def test_order_without_items_fails_as_javascript_does(twin: Twin, order: object, nothing: str) -> None:
    reply = twin.send("POST", "/api/order", headers=VENDOR, json={"diner": {}, "order": order})
    message = f"Cannot read properties of {nothing} (reading 'length')"
    assert (reply.status_code, reply.json()) == (500, {"message": message})


@pytest.mark.parametrize("items", ["pizza", {"one": 1}, 5])
def test_order_of_items_in_any_shape_is_baked(twin: Twin, items: object) -> None:
    body = {"diner": {}, "order": {"items": items}}
    assert twin.send("POST", "/api/order", headers=VENDOR, json=body).status_code == 200


@pytest.mark.parametrize(("count", "status"), [(0, 503), (1, 200), (20, 200), (21, 503)])
def test_order_size_beyond_one_to_twenty_fills_the_oven_after_32_seconds(twin: Twin, count: int, status: int) -> None:
    reply = twin.order(count=count)
    assert reply.status_code == status
    assert twin.runtime.slept == ([] if status == 200 else [32.0])
    assert (reply.json() == OVEN_FULL) == (status == 503)


def test_order_under_fail_chaos_is_a_500_even_for_a_broken_order(twin: Twin) -> None:
    twin.start_chaos("fail")
    url = f"http://factory.test:4000/api/support/local-vendor-key/report/{twin.fix_code()}"
    for reply in (twin.order(), twin.send("POST", "/api/order", headers=VENDOR)):
        assert reply.status_code == 500
        assert reply.text == f'{{"message":"chaos monkey","reportUrl":"{url}"}}'


def test_order_under_chaos_without_a_key_is_refused_first(twin: Twin) -> None:
    twin.start_chaos("fail")
    assert twin.order(headers={}).json() == UNAUTHENTICATED


def test_order_of_another_vendor_is_spared_by_chaos(twin: Twin) -> None:
    twin.start_chaos("fail")
    assert twin.order(headers=ADMIN).status_code == 200


def test_order_under_badjwt_chaos_is_always_the_same_rotten_pizza(twin: Twin) -> None:
    twin.start_chaos("badjwt")
    first, second = twin.order(), twin.order(count=3)
    assert first.status_code == 200
    assert list(first.json()) == ["jwt", "reportUrl"]
    assert first.json() == second.json()
    assert first.json()["jwt"] == ROTTEN_PIZZA
    verdict = twin.send("POST", "/api/order/verify", json={"jwt": ROTTEN_PIZZA})
    assert (verdict.status_code, verdict.json()) == (403, {"message": "invalid"})


def test_order_under_throttle_chaos_is_a_good_pizza_32_seconds_late(twin: Twin) -> None:
    twin.start_chaos("throttle")
    reply = twin.order()
    assert twin.runtime.slept == [32.0]
    assert reply.status_code == 200
    assert list(reply.json()) == ["jwt", "reportUrl"]
    assert twin.send("POST", "/api/order/verify", json={"jwt": reply.json()["jwt"]}).status_code == 200
    assert jwt.get_unverified_header(reply.json()["jwt"])["iat"] == int(START) + 32


def test_order_too_big_under_throttle_chaos_waits_twice_and_names_no_report(twin: Twin) -> None:
    twin.start_chaos("throttle")
    reply = twin.order(count=21)
    assert (reply.status_code, reply.json()) == (503, OVEN_FULL)
    assert twin.runtime.slept == [32.0, 32.0]


def test_delays_when_set_replace_the_32_seconds(key: RSAPrivateKey) -> None:
    settings = Settings(key=key, order_delay=timedelta(seconds=2), throttle_delay=timedelta(seconds=5))
    twin = Twin(settings)
    twin.start_chaos("throttle")
    twin.order(count=0)
    assert twin.runtime.slept == [5.0, 2.0]


def test_order_before_the_chaos_starts_is_normal_and_at_its_start_is_hurt(twin: Twin) -> None:
    chaos = {"vendorId": "local-vendor", "type": "fail", "startDate": "2024-12-01T12:25:00Z"}
    twin.send("PUT", "/api/admin/chaos", headers=ADMIN, json=chaos)
    twin.runtime.time = START + 59.9
    assert twin.order().status_code == 200
    twin.runtime.time = START + 60
    assert twin.order().status_code == 500


@pytest.mark.parametrize(
    ("base_url", "shape"),
    [
        ("http://factory.test:4000", "https://factory.test"),
        ("http://factory.test", "https://factory.test"),
        ("http://[::1]:4000", "https://[::1]"),
    ],
)
def test_report_url_when_faithful_is_https_without_port(key: RSAPrivateKey, base_url: str, shape: str) -> None:
    twin = Twin(Settings(key=key, faithful_report_url=True), base_url=base_url)
    twin.start_chaos("fail")
    assert twin.order().json()["reportUrl"] == f"{shape}/api/support/local-vendor-key/report/{twin.fix_code()}"


def test_every_order_leaves_one_event_that_names_status_chaos_and_vendor(twin: Twin) -> None:
    twin.order()
    twin.order(headers={})
    twin.start_chaos("throttle")
    twin.order(count=0)
    vendor = "local-vendor"
    assert twin.events == [
        {"event": "order", "at": START, "status": 200, "chaos": "none", "vendor": vendor},
        {"event": "order", "at": START, "status": 401, "chaos": "none", "vendor": None},
        {"event": "order", "at": START + 64, "status": 503, "chaos": "throttle", "vendor": vendor},
    ]


def test_verify_of_an_own_pizza_gives_its_payload_however_old(twin: Twin) -> None:
    pizza = twin.order().json()["jwt"]
    twin.runtime.time += 10 * 86400
    reply = twin.send("POST", "/api/order/verify", json={"jwt": pizza})
    payload = {"vendor": {"id": "local-vendor", "name": "Local vendor"}, **an_order()}
    assert (reply.status_code, reply.json()) == (200, {"message": "valid", "payload": payload})


def test_verify_of_a_tampered_pizza_is_invalid(twin: Twin) -> None:
    header, payload, signature = twin.order().json()["jwt"].split(".")
    other = twin.order(count=2).json()["jwt"].split(".")
    for pizza in (f"{header}.{other[1]}.{signature}", f"{header}.{payload}", f"{other[0]}.{payload}.{other[2]}"):
        reply = twin.send("POST", "/api/order/verify", json={"jwt": pizza})
        assert (reply.status_code, reply.json()) == (403, {"message": "invalid"})


@pytest.mark.parametrize(
    "content",
    ["{}", "[]", '{"jwt":5}', '{"jwt":null}', '{"jwt":""}', '{"jwt":"a.b.c"}', r'{"jwt":"\ud800"}', '{"jwt":[[]]}'],
)
def test_verify_of_anything_else_is_invalid(twin: Twin, content: str) -> None:
    headers = {"Content-Type": "application/json"}
    reply = twin.send("POST", "/api/order/verify", headers=headers, content=content)
    assert (reply.status_code, reply.text) == (403, '{"message":"invalid"}')


def test_key_set_is_one_rsa_key_and_only_for_get(twin: Twin) -> None:
    reply = twin.send("GET", "/.well-known/jwks.json")
    (key,) = reply.json()["keys"]
    assert list(key) == ["kty", "kid", "n", "e"]
    assert (key["kty"], key["e"]) == ("RSA", "AQAB")
    assert twin.send("POST", "/.well-known/jwks.json").status_code == 404
