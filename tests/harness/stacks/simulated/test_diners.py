from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.clock import VirtualClock
from harness.errors import ScenarioError
from harness.events import DinersChanged, Event, RequestFinished
from harness.ingress.records import Address, Zone
from harness.load.diners import Habits
from harness.stacks.simulated.browser import SimulatedBrowser, SimulatedNameServer, SimulatedPlace, ZoneResolver
from harness.stacks.simulated.diners import SimulatedDiners
from harness.stacks.simulated.model import Model
from harness.stacks.simulated.world import World
from tests.harness.testing.applications import HERE, Slow, reply

SITE = "pizza.test"
BUSY = Habits(shortest_think=timedelta(seconds=1), longest_think=timedelta(seconds=1), verifies=False)
RESTLESS = Habits(shortest_think=timedelta(seconds=0.01), longest_think=timedelta(seconds=0.01), verifies=False)


async def refusing(_scope: Any, _receive: Any, send: Any) -> None:
    await reply(send, b'{"message": "closed"}', status=503)


class Street:
    """A site at an address that DNS knows, and the diners who want in."""

    def __init__(self, application: Any, *, habits: Habits = BUSY) -> None:
        self.events: list[Event] = []
        clock = VirtualClock(datetime(2024, 12, 1, tzinfo=UTC))
        self.world = World(clock, seed=1, model=Model(), record=self.events.append)
        self.zone = Zone()
        self.zone.set(SITE, HERE, ttl=timedelta(seconds=30))
        self.names = SimulatedNameServer(self.zone)
        self.listener = self.world.network.listen(HERE, application)
        self.diners = SimulatedDiners(self._browser, habits=habits, world=self.world)

    def _browser(self, who: str) -> SimulatedBrowser:
        resolver = ZoneResolver(self.names, clock=self.world.clock, patience=timedelta(seconds=20))
        places = {"service": SimulatedPlace(SITE, lambda: resolver.resolve(SITE))}
        return SimulatedBrowser(who, places, world=self.world, patience=timedelta(seconds=60))  # type: ignore[arg-type]

    def live(self, seconds: float) -> tuple[RequestFinished, ...]:
        """Let time pass, and give the requests of that time."""
        before = len(self.events)
        self.world.settle(seconds)
        return tuple(event for event in self.events[before:] if isinstance(event, RequestFinished))

    def close(self) -> None:
        self.world.close()


def test_diners_come_and_go_and_those_who_left_do_not_come_back() -> None:
    street = Street(refusing)
    street.diners.be(3)
    assert {request.diner for request in street.live(10)} == {"diner-1", "diner-2", "diner-3"}
    street.diners.be(1)
    assert {request.diner for request in street.live(10)} == {"diner-1"}
    street.diners.be(2)
    assert {request.diner for request in street.live(10)} == {"diner-1", "diner-4"}
    assert [event.count for event in street.events if isinstance(event, DinersChanged)] == [3, 1, 2]
    street.close()


def test_as_many_diners_as_there_are_is_no_change() -> None:
    street = Street(refusing)
    street.diners.be(0)
    assert street.events == []
    street.close()


def test_fewer_diners_than_none_are_refused() -> None:
    street = Street(refusing)
    with pytest.raises(ScenarioError, match="cannot be -1 diners"):
        street.diners.be(-1)
    street.close()


def test_diner_who_leaves_in_the_middle_of_a_request_does_not_know_what_became_of_it() -> None:
    street = Street(Slow())
    street.diners.be(1)
    street.live(3)
    street.diners.be(0)
    (request,) = street.live(2)
    assert (request.outcome, request.cause) == ("unknown", "the diner left before the reply")
    street.close()


def test_diner_who_leaves_waits_a_moment_for_the_reply_that_is_under_way_and_asks_nothing_more() -> None:
    street = Street(Slow(), habits=RESTLESS)
    street.diners.be(1)
    while not street.listener._serving:
        street.live(0.1)
    street.live(9.5)
    street.diners.be(0)
    (request,) = street.live(2)
    assert request.status == 200
    street.close()


def test_diner_who_has_no_address_says_that_the_name_was_not_found() -> None:
    street = Street(refusing)
    street.zone.remove(SITE)
    street.diners.be(1)
    request = street.live(10)[0]
    assert (request.outcome, request.cause, request.address) == ("failed", "name not found", "")
    street.close()


def test_diner_whose_server_is_killed_in_the_middle_does_not_know_what_became_of_an_order() -> None:
    street = Street(Slow())
    street.diners.be(1)
    street.live(5)
    street.listener.cut()
    request = street.live(0.1)[0]
    assert (request.method, request.outcome, request.cause) == ("POST", "unknown", "connection closed without a reply")
    assert street.live(10)[0].cause == "connection refused"
    street.close()


def test_diner_believes_an_older_answer_of_dns_for_as_long_as_it_lives() -> None:
    street = Street(refusing)
    street.diners.be(1)
    street.live(10)
    there = Address("127.0.0.2", 3000)
    street.world.network.listen(there, refusing)
    street.listener.cut()
    street.zone.set(SITE, there, ttl=timedelta(seconds=30))
    changed = street.world.loop.time()
    requests = street.live(40)
    refused = [r for r in requests if r.cause == "connection refused"]
    assert {request.address for request in refused} == {str(HERE)}
    assert {request.address for request in requests if request.status == 503} == {str(there)}
    assert changed < 30 < street.world.loop.time()
    street.close()


def test_diner_who_is_kept_waiting_gives_up_after_a_minute() -> None:
    async def silent(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()
        await receive()

    street = Street(silent)
    street.diners.be(1)
    request = street.live(62)[0]
    assert (request.outcome, request.cause, request.latency_seconds) == ("unknown", "timed out", 60)
    street.close()
