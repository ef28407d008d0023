"""The load process as the harness uses it, against a shop in a process of its own."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from harness.clock import WallClock
from harness.errors import HarnessError
from harness.events import DinersChanged, Event, RequestFinished
from harness.load.diners import Habits
from harness.load.driver import LoadProcess, LoadSettings
from tests.harness.load.conftest import SITE, Names, Shop

pytestmark = pytest.mark.slow

BEGINS = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)
PATIENCE_SECONDS = 20.0

OpenShop = Callable[..., Shop]


class Heard:
    """What the load said so far, and waiting for more of it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.troubles: list[str] = []
        self._more = threading.Condition()

    def event(self, event: Event) -> None:
        with self._more:
            self.events.append(event)
            self._more.notify()

    def trouble(self, text: str) -> None:
        with self._more:
            self.troubles.append(text)
            self._more.notify()

    @property
    def requests(self) -> list[RequestFinished]:
        return [event for event in self.events if isinstance(event, RequestFinished)]

    @property
    def counts(self) -> list[int]:
        return [event.count for event in self.events if isinstance(event, DinersChanged)]

    def until(self, enough: Callable[[], object]) -> None:
        with self._more:
            assert self._more.wait_for(enough, PATIENCE_SECONDS), f"not in {PATIENCE_SECONDS} s: {self.events[-5:]}"

    def until_requests(self, count: int, fits: Callable[[RequestFinished], object] = lambda _: True) -> None:
        """Wait for that many more requests that fit."""
        seen = len(self.events)

        def enough() -> bool:
            later = [event for event in self.events[seen:] if isinstance(event, RequestFinished)]
            return sum(bool(fits(request)) for request in later) >= count

        self.until(enough)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def clock() -> WallClock:
    return WallClock(BEGINS, speed=20)


@pytest.fixture
def settings(names: Names) -> LoadSettings:
    return LoadSettings(
        SITE, names.server, seed=1, habits=Habits(timedelta(seconds=1), timedelta(seconds=3), verifies=False)
    )


@pytest.fixture
def load(clock: WallClock, heard: Heard) -> Iterator[Callable[[LoadSettings], LoadProcess]]:
    made: list[LoadProcess] = []

    def make(settings: LoadSettings) -> LoadProcess:
        made.append(LoadProcess(settings, clock=clock, on_event=heard.event, on_trouble=heard.trouble))
        return made[-1]

    yield make
    for process in made:
        process.stop()


Load = Callable[[LoadSettings], LoadProcess]


def test_diners_notice_that_the_shop_is_gone_and_come_back_when_the_name_points_at_another(
    load: Load, settings: LoadSettings, heard: Heard, clock: WallClock, open_shop: OpenShop
) -> None:
    first = open_shop()
    process = load(settings)
    process.start()
    process.diners(6)
    heard.until_requests(30)
    assert {request.outcome for request in heard.requests} == {"ok"}
    assert {request.address for request in heard.requests} == {str(first.address)}

    first.kill()
    gone = clock.steady()
    heard.until_requests(30, lambda request: request.started.timestamp() > gone)
    failed = [request for request in heard.requests if request.started.timestamp() > gone]
    assert {(request.outcome, request.status, request.error, request.cause) for request in failed} == {
        ("failed", 0, "500: failed to fetch", "connection refused")
    }

    second = open_shop()
    heard.until_requests(30, lambda request: request.outcome == "ok" and request.address == str(second.address))
    process.stop()
    assert heard.counts == [6, 0]
    assert heard.troubles == []
    for request in heard.requests:
        assert BEGINS < request.started < clock.timeline.incident(request.steady) <= clock.now()
        assert request.latency_seconds == pytest.approx(request.steady - request.started.timestamp(), abs=1e-5)


