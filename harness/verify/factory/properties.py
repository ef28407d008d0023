"""What a factory must do whatever it is sent: properties, whose examples Hypothesis makes up and makes small.

Hypothesis is a tool of developers (`pip install hypothesis`), so this module is imported only when examples are wanted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from harness.verify.factory.conversation import Ask, Asking, ContractBroken, Property, Talk, Terms, converse
from harness.verify.factory.orders import OVEN_HOLDS, pizza_of
from harness.verify.factory.pizzas import KEY_SET, verified
from harness.verify.findings import Finding, Standing

EXACT = 2**53 - 1
"""Beyond it a number of JSON is not the same number everywhere (RFC 8259, section 6)."""

_TEXT = some.text(some.characters(exclude_categories=["Cs"]), max_size=20)
_NAMES = _TEXT.filter(lambda name: name not in {"items", "__proto__"})
_SCALARS = some.none() | some.booleans() | some.integers(-EXACT, EXACT) | _TEXT
_JSON = some.recursive(
    _SCALARS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_OBJECTS = some.dictionaries(_NAMES, _JSON, max_size=4)


@some.composite
def _orders(draw: some.DrawFn) -> dict[str, Any]:
    items = draw(some.lists(_OBJECTS, min_size=1, max_size=OVEN_HOLDS))
    return {"diner": draw(_OBJECTS), "order": {**draw(_OBJECTS), "items": items}}


def _baked_as_it_is(terms: Terms, body: dict[str, Any]) -> Talk:
    answer = yield Ask("POST", "/api/order", body, key=terms.vendor_key)
    payload = verified(pizza_of(answer), (yield KEY_SET)).payload
    said = {name: payload.get(name) for name in body}
    answer.must(said == body, f"a pizza must say just what was ordered, {json.dumps(body)}, not {json.dumps(said)}")


def _refused_with_a_message(terms: Terms, body: object) -> Talk:
    answer = yield Ask("POST", "/api/order", key=terms.vendor_key, raw=json.dumps(body))
    answer.must(400 <= answer.status < 600, f"what is no order must be refused: {json.dumps(body)}")
    answer.must(isinstance(answer.body, dict) and "message" in answer.body, "a refusal must say why in a message")


PROPERTIES = (
    Property("any order is baked as it is", "orders", _baked_as_it_is, _orders()),
    Property("whatever is no order is refused", "orders", _refused_with_a_message, _JSON),
)


def tried_by_example(terms: Terms, asking: Asking, *, examples: int) -> Iterator[Finding]:
    """Try each property; the same examples come every time, and the smallest that breaks it is told."""
    for prop in PROPERTIES:
        yield _tried(prop, terms, asking, examples=examples)


def _tried(prop: Property, terms: Terms, asking: Asking, *, examples: int) -> Finding:
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(prop.examples)
    def holds(example: Any) -> None:  # noqa: ANN401 - whatever the strategy makes up
        converse(prop.talk(terms, example), asking)

    try:
        holds()
    except ContractBroken as broken:
        return Finding(prop.name, prop.section, Standing.BROKEN, str(broken))
    return Finding(prop.name, prop.section, Standing.WELL, f"examples: {examples}")
