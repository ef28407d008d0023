"""A diner's life as a conversation: what the diner does next, given what came of the last call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.load.diners import USUAL_STORE, Call, Habits, Life, Think, diner
from harness.load.outcomes import Outcome, Reply, Trouble, replied, unanswered

DISHES = [
    {"id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden of delight"},
    {"id": 2, "title": "Pepperoni", "image": "pizza2.png", "price": 0.0042, "description": "Spicy treat"},
]
GOOD: dict[str, Any] = {
    "register": {"user": {"name": "x"}, "token": "first"},
    "log in": {"user": {"name": "x"}, "token": "second"},
    "look at the menu": DISHES,
    "look at franchises": {"franchises": [{"id": 4, "name": "p", "stores": [{"id": 7, "name": "SLC"}]}], "more": False},
    "order": {"order": {"id": 1}, "jwt": "a pizza"},
    "verify the pizza": {"message": "valid", "payload": {}},
    "log out": {"message": "logout successful"},
}
A_VISIT = ["register", "look at the menu", "look at franchises", "order", "verify the pizza", "log out"]


def good(operation: str) -> Reply:
    return Reply("ok", 200, GOOD[operation])


def bad(status: int, message: str = "no", *, outcome: Outcome = "failed") -> Reply:
    return Reply(outcome, status, {"message": message}, error=f"{status}: {message}")


class Conversation:
    """Plays the world to one diner, and checks after each call that the diner thinks."""

    def __init__(self, *, seed: str = "1/diner-1", habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self.life: Life = diner("diner-1", rng=Random(seed), habits=self.habits)
        arrival = next(self.life)
        assert isinstance(arrival, Think)
        self.thinks: list[timedelta] = [arrival.length]
        self.call = self._next()

    def _next(self) -> Call:
        step = next(self.life)
        assert isinstance(step, Call)
        return step

    def reply(self, reply: Reply) -> Call:
        """Answer the call that is being made, and give the next."""
        thought = self.life.send(reply)
        assert isinstance(thought, Think), "a diner thinks after every call"
        assert self.habits.shortest_think <= thought.length <= self.habits.longest_think
        self.thinks.append(thought.length)
        self.call = self._next()
        return self.call

    def go_well_until(self, operation: str) -> Call:
        """Let all go well until the diner does this."""
        while self.call.operation != operation:
            self.reply(good(self.call.operation))
        return self.call

    def operations(self, count: int, answer: Callable[[str], Reply] = good) -> list[str]:
        made = []
        for _ in range(count):
            made.append(self.call.operation)
            self.reply(answer(self.call.operation))
        return made


def test_a_first_visit_on_a_good_day_is_a_pizza_from_registering_to_logging_out() -> None:
    assert Conversation().operations(6) == A_VISIT


def test_the_second_visit_begins_with_logging_in_as_who_registered() -> None:
    talk = Conversation()
    registered = talk.call.body
    talk.operations(6)
    assert (talk.call.operation, talk.call.method, talk.call.path) == ("log in", "PUT", "/api/auth")
    assert registered is not None
    assert talk.call.body == {"email": registered["email"], "password": registered["password"]}
    assert talk.call.token == ""
    assert talk.reply(good("log in")).token == "second"


def test_a_diner_orders_one_to_three_pizzas_of_the_real_menu_at_a_real_store() -> None:
    known = [{"menuId": dish["id"], "description": dish["title"], "price": dish["price"]} for dish in DISHES]
    sizes = set()
    for number in range(40):
        order = Conversation(seed=f"{number}").go_well_until("order")
        assert order.body is not None
        assert (order.method, order.path, order.token) == ("POST", "/api/order", "first")
        assert (order.body["franchiseId"], order.body["storeId"]) == (4, 7)
        assert all(item in known for item in order.body["items"])
        sizes.add(len(order.body["items"]))
    assert sizes == {1, 2, 3}


def test_a_site_without_stores_is_still_ordered_from() -> None:
    talk = Conversation()
    talk.go_well_until("look at franchises")
    order = talk.reply(Reply("ok", 200, {"franchises": [], "more": False}))
    assert order.body is not None
    assert (order.body["franchiseId"], order.body["storeId"]) == USUAL_STORE


def test_a_store_is_found_in_the_bare_list_of_a_service_of_2024() -> None:
    talk = Conversation()
    talk.go_well_until("look at franchises")
    order = talk.reply(Reply("ok", 200, [{"id": 4, "name": "p", "stores": [{"id": 7, "name": "SLC"}]}]))
    assert order.body is not None
    assert (order.body["franchiseId"], order.body["storeId"]) == (4, 7)


def test_a_pizza_is_verified_at_the_factory_and_the_session_stays_at_home() -> None:
    verify = Conversation().go_well_until("verify the pizza")
    assert (verify.where, verify.method, verify.path) == ("factory", "POST", "/api/order/verify")
    assert (verify.body, verify.token) == ({"jwt": "a pizza"}, "")


def test_diners_who_cannot_reach_the_factory_do_not_verify() -> None:
    talk = Conversation(habits=Habits(verifies=False))
    assert talk.operations(5) == [step for step in A_VISIT if step != "verify the pizza"]


@pytest.mark.parametrize("operation", A_VISIT)
def test_what_cannot_be_reached_is_tried_again_until_it_can(operation: str) -> None:
    talk = Conversation()
    call = talk.go_well_until(operation)
    refused = unanswered(Trouble.REFUSED, method=call.method, sent=False)
    for _ in range(50):
        assert talk.reply(refused) == call
    assert talk.reply(good(operation)).operation != operation


def test_an_order_refused_three_times_sends_the_diner_home_to_come_again() -> None:
    talk = Conversation()
    order = talk.go_well_until("order")
    refused = bad(500, "Failed to fulfill order at factory")
    assert talk.reply(refused) == order
    assert talk.reply(unanswered(Trouble.REFUSED, method="POST", sent=False)) == order
    assert talk.reply(refused) == order
    assert talk.reply(refused).operation == "log out"
    assert talk.reply(good("log out")).operation == "log in"


def test_a_lost_session_is_answered_by_logging_in_and_ordering_again() -> None:
    talk = Conversation()
    order = talk.go_well_until("order")
    assert talk.reply(bad(401, "unauthorized")).operation == "log in"
    assert talk.reply(bad(500, "connect ECONNREFUSED")).operation == "log in"
    again = talk.reply(good("log in"))
    assert (again.operation, again.body, again.token) == ("order", order.body, "second")


def test_a_diner_whose_account_is_gone_opens_another_and_orders() -> None:
    talk = Conversation()
    first = talk.call.body
    talk.go_well_until("order")
    talk.reply(bad(401, "unauthorized"))
    anew = talk.reply(bad(404, "unknown user"))
    assert anew.operation == "register"
    assert first is not None
    assert anew.body is not None
    assert anew.body["email"] != first["email"]
    assert talk.reply(good("register")).operation == "order"


def test_registering_again_after_a_timeout_uses_another_address_and_after_a_refusal_the_same() -> None:
    talk = Conversation()
    first = talk.call
    assert talk.reply(unanswered(Trouble.REFUSED, method="POST", sent=False)) == first
    second = talk.reply(unanswered(Trouble.TIMED_OUT, method="POST", sent=True))
    assert second.operation == "register"
    assert first.body is not None
    assert second.body is not None
    assert second.body["email"] != first.body["email"]


def test_a_bad_pizza_is_not_verified_again() -> None:
    talk = Conversation()
    talk.go_well_until("verify the pizza")
    assert talk.reply(bad(403, "invalid")).operation == "log out"


@pytest.mark.parametrize("reply", [bad(401, "unauthorized"), unanswered(Trouble.TIMED_OUT, method="DELETE", sent=True)])
def test_logging_out_is_not_tried_again_when_it_may_have_happened(reply: Reply) -> None:
    talk = Conversation()
    talk.go_well_until("log out")
    assert talk.reply(reply).operation == "log in"


@pytest.mark.parametrize(
    ("operation", "raw", "error"),
    [
        ("register", b'{"user":{}}', "200: the reply carries no session token"),
        ("register", b'{"token":null}', "200: the reply carries no session token"),
        ("look at the menu", b"[]", "200: there is no pizza on the menu"),
        ("look at the menu", b'{"menu":[]}', "200: there is no pizza on the menu"),
        ("look at franchises", b'"none"', "200: the reply is no list of franchises"),
        ("look at franchises", b'[{"name":"p"}]', "200: the reply is no list of franchises"),
        ("order", b'{"order":{"id":1}}', "200: the order came without its pizza"),
        ("verify the pizza", b'{"message":"hello"}', "200: the factory does not know the pizza"),
    ],
)
def test_a_wrong_200_fails(operation: str, raw: bytes, error: str) -> None:
    call = Conversation().go_well_until(operation)
    reply = replied(200, raw, wrong=call.wrong)
    assert (reply.outcome, reply.error) == ("failed", error)


@pytest.mark.parametrize("operation", A_VISIT)
def test_what_a_good_site_says_is_right(operation: str) -> None:
    call = Conversation().go_well_until(operation)
    assert call.wrong(GOOD[operation]) == ""


def test_prices_that_a_database_gives_as_text_can_be_ordered() -> None:
    talk = Conversation()
    menu = talk.go_well_until("look at the menu")
    dishes = [{**DISHES[0], "price": "0.00380000"}]
    assert menu.wrong(dishes) == ""
    talk.reply(Reply("ok", 200, dishes))
    order = talk.go_well_until("order")
    assert order.body is not None
    assert order.body["items"][0] == {"menuId": 1, "description": "Veggie", "price": 0.0038}


def test_the_same_seed_gives_the_same_life_and_another_seed_another() -> None:
    def life(seed: str) -> tuple[list[timedelta], list[Call]]:
        talk, calls = Conversation(seed=seed), []
        for _ in range(30):
            calls.append(talk.call)
            talk.reply(good(talk.call.operation))
        return talk.thinks, calls

    assert life("1/diner-1") == life("1/diner-1")
    assert life("1/diner-1") != life("2/diner-1")


def test_a_life_is_the_same_whoever_else_lives() -> None:
    alone = Conversation(seed="1")
    first, other = Conversation(seed="1"), Conversation(seed="2")
    for _ in range(20):
        assert first.call == alone.call
        for talk in (alone, first, other):
            talk.reply(good(talk.call.operation))


def test_diners_of_one_seed_have_addresses_of_their_own() -> None:
    lives = [diner(name, rng=Random("same"), habits=Habits()) for name in ("diner-1", "diner-2")]
    addresses = set()
    for life in lives:
        next(life)
        call = next(life)
        assert isinstance(call, Call)
        assert call.body is not None
        addresses.add(call.body["email"])
    assert len(addresses) == 2


@pytest.mark.parametrize(("shortest", "longest"), [(0, 5), (6, 5), (-1, 5)])
def test_think_times_that_would_hammer_the_site_are_refused(shortest: int, longest: int) -> None:
    with pytest.raises(ScenarioError, match=f"think for {shortest} to {longest} s"):
        Habits(timedelta(seconds=shortest), timedelta(seconds=longest))
