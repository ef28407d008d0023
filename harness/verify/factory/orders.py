"""The contract of orders: what is baked, what is refused and with which words, and how long that may take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from harness.durations import spoken
from harness.verify.factory.conversation import Answer, Ask, Case, Talk, Terms

OVEN_HOLDS = 20
"""The most pizzas of one order."""

TIMED_ORDERS = 10
"""How many orders are timed."""

UNAUTHORIZED = {"message": "invalid authentication"}
INCOMPLETE = {"message": "Missing required parameters"}
OVEN_FULL = {"message": "Unable to satisfy pizza order. The oven is full."}

DINER = {"id": 719, "name": "常用名字", "email": "j@jwt.com"}


def an_order(count: int = 1) -> dict[str, Any]:
    """Make an order as the pizza service sends it."""
    items = [{"menuId": 1, "description": "Veggie", "price": 0.0038}] * count
    return {"diner": DINER, "order": {"items": items, "storeId": "5", "franchiseId": 4, "id": 278}}


def ordering(terms: Terms, count: int = 1) -> Ask:
    """Make the request that orders so many pizzas."""
    return Ask("POST", "/api/order", an_order(count), key=terms.vendor_key)


def pizza_of(answer: Answer) -> str:
    """Give the pizza of an order that was answered with nothing else.

    Raises:
        ContractBroken: when there is none, or something is beside it.
    """
    body = answer.must_be(200)
    answer.must(isinstance(body.get("jwt"), str), "an order must be answered with a jwt")
    answer.must("reportUrl" not in body, "a good order must not ask to report anything (is chaos executing?)")
    answer.must(body.keys() == {"jwt"}, "a good order must be answered with a jwt and nothing else")
    return str(body["jwt"])


def _baked(terms: Terms) -> Talk:
    pizza_of((yield ordering(terms)))


def _full_oven(terms: Terms) -> Talk:
    pizza_of((yield ordering(terms, OVEN_HOLDS)))


def _too_many(terms: Terms) -> Talk:
    _refused_in_time((yield ordering(terms, OVEN_HOLDS + 1)), terms)


def _nothing(terms: Terms) -> Talk:
    _refused_in_time((yield ordering(terms, 0)), terms)


def _refused_in_time(answer: Answer, terms: Terms) -> None:
    answer.must_be(503, OVEN_FULL)
    answer.must(answer.took <= terms.patience, f"an order must be refused within {spoken(terms.patience)}")


def _no_key(_: Terms) -> Talk:
    answer = yield Ask("POST", "/api/order", an_order())
    answer.must_be(401, UNAUTHORIZED)


def _wrong_key(terms: Terms) -> Talk:
    answer = yield Ask("POST", "/api/order", an_order(), key=f"not-{terms.vendor_key}")
    answer.must_be(401, UNAUTHORIZED)


def _incomplete(terms: Terms) -> Talk:
    for member in ("diner", "order"):
        body = {name: value for name, value in an_order().items() if name != member}
        answer = yield Ask("POST", "/api/order", body, key=terms.vendor_key)
        answer.must_be(400, INCOMPLETE)


def _no_json(terms: Terms) -> Talk:
    answer = yield Ask("POST", "/api/order", key=terms.vendor_key, raw='{"diner":')
    answer.must(answer.status >= 400, "a body that is no JSON must be refused")
    answer.must(isinstance(answer.body, dict) and "message" in answer.body, "a refusal must say why in a message")


def _in_time(terms: Terms) -> Talk:
    slowest = timedelta()
    for _ in range(TIMED_ORDERS):
        answer = yield ordering(terms)
        pizza_of(answer)
        slowest = max(slowest, answer.took)
    budget = f"each of {TIMED_ORDERS} orders must be answered within {spoken(terms.budget)}"
    answer.must(slowest <= terms.budget, f"{budget}, and one took {spoken(slowest)}")


CASES = (
    Case("order is answered with a pizza", "orders", _baked),
    Case("order of twenty pizzas is baked", "orders", _full_oven),
    Case("order without a key is refused", "orders", _no_key),
    Case("order with a wrong key is refused", "orders", _wrong_key),
    Case("order without diner or order is refused", "orders", _incomplete),
    Case("order that is no JSON is refused", "orders", _no_json),
    Case("orders are answered within the budget", "orders", _in_time),
    Case("order of twenty-one pizzas is refused", "orders", _too_many),
    Case("order of no pizza is refused", "orders", _nothing),
)
