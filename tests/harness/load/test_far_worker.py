"""A load whose diners live in processes that only know its address, as they would on other machines."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from harness.clock import WallClock
from harness.errors import HarnessError, ScenarioError
from harness.events import WorkerClockCompared
from harness.ingress.records import Address
from harness.load.driver import LoadProcess, LoadSettings
from harness.load.messages import SECRET
from tests.harness.load.conftest import Names
from tests.harness.load.test_driver import Heard, Load, OpenShop, clock, heard, load, settings

__all__ = ["clock", "heard", "load", "settings"]  # fixtures

pytestmark = pytest.mark.slow

AHEAD_SECONDS = 3600.0
OTHER_MACHINE = ("-m", "tests.harness.load.other_machine", str(AHEAD_SECONDS))

PID, PORTS = os.getpid(), itertools.count(5557)


class Worker:
    """A worker's process."""

    def __init__(self, *words: str) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, *words],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def rest(self) -> tuple[int, str]:
        """Let it end by itself; gives its exit code and what it has said."""
        assert self.popen.stdout is not None
        said = self.popen.stdout.read()
        return self.popen.wait(20), said

    def end(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Worker]]:
    monkeypatch.setenv(SECRET, "what the run and its workers have in common")
    made: list[Worker] = []

    def make(*words: str) -> Worker:
        made.append(Worker(*words))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def far(settings: LoadSettings) -> LoadSettings:
    """Give a load that waits for two workers, at a port that nothing else uses."""
    if sys.platform == "linux":  # which answers for all of 127.0.0.0/8: an address of this process's own
        return replace(settings, master=Address(f"127.99.{PID // 250 % 250}.{PID % 250 + 1}", next(PORTS)), workers=2)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return replace(settings, master=Address("127.0.0.1", probe.getsockname()[1]), workers=2)


def test_requests_of_workers_whose_clocks_are_elsewhere_are_told_in_the_runs_time(
    load: Load, far: LoadSettings, heard: Heard, clock: WallClock, open_shop: OpenShop, worker: Callable[..., Worker]
) -> None:
    open_shop()
    ahead, here = worker(*OTHER_MACHINE, str(far.master)), worker("-m", "harness.load.far_worker", str(far.master))
    process = load(far)
    process.start()
    asked = clock.steady()
    process.diners(6)
    heard.until_requests(60)
    process.stop()
    over = clock.steady()
    compared = [event for event in heard.events if isinstance(event, WorkerClockCompared)]
    assert {round(event.ahead_seconds) for event in compared} == {0, AHEAD_SECONDS}
    assert {event.worker for event in compared} == {0, 1}
    for event in compared:
        truly = AHEAD_SECONDS if event.ahead_seconds > AHEAD_SECONDS / 2 else 0.0
        assert abs(event.ahead_seconds - truly) <= event.uncertainty_seconds + 0.01  # wall clocks may be set a little
    give = clock.speed * (0.01 + max(event.uncertainty_seconds for event in compared))
    for request in heard.requests:
        assert asked - give <= request.started.timestamp() <= request.steady <= over + give
        assert request.latency_seconds >= 0
    shares = {int(request.diner.removeprefix("diner-")) % 2 for request in heard.requests}
    assert shares == {0, 1}
    assert heard.troubles == []
    assert heard.counts == [6, 0]
    for each in (ahead, here):
        code, said = each.rest()
        assert (code, said.splitlines()[-1]) == (0, "load worker: the load is over")


def test_a_worker_whose_person_presses_ctrl_c_leaves_and_the_load_is_not_whole(
    load: Load, far: LoadSettings, heard: Heard, open_shop: OpenShop, worker: Callable[..., Worker]
) -> None:
    open_shop()
    lent = worker("-m", "harness.cli", "load-worker", "--master", str(far.master))
    process = load(replace(far, workers=1))
    process.start()
    process.diners(2)
    heard.until_requests(5)
    lent.popen.send_signal(signal.SIGINT)
    heard.until(lambda: heard.troubles)
    assert heard.troubles == [f"load worker 0 on {socket.gethostname()} left before the load was over."]
    code, said = lent.rest()
    assert code == 0
    assert "joined" in said


def test_a_worker_that_is_killed_is_missed_and_what_it_had_is_lost(
    load: Load, far: LoadSettings, heard: Heard, open_shop: OpenShop, worker: Callable[..., Worker]
) -> None:
    open_shop()
    lost = worker("-m", "harness.load.far_worker", str(far.master))
    process = load(replace(far, workers=1))
    process.start()
    process.diners(2)
    heard.until_requests(5)
    lost.popen.kill()
    heard.until(lambda: heard.troubles)
    assert f"load worker 0 on {socket.gethostname()} has not been heard of for" in heard.troubles[0]


def test_workers_do_not_go_on_without_the_run_that_they_joined(
    load: Load, far: LoadSettings, heard: Heard, open_shop: OpenShop, worker: Callable[..., Worker]
) -> None:
    open_shop()
    left = worker("-m", "harness.load.far_worker", str(far.master))
    process = load(replace(far, workers=1))
    process.start()
    process.diners(2)
    heard.until_requests(5)
    os.kill(process.pid, signal.SIGKILL)
    code, said = left.rest()
    assert (code, said.splitlines()[-1]) == (1, "load worker: the load broke off")


def test_a_worker_loads_nothing_that_nobody_there_allows(
    load: Load, far: LoadSettings, worker: Callable[..., Worker]
) -> None:
    refusing = worker("-m", "harness.load.far_worker", str(far.master), "192.0.2.1")
    process = load(replace(far, workers=1, dns=Address("192.0.2.77", 53)))
    with pytest.raises(HarnessError, match=r"192\.0\.2\.77:53 to be loaded, which nobody here allows: add --allow-tar"):
        process.start()
    code, said = refusing.rest()
    assert code == 2
    assert "nobody here allows" in said


def test_where_the_name_server_leads_is_looked_at_for_each_connection(
    load: Load, far: LoadSettings, heard: Heard, names: Names, open_shop: OpenShop, worker: Callable[..., Worker]
) -> None:
    shop = open_shop()
    names.zone.set(far.site, Address("192.0.2.77", shop.address.port), ttl=timedelta(seconds=1))
    worker("-m", "harness.load.far_worker", str(far.master))
    process = load(replace(far, workers=1))
    process.start()
    process.diners(1)
    heard.until(lambda: heard.troubles)
    assert "the run wants 192.0.2.77" in heard.troubles[0]
    assert heard.requests == []


def test_without_the_secret_nobody_joins_or_is_heard(worker: Callable[..., Worker]) -> None:
    code, said = worker("-m", "tests.harness.load.intruders").rest()
    assert (code, said.split()) == (0, ["friend", "friend"])


def test_a_load_on_other_machines_needs_a_secret(
    load: Load, far: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRET, raising=False)
    with pytest.raises(ScenarioError, match="PIZZA_LOAD_SECRET has 0 characters: a load on other machines needs"):
        load(far).start()


def test_a_load_on_other_machines_is_refused_where_time_may_change_its_pace(
    far: LoadSettings, clock: WallClock, tmp_path: Path, worker: Callable[..., Worker]
) -> None:
    clock.keep_pace_in(tmp_path / "pace")
    process = LoadProcess(far, clock=clock, on_event=print, on_trouble=print)
    with pytest.raises(ScenarioError, match="do not hear how fast time goes here: leave load-master out"):
        process.start()
