"""The contract suite against the factory twin in this process: it passes, and whatever breaks it is caught by name."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fake_factory.pizzas import Signer, make_key
from fake_factory.settings import Settings
from harness.verify.factory.conversation import Answer, Ask, Asking, Terms
from harness.verify.factory.suite import CASES, CHAOS_CASES, PROPERTIES, Extent, hold
from harness.verify.findings import Finding, Report, Standing
from tests.fake_factory.twin import Twin

TERMS = Terms(vendor_key="local-vendor-key")
CHAOS = Extent(with_chaos=True)
QUIETLY = Extent()


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return make_key(2048)


@pytest.fixture(scope="module")
def forger() -> Signer:
    return Signer(make_key(2048))


def asking(twin: Twin) -> Asking:
    """Ask the twin in this process; its answers take what its own clock says."""

    def ask(ask: Ask) -> Answer:
        began, headers = twin.runtime.time, {}
        if ask.key:
            headers["Authorization"] = f"Bearer {ask.key}"
        content = ask.raw or (json.dumps(ask.body) if ask.body is not None else None)
        if content is not None:
            headers["Content-Type"] = "application/json"
        reply = twin.send(ask.method, ask.path, headers=headers, content=content)
        took = timedelta(seconds=twin.runtime.time - began)
        try:
            return Answer(ask, reply.status_code, reply.json(), reply.text, took)
        except ValueError:
            return Answer(ask, reply.status_code, None, reply.text, took)

    return ask


def findings(ask: Asking, extent: Extent = CHAOS) -> list[Finding]:
    return list(hold(TERMS, ask, extent=extent))


def broken(found: list[Finding]) -> set[str]:
    return {finding.step for finding in found if finding.standing is Standing.BROKEN}


def test_contract_the_twin_keeps_every_case(key: RSAPrivateKey) -> None:
    found = findings(asking(Twin(Settings(key=key))))
    assert [finding for finding in found if finding.standing is not Standing.WELL] == [
        Finding(name, section, Standing.SKIPPED, "nothing is made up without --examples N")
        for name, section in PROPERTIES
    ]
    assert len(found) == len(CASES) + len(CHAOS_CASES) + len(PROPERTIES)


def test_contract_without_leave_begins_no_chaos(key: RSAPrivateKey) -> None:
    twin = Twin(Settings(key=key))
    found = findings(asking(twin), QUIETLY)
    assert {finding.step for finding in found if finding.layer == "chaos"} == {case.name for case in CHAOS_CASES}
    assert all(finding.standing is Standing.SKIPPED for finding in found if finding.layer == "chaos")
    assert "chaos" not in twin.send("GET", "/api/vendor", headers={"Authorization": TERMS.vendor_key}).json()


@pytest.mark.parametrize(
    ("mode", "caught"),
    [
        ("fail", {"order is answered with a pizza", "pizza is signed with the key set"}),
        ("badjwt", {"order is answered with a pizza", "own pizza is verified"}),
        ("throttle", {"orders are answered within the budget", "order is answered with a pizza"}),
    ],
)
def test_contract_each_chaos_that_executes_is_caught(key: RSAPrivateKey, mode: str, caught: set[str]) -> None:
    twin = Twin(Settings(key=key))
    twin.start_chaos(mode)
    assert caught <= broken(findings(asking(twin), QUIETLY))


def test_contract_chaos_that_begins_tomorrow_is_unknown_and_what_is_left_is_said(key: RSAPrivateKey) -> None:
    found = findings(asking(Twin(Settings(key=key, chaos_starts="next day"))))
    chaos = [finding for finding in found if finding.layer == "chaos"]
    assert [finding.standing for finding in chaos] == [Standing.UNKNOWN] * 3
    assert "left with chaos fail, which starts at 2024-12-02" in chaos[0].evidence[0]
    assert Report("f", tuple(found)).exit_code == 2


# Factories that are broken in one way each: what they do to an answer, and the cases that must catch it.

Breaking = Callable[[Ask, Answer], Answer]


def changed(answer: Answer, *, status: int | None = None, body: Any = None) -> Answer:
    body = answer.body if body is None else body
    return replace(answer, status=answer.status if status is None else status, body=body, text=json.dumps(body))


def when(path: str, *, method: str = "", then: Breaking) -> Breaking:
    def apply(ask: Ask, answer: Answer) -> Answer:
        return then(ask, answer) if ask.path.startswith(path) and method in ("", ask.method) else answer

    return apply


def says(status: int | None = None, body: Any = None) -> Breaking:
    return lambda _, answer: changed(answer, status=status, body=body)


def without(name: str) -> Breaking:
    def apply(_: Ask, answer: Answer) -> Answer:
        if not isinstance(answer.body, dict):
            return answer
        return changed(answer, body={member: value for member, value in answer.body.items() if member != name})

    return apply


def only(condition: Callable[[Ask, Answer], object], then: Breaking) -> Breaking:
    return lambda ask, answer: then(ask, answer) if condition(ask, answer) else answer


def is_order(ask: Ask, answer: Answer) -> bool:
    return ask.path == "/api/order"


def is_baked(ask: Ask, answer: Answer) -> bool:
    return is_order(ask, answer) and answer.status == 200


def count(ask: Ask) -> int:
    body: Any = ask.body
    return len(body["order"]["items"]) if isinstance(body, dict) and "order" in body else -1


def payload_of(answer: Answer) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(answer.body["jwt"].split(".")[1] + "=="))
    return payload


def resigned(signer: Signer, change: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> Breaking:
    def apply(_: Ask, answer: Answer) -> Answer:
        token = signer.sign(change(payload_of(answer)), issued_at=1)
        return changed(answer, body={"jwt": token})

    return only(is_baked, apply)


def header_without(name: str) -> Breaking:
    def apply(_: Ask, answer: Answer) -> Answer:
        head, *rest = answer.body["jwt"].split(".")
        header = json.loads(base64.urlsafe_b64decode(head + "=="))
        header.pop(name)
        encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
        return changed(answer, body={"jwt": ".".join((encoded, *rest))})

    return only(lambda ask, answer: is_baked(ask, answer) and "reportUrl" not in answer.body, apply)


FACTORIES: dict[str, tuple[Breaking, str]] = {
    "HTML in place of JSON": (
        only(is_baked, lambda _, answer: replace(answer, body=None, text="<html>")),
        "order is answered with a pizza",
    ),
    "gone": (
        only(is_order, lambda ask, _: Answer(ask, 0, text="connection refused")),
        "order is answered with a pizza",
    ),
    "201 for an order": (only(is_baked, says(201)), "order is answered with a pizza"),
    "no jwt": (only(is_baked, says(body={"order": "done"})), "order is answered with a pizza"),
    "debris beside the jwt": (
        only(is_baked, lambda _, answer: changed(answer, body={**answer.body, "debug": 1})),
        "order is answered with a pizza",
    ),
    "an oven for nineteen": (
        only(lambda ask, _: is_order(ask, _) and count(ask) == 20, says(503, {"message": "The oven is full."})),
        "order of twenty pizzas is baked",
    ),
    "an oven without end": (
        only(lambda ask, _: is_order(ask, _) and count(ask) == 21, says(200, {"jwt": "a.b.c"})),
        "order of twenty-one pizzas is refused",
    ),
    "a crash for too many": (
        only(lambda ask, _: is_order(ask, _) and count(ask) == 21, says(500, {"message": "oops"})),
        "order of twenty-one pizzas is refused",
    ),
    "refuses too late": (
        only(lambda _, answer: answer.status == 503, lambda _, answer: replace(answer, took=timedelta(minutes=2))),
        "order of no pizza is refused",
    ),
    "bakes nothing": (
        only(lambda ask, _: is_order(ask, _) and count(ask) == 0, says(200, {"jwt": "a.b.c"})),
        "order of no pizza is refused",
    ),
    "bakes for anybody": (
        only(lambda ask, answer: is_order(ask, answer) and not ask.key, says(200, {"jwt": "a.b.c"})),
        "order without a key is refused",
    ),
    "403 for a wrong key": (
        only(lambda ask, answer: is_order(ask, answer) and answer.status == 401, says(403)),
        "order with a wrong key is refused",
    ),
    "another word for a wrong key": (
        only(lambda _, answer: answer.status == 401, says(body={"message": "unauthorized"})),
        "account needs its key",
    ),
    "bakes half an order": (
        only(lambda _, answer: answer.status == 400, says(200, {"jwt": "a.b.c"})),
        "order without diner or order is refused",
    ),
    "swallows broken JSON": (
        only(lambda ask, _: ask.raw, says(200, {"jwt": "a.b.c"})),
        "order that is no JSON is refused",
    ),
    "slow now and then": (
        only(is_baked, lambda _, answer: replace(answer, took=timedelta(seconds=1.2))),
        "orders are answered within the budget",
    ),
    "no keys": (when("/.well-known", then=says(body={"keys": []})), "key set can be read"),
    "keys that are secret": (
        when("/.well-known", then=lambda _, a: changed(a, body={"keys": [{**a.body["keys"][0], "d": "1"}]})),
        "key set can be read",
    ),
    "keys of another factory": (
        when("/.well-known", then=lambda _, a: changed(a, body={"keys": [{**a.body["keys"][0], "kid": "x"}]})),
        "pizza is signed with the key set",
    ),
    "pizza without a kid": (header_without("kid"), "pizza is signed with the key set"),
    "pizza without an end": (header_without("exp"), "pizza says who issued it, and keeps for a day"),
    "pizza of an unknown issuer": (header_without("iss"), "pizza says who issued it, and keeps for a day"),
    "does not know its own pizza": (when("/api/order/verify", then=says(403, {"message": "invalid"})), "own pizza is"),
    "believes any pizza": (
        when("/api/order/verify", then=says(200, {"message": "valid", "payload": {}})),
        "forged pizza is refused",
    ),
    "500 for a forged pizza": (
        only(lambda _, answer: answer.status == 403, says(500)),
        "forged pizza is refused",
    ),
    "no version": (when("/api/docs", then=without("version")), "documentation lists the endpoints"),
    "order not documented": (
        when("/api/docs", then=says(body={"version": "1", "endpoints": [{"method": "GET", "path": "/"}]})),
        "documentation lists the endpoints",
    ),
    "200 for anything": (when("/api/pineapple", then=says(200, {})), "unknown endpoint is refused"),
    "vendor without its key": (
        when("/api/vendor", method="GET", then=without("apiKey")),
        "vendor sees its own account",
    ),
    "chaos of any kind": (
        when("/api/vendor/chaos/pineapple", then=says(200, {"message": "Chaos initiated"})),
        "unknown chaos is refused",
    ),
    "fixCode told": (
        when(
            "/api/vendor",
            method="GET",
            then=only(
                lambda _, a: isinstance(a.body, dict) and "chaos" in a.body,
                lambda _, a: changed(a, body={**a.body, "chaos": {**a.body["chaos"], "fixCode": "x"}}),
            ),
        ),
        "chaos fail begins, is reported and ends",
    ),
    "fails without a link": (
        only(lambda ask, a: is_order(ask, a) and a.status == 500, without("reportUrl")),
        "chaos fail begins, is reported and ends",
    ),
    "chaos without effect": (
        only(lambda ask, a: is_order(ask, a) and a.status == 500, says(200)),
        "chaos fail begins, is reported and ends",
    ),
    "signs its bad pizzas": (
        only(
            lambda ask, a: is_baked(ask, a) and a.body.get("jwt", "").startswith("dead"),
            lambda ask, a: changed(a, body={**a.body, "jwt": GOOD[0]}),
        ),
        "chaos badjwt begins, is reported and ends",
    ),
    "throttle that does not": (
        only(
            lambda ask, a: is_baked(ask, a) and "reportUrl" in a.body,
            lambda _, a: replace(a, took=timedelta(milliseconds=9)),
        ),
        "chaos throttle begins, is reported and ends",
    ),
    "any code resolves": (
        only(lambda _, a: a.body == {"message": "Problem unresolved"}, says(200, {"message": "Problem resolved."})),
        "chaos throttle begins, is reported and ends",
    ),
    "report without thanks": (
        only(lambda _, a: "Problem resolved" in a.text, says(200, {"message": "No chaos currently executing"})),
        "chaos fail begins, is reported and ends",
    ),
}

GOOD: list[str] = []
"""A pizza of the factory that is broken, for rows that need one."""


@pytest.mark.parametrize("name", FACTORIES)
def test_contract_each_broken_factory_is_caught_by_a_named_case(key: RSAPrivateKey, name: str) -> None:
    breaks, case = FACTORIES[name]
    ask = asking(Twin(Settings(key=key)))
    GOOD[:] = [ask(Ask("POST", "/api/order", {"diner": 1, "order": {"items": [1]}}, key=TERMS.vendor_key)).body["jwt"]]
    extent = CHAOS if case.startswith("chaos ") else QUIETLY
    caught = broken(findings(lambda each: breaks(each, ask(each)), extent))
    assert any(step.startswith(case) for step in caught), caught


@pytest.mark.parametrize(
    ("change", "case"),
    [
        (dict, "pizza is signed with the key set"),
        (lambda payload: {**payload, "vendor": None}, "pizza says what was ordered"),
        (lambda payload: {**payload, "order": {**payload["order"], "items": []}}, "pizza says what was ordered"),
    ],
)
def test_contract_pizza_of_another_oven_is_caught(
    key: RSAPrivateKey, forger: Signer, change: Callable[[dict[str, Any]], dict[str, Any]], case: str
) -> None:
    ask, breaks = asking(Twin(Settings(key=key))), resigned(forger, change)
    assert case in broken(findings(lambda each: breaks(each, ask(each)), QUIETLY))


def test_contract_broken_in_chaos_heals_and_tells_no_key(key: RSAPrivateKey) -> None:
    twin = Twin(Settings(key=key))
    ask, breaks = asking(twin), only(lambda _, a: a.body == {"message": "Problem unresolved"}, says(200))
    found = findings(lambda each: breaks(each, ask(each)))
    assert len([finding for finding in found if finding.standing is Standing.BROKEN]) == 3
    assert TERMS.vendor_key not in str(found)
    assert twin.order().status_code == 200


@dataclass
class Half:
    """Bakes only the first item of what has more than one kind of member."""

    ask: Asking
    signer: Signer

    def __call__(self, ask: Ask) -> Answer:
        answer = self.ask(ask)
        if not is_baked(ask, answer):
            return answer
        payload = payload_of(answer)
        payload["order"]["items"] = payload["order"]["items"][:1]
        return changed(answer, body={"jwt": self.signer.sign(payload, issued_at=1)})


@pytest.mark.slow
def test_property_twin_bakes_any_order_as_it_is(key: RSAPrivateKey) -> None:
    twin = Twin(Settings(key=key, order_delay=timedelta()))
    found = list(hold(TERMS, asking(twin), extent=Extent(examples=25)))[-2:]
    assert [finding.standing for finding in found] == [Standing.WELL, Standing.WELL], found


@pytest.mark.slow
def test_property_factory_that_drops_pizzas_is_caught_with_a_small_example(key: RSAPrivateKey) -> None:
    half = Half(asking(Twin(Settings(key=key))), Signer(key))
    found = next(finding for finding in hold(TERMS, half, extent=Extent(examples=25)) if "any order" in finding.step)
    assert found.standing is Standing.BROKEN
    assert '{"items": [{}, {}]}' in found.finding
