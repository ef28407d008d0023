"""A diner's life: come in, look at the menu, order pizza, verify it, log out, think, and come again.

A life is a generator without I/O: it yields what the diner does next, a `Call` or a `Think`, and is sent the `Reply`
of each call. Whoever drives it carries the steps out: Locust on real sockets, or the simulation on virtual time.

Rules of this file: every call is followed by a think, so that nobody ever hammers a broken site; a diner never gives
up; all that is random comes from the diner's own generator, so that the same seed and replies give the same life.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any, Literal, NoReturn, TypeVar

import faker
import msgspec

from harness.errors import ScenarioError
from harness.load.outcomes import Reply, is_json

MOST_PIZZAS = 3
"""In one order; the factory takes 20, but people do not."""

REFUSALS_BEFORE_LEAVING = 3
"""A diner whose order was answered with an error this often logs out, and comes again later."""

LOOKS_AT_FRANCHISES_AGAIN = 0.3
"""How often a diner who has a store already looks for another."""

USUAL_STORE = (1, 1)
"""Franchise and store of the course's data, for a site that lists none; orders are taken for any store."""

Where = Literal["service", "factory"]
Shape = TypeVar("Shape")


class Call(msgspec.Struct, frozen=True):  # a Struct is made in a fifth of the time, and simulations make many
    """A request that a diner makes."""

    operation: str
    """What the diner is doing, in the diner's words: `log in`."""
    method: str
    """HTTP method."""
    path: str
    """Path and query, from the root of `where`."""
    body: Mapping[str, Any] | None = None
    """Sent as JSON; None sends no body."""
    token: str = ""
    """The session's token; "" for a diner who has not come in."""
    where: Where = "service"
    """Who is asked."""
    wrong: Callable[[object], str] = is_json
    """Says what is wrong with the JSON of a 2xx reply; "" when it is right."""


class Think(msgspec.Struct, frozen=True):
    """A diner's pause, in incident time."""

    length: timedelta
    """How long."""


Life = Generator[Call | Think, Reply | None, NoReturn]
"""Send the Reply after a Call and None after a Think."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What all diners have in common.

    Raises:
        ScenarioError: when the think times are not positive and in order.
    """

    shortest_think: timedelta = timedelta(seconds=5)
    """Of the pause after each call, in incident time; more than nothing, or a broken site would be hammered."""
    longest_think: timedelta = timedelta(seconds=20)
    """Of the pause after each call, in incident time."""
    verifies: bool = True
    """Whether diners check their pizzas at the factory, which they must be able to reach for it."""

    def __post_init__(self) -> None:
        if not timedelta() < self.shortest_think <= self.longest_think:
            message = (
                f"diners cannot think for {self.shortest_think.total_seconds():g} to "
                f"{self.longest_think.total_seconds():g} s. Give two durations above zero, the shorter one first."
            )
            raise ScenarioError(message)


def diner(name: str, *, rng: Random, habits: Habits) -> Life:
    """Live a diner's life, for ever.

    Args:
        name: what the history calls the diner; it also keeps two people of one name apart.
        rng: the diner's own, seeded.
        habits: what all diners have in common.
    """
    return _Diner(name, rng=rng, habits=habits).live()


class _Dish(msgspec.Struct):
    id: int
    title: str
    price: float


class _Menu(msgspec.Struct):
    dishes: list[_Dish]


class _Store(msgspec.Struct):
    id: int


class _Franchise(msgspec.Struct):
    id: int
    stores: list[_Store] = []


class _Franchises(msgspec.Struct):
    franchises: list[_Franchise]


@dataclass(slots=True)
class _Account:
    name: str
    email: str
    password: str = field(repr=False)