def test_a_good_shop_never_fails_a_request(
    load: Load, settings: LoadSettings, heard: Heard, open_shop: OpenShop
) -> None:
    shop = open_shop()
    habits = Habits(timedelta(milliseconds=500), timedelta(seconds=3))
    process = load(replace(settings, factory_url=shop.url, habits=habits))
    process.start()
    process.diners(30)
    heard.until_requests(1000)
    process.stop()
    assert [request for request in heard.requests if request.outcome != "ok"] == []
    assert {request.operation for request in heard.requests} == {
        "register", "log in", "look at the menu", "look at franchises", "order", "verify the pizza", "log out",
    }  # fmt: skip


def test_a_timeout_is_unknown_and_the_diner_goes_on(
    load: Load, settings: LoadSettings, heard: Heard, open_shop: OpenShop
) -> None:
    open_shop("silent")
    process = load(replace(settings, request_timeout=timedelta(seconds=5)))
    process.start()
    process.diners(1)
    heard.until_requests(2, lambda request: request.operation == "order")
    orders = [request for request in heard.requests if request.operation == "order"]
    assert {(order.outcome, order.status, order.cause) for order in orders} == {("unknown", 0, "timed out")}
    assert 20 <= orders[0].latency_seconds < 40, "a second of the wall, however short the timeout"


def test_a_name_that_dns_does_not_know_reads_failed_to_fetch(load: Load, settings: LoadSettings, heard: Heard) -> None:
    process = load(settings)
    process.start()
    process.diners(2)
    heard.until_requests(2)
    assert {(request.outcome, request.error, request.cause, request.address) for request in heard.requests} == {
        ("failed", "500: failed to fetch", "name not found", "")
    }


def test_a_dead_name_server_is_told_apart_from_an_unknown_name(
    load: Load, settings: LoadSettings, heard: Heard
) -> None:
    dead = settings.dns._replace(port=9)
    process = load(replace(settings, dns=dead, request_timeout=timedelta(seconds=5)))
    process.start()
    process.diners(1)
    heard.until_requests(1)
    assert {(request.outcome, request.cause) for request in heard.requests} == {
        ("failed", "name server gave no answer")
    }


def test_diners_come_and_go_in_the_order_asked_for(
    load: Load, settings: LoadSettings, heard: Heard, clock: WallClock, open_shop: OpenShop
) -> None:
    open_shop()
    process = load(settings)
    process.start()
    began = clock.now()
    for count in (5, 2, 12, 0, 3):
        process.diners(count)
    heard.until(lambda: heard.counts == [5, 2, 12, 0, 3])
    assert clock.now() - began < timedelta(seconds=8 * clock.speed), "all at once, not one a second"
    seen = len(heard.requests)
    heard.until_requests(20)
    assert {request.diner for request in heard.requests[seen + 12 :]} == {"diner-16", "diner-17", "diner-18"}


def test_the_same_seed_gives_a_diner_the_same_operations(
    load: Load, settings: LoadSettings, heard: Heard, open_shop: OpenShop
) -> None:
    open_shop()
    lives = []
    quick = Habits(timedelta(milliseconds=100), timedelta(milliseconds=200), verifies=False)
    for seed in (1, 1, 2):
        heard.events.clear()
        process = load(replace(settings, seed=seed, habits=quick))
        process.start()
        process.diners(1)
        heard.until_requests(20)
        process.stop()
        lives.append([(request.diner, request.operation) for request in heard.requests[:20]])
    assert lives[0] == lives[1]
    assert lives[0] != lives[2]


def test_the_load_stops_by_itself_at_its_limit_and_says_so(
    load: Load, settings: LoadSettings, heard: Heard, open_shop: OpenShop
) -> None:
    open_shop()
    process = load(replace(settings, max_requests=10))
    process.start()
    process.diners(3)
    heard.until(lambda: heard.troubles and heard.counts == [3, 0])
    assert heard.troubles == ["the load made 10 requests, as many as it may (max_requests), and stopped."]
    assert len(heard.requests) == 10
    with pytest.raises(HarnessError, match="no load process to send 5 diners to"):
        process.diners(5)