class _Diner:
    def __init__(self, name: str, *, rng: Random, habits: Habits) -> None:
        self._name = name
        self._rng = rng
        self._habits = habits
        self._shortest_seconds = habits.shortest_think.total_seconds()
        self._spread_seconds = habits.longest_think.total_seconds() - self._shortest_seconds
        self._account: _Account | None = None
        self._token = ""
        self._store: tuple[int, int] | None = None

    def live(self) -> Life:
        yield Think(self._rng.random() * self._habits.longest_think)
        while True:
            yield from self._visit()

    def _visit(self) -> Generator[Call | Think, Reply | None, None]:
        yield from self._come_in()
        menu = yield from self._insist(Call("look at the menu", "GET", "/api/order/menu", wrong=_nothing_to_eat))
        if self._store is None or self._rng.random() < LOOKS_AT_FRANCHISES_AGAIN:
            yield from self._choose_store()
        order = yield from self._insist(self._order(menu.body), refusals=REFUSALS_BEFORE_LEAVING)
        if order.ok and self._habits.verifies:
            yield from self._verify(order.body["jwt"])
        yield from self._log_out()

    def _ask(self, call: Call) -> Generator[Call | Think, Reply | None, Reply]:
        """Make a call once, and think about what came of it."""
        reply = yield msgspec.structs.replace(call, token=self._token) if call.where == "service" else call
        assert reply is not None, "a Call is answered with a Reply"
        yield self._think()
        return reply

    def _insist(self, call: Call, *, refusals: int = 0) -> Generator[Call | Think, Reply | None, Reply]:
        """Make a call until it goes well, logging in again when the session is lost.

        Args:
            call: what to ask.
            refusals: give up once this many replies were errors; 0 never does. No reply at all is no refusal.
        """
        reply = yield from self._ask(call)
        while not reply.ok:
            if reply.status == 401:
                yield from self._log_in()
            elif reply.status:
                refusals -= 1
                if not refusals:
                    return reply
            reply = yield from self._ask(call)
        return reply

    def _come_in(self) -> Generator[Call | Think, Reply | None, None]:
        if self._account is None:
            yield from self._register()
        elif not self._token:
            yield from self._log_in()

    def _register(self) -> Generator[Call | Think, Reply | None, None]:
        """Open an account. Where it is unknown whether that went well, the next try is under a new address."""
        account = self._somebody()
        reply = yield from self._ask(_registration(account))
        while not reply.ok:
            if reply.outcome == "unknown":
                account = self._somebody()
            reply = yield from self._ask(_registration(account))
        self._account, self._token = account, reply.body["token"]

    def _log_in(self) -> Generator[Call | Think, Reply | None, None]:
        """Log in until it goes well; where the account is gone, as after a lost database, open another."""
        self._token = ""
        while self._account is not None:
            body = {"email": self._account.email, "password": self._account.password}
            reply = yield from self._ask(Call("log in", "PUT", "/api/auth", body, wrong=_no_session))
            if reply.ok:
                self._token = reply.body["token"]
                return
            if reply.status == 404:
                self._account = None
        yield from self._register()

    def _choose_store(self) -> Generator[Call | Think, Reply | None, None]:
        path = "/api/franchise?page=0&limit=10&name=*"
        reply = yield from self._insist(Call("look at franchises", "GET", path, wrong=_no_list_of_franchises))
        self._store = self._rng.choice(stores_in(reply.body) or [USUAL_STORE])

    def _order(self, menu: list[object]) -> Call:
        franchise, store = self._store or USUAL_STORE
        chosen = _dishes(self._rng.choices(menu, k=self._rng.randint(1, MOST_PIZZAS)))
        items = [{"menuId": dish.id, "description": dish.title, "price": dish.price} for dish in chosen]
        body = {"franchiseId": franchise, "storeId": store, "items": items}
        return Call("order", "POST", "/api/order", body, wrong=_no_pizza)

    def _verify(self, pizza: str) -> Generator[Call | Think, Reply | None, None]:
        """Ask the factory until it says what the pizza is worth; a bad pizza does not get better."""
        path = "/api/order/verify"
        call = Call("verify the pizza", "POST", path, {"jwt": pizza}, where="factory", wrong=_not_valid)
        reply = yield from self._ask(call)
        while not reply.status or reply.status >= 500:
            reply = yield from self._ask(call)

    def _log_out(self) -> Generator[Call | Think, Reply | None, None]:
        """Log out; when that may have happened there is no session left to ask about, so it is not tried again."""
        reply = yield from self._ask(Call("log out", "DELETE", "/api/auth"))
        while reply.outcome == "failed" and reply.status != 401:
            reply = yield from self._ask(Call("log out", "DELETE", "/api/auth"))
        self._token = ""

    def _think(self) -> Think:
        return Think(timedelta(seconds=self._shortest_seconds + self._rng.random() * self._spread_seconds))

    def _somebody(self) -> _Account:
        people = _people()
        people.seed_instance(self._rng.getrandbits(64))
        name = people.name()
        mailbox = re.sub(r"[^a-z]+", ".", name.lower()).strip(".")
        email = f"{mailbox}.{self._rng.getrandbits(32):08x}@{self._name}.pizza.test"
        return _Account(name, email, people.password())


@cache
def _people() -> faker.Faker:
    return faker.Faker("en_US", providers=["faker.providers.person", "faker.providers.misc"])  # all 26 take 25 ms


def _registration(account: _Account) -> Call:
    body = {"name": account.name, "email": account.email, "password": account.password}
    return Call("register", "POST", "/api/auth", body, wrong=_no_session)


def _read(body: object, shape: type[Shape]) -> Shape | None:
    try:
        return msgspec.convert(body, shape, strict=False)
    except msgspec.ValidationError:
        return None


def _dishes(body: object) -> list[_Dish]:
    # What a Struct looks like is worked out once, and what a list of them looks like each time.
    menu = _read({"dishes": body}, _Menu)
    return menu.dishes if menu else []


def stores_in(body: object) -> list[tuple[int, int]]:
    """Give franchise and store of each store in a reply that lists franchises."""
    return [(franchise.id, store.id) for franchise in _franchises(body) or () for store in franchise.stores]


def _franchises(body: object) -> list[_Franchise] | None:
    """Read a list of franchises: a bare one, as services of 2024 give, or one that says whether there are more."""
    if isinstance(body, list):
        return _read(body, list[_Franchise])
    listed = _read(body, _Franchises)
    return listed.franchises if listed else None


def _has_text(body: object, key: str) -> bool:
    return isinstance(body, dict) and isinstance(body.get(key), str) and bool(body[key])


def _no_session(body: object) -> str:
    return "" if _has_text(body, "token") else "the reply carries no session token"


def _nothing_to_eat(body: object) -> str:
    return "" if _dishes(body) else "there is no pizza on the menu"


def _no_list_of_franchises(body: object) -> str:
    return "" if _franchises(body) is not None else "the reply is no list of franchises"


def _no_pizza(body: object) -> str:
    return "" if _has_text(body, "jwt") else "the order came without its pizza"


def _not_valid(body: object) -> str:
    return "" if isinstance(body, dict) and body.get("message") == "valid" else "the factory does not know the pizza"