def test_the_load_stops_by_itself_after_its_longest_time(load: Load, settings: LoadSettings, heard: Heard) -> None:
    process = load(replace(settings, max_duration=timedelta(seconds=2)))
    process.start()
    heard.until(lambda: heard.troubles)
    assert heard.troubles == ["the load ran for 2 s, as long as it may (max_duration), and stopped."]


def test_a_load_process_that_dies_is_a_trouble(
    load: Load, settings: LoadSettings, heard: Heard, open_shop: OpenShop
) -> None:
    open_shop()
    process = load(settings)
    process.start()
    process.diners(2)
    heard.until_requests(2)
    os.kill(process.pid, signal.SIGKILL)
    heard.until(lambda: heard.troubles and heard.counts == [2, 0])
    assert heard.troubles == ["the load process ended with code -9, and not as it was asked to. Its last words: none."]


def test_what_the_load_had_to_drop_is_a_trouble(settings: LoadSettings, clock: WallClock, heard: Heard) -> None:
    process = LoadProcess(settings, clock=clock, on_event=heard.event, on_trouble=heard.trouble)
    process._hear(b'{"ready": true}')
    process._hear(b'{"dropped": 7}')
    assert heard.troubles == ["7 messages of the load were dropped, for the harness did not keep up with it"]


def test_a_setup_that_cannot_be_used_is_told_to_whoever_starts_it(
    load: Load, settings: LoadSettings, heard: Heard
) -> None:
    process = load(replace(settings, factory_url="ftp://factory", habits=Habits()))
    with pytest.raises(HarnessError, match=r"code 2, .*'ftp://factory' is not a URL that diners can use"):
        process.start()
    assert heard.troubles == []


def test_what_a_listener_raises_is_raised_by_stop(settings: LoadSettings, clock: WallClock, heard: Heard) -> None:
    def full(event: Event) -> None:
        heard.event(event)
        message = "the disk is full"
        raise HarnessError(message)

    process = LoadProcess(settings, clock=clock, on_event=full, on_trouble=heard.trouble)
    process.start()
    process.diners(1)
    heard.until_requests(2)
    with pytest.raises(HarnessError, match="the disk is full"):
        process.stop()
    process.stop()


# Several processes


def workers_of(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children()


def test_diners_are_shared_out_and_each_request_is_told_once(
    load: Load,
    settings: LoadSettings,
    heard: Heard,
    open_shop: OpenShop,
) -> None:
    open_shop()
    process = load(replace(settings, workers=2))
    process.start()
    workers = workers_of(process.pid)
    assert len(workers) == 2
    process.diners(10)
    heard.until_requests(100)
    process.diners(4)
    heard.until(lambda: heard.counts[-1] == 4)
    heard.until_requests(20)
    process.stop()
    assert heard.counts == [10, 4, 0]
    assert heard.troubles == []
    assert not any(worker.is_running() for worker in workers)
    assert {request.outcome for request in heard.requests} <= {"ok", "unknown"}
    made = Counter((request.diner, request.started) for request in heard.requests)
    assert set(made.values()) == {1}
    shares = Counter(int(diner.removeprefix("diner-")) % 2 for diner in {request.diner for request in heard.requests})
    assert shares == {0: 5, 1: 5}


def test_a_worker_that_is_killed_ends_the_load_and_is_told(
    load: Load,
    settings: LoadSettings,
    heard: Heard,
    open_shop: OpenShop,
) -> None:
    open_shop()
    process = load(replace(settings, workers=2))
    process.start()
    process.diners(4)
    heard.until_requests(20)
    os.kill(workers_of(process.pid)[0].pid, signal.SIGTERM)
    heard.until(lambda: heard.troubles)
    assert "load worker 0 ended with code" in heard.troubles[0] or "load worker 1 ended" in heard.troubles[0]


def test_workers_do_not_outlive_a_load_that_is_killed(
    load: Load,
    settings: LoadSettings,
    heard: Heard,
    open_shop: OpenShop,
) -> None:
    open_shop()
    process = load(replace(settings, workers=2))
    process.start()
    workers = workers_of(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []
