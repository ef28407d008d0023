"""Every fault of the catalogue, for real: it hits, it heals though its block breaks off, and the site serves again.

All of them share one run, whose load never stops; what else may end a run is tried on one fault of each family, before
that run begins. A service whose database is a server is hurt in tests/harness/stacks/databases/test_server_troubles.py.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.events import FaultApplied, FaultRemoved, Hurt, RequestFinished
from harness.faults import CATALOGUE, LinkDown, TelemetryRefused
from harness.faults.database_fault import DatabaseFault
from harness.faults.fault import Fault
from harness.history import History
from harness.progress import Screen
from harness.run import Plan, Run
from harness.settings import Settings
from tests.end_to_end.runs import eventually, history, latest, left_alive, ports_still_open, running, write_scenario

pytestmark = pytest.mark.slow

ALL: list[Fault] = [*(kind() for kind in CATALOGUE), TelemetryRefused(500), LinkDown("database")]
"""One of each kind; tests/harness/testing/test_faults.py looks at all the ways in which each can be."""

NO_SUCH_THING = {"database_storm", "database_sessions_killed", "database_paused", "database_denied"}
NO_SUCH_THING |= {"database_schema_missing"}
"""What a service whose database is a file cannot suffer."""

MAY_HIT_NOTHING = {"noop", "memory_pressure"}
"""A task that needs no more memory goes on; tests/harness/stacks/test_memory_troubles.py has one that needs some."""

SHOWS_AT_ITS_END = {"cpu_burn", "memory_pressure"}
"""What is measured only as it is healed."""

MOMENT = timedelta(seconds=5)
HITS_WITHIN = timedelta(minutes=4)
SERVES_WITHIN = timedelta(minutes=2)


FAMILIES = """
diners.arrive(4)
with scenario.fault(LinkDown("factory")), scenario.fault(TelemetrySpoiled("null")), scenario.fault(SlowDns()):
    with scenario.fault(CpuBurn(1)), scenario.fault(MemoryPressure(256)), scenario.fault(DatabaseLocked()):
        scenario.play("20m")
"""


def _is_hurt(cwd: Path) -> bool:
    path = cwd / "runs" / "latest" / "history.jsonl"
    if not path.exists():
        return False
    read = History.read(path)
    applied = [fault.fault for fault in read.of(FaultApplied)]
    return applied[-1:] == ["database_locked"] and "pushes/spoiled" in {hurt.trouble for hurt in read.of(Hurt)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_run_that_is_ended_amid_many_faults_leaves_none_of_them(tmp_path: Path, number: signal.Signals) -> None:
    with running("run", write_scenario(tmp_path, FAMILIES), cwd=tmp_path) as process:
        assert eventually(lambda: _is_hurt(tmp_path), within=60), process.communicate()
        os.kill(process.pid, number)
        process.communicate(timeout=30)
    assert eventually(lambda: left_alive(latest(tmp_path)) == [])
    read = history(tmp_path)
    assert eventually(lambda: ports_still_open(read) == []), ports_still_open(read)
    if number is not signal.SIGKILL:
        assert [removed.id for removed in read.of(FaultRemoved)] == [
            "database_locked-6",
            "memory_pressure-5",
            "cpu_burn-4",
            "slow_dns-3",
            "telemetry_spoiled-2",
            "link_down-1",
        ]


class Unforeseen(Exception):
    """What breaks a block off."""


class Stage:
    """One run with its diners, in which faults come and go."""

    def __init__(self, directory: Path) -> None:
        settings = Settings(runs=str(directory), https=True)
        plan = Plan(
            name="every fault",
            source=Path(__file__),
            hypothesis="Every fault hits, and heals.",
            begins="2024-12-01 05:00 MST",
            expects_no_fault=False,
            settings=settings,
        )
        self.run = Run(plan, screen=Screen(lambda _: None, is_terminal=False))
        self.scenario = self.run.start()
        self.served = 0
        self._stack = self.scenario.stack
        self._stack.listen(self._hear)
        self._crowd = cycle((12, 8))

    def lives_until(self, true: Callable[[], bool], within: timedelta) -> bool:
        for _ in range(int(within / MOMENT)):
            if true():
                return True
            # Some come and some go: who is there already does not ask for the site's name again.
            self._stack.diners(next(self._crowd))
            self._stack.live(MOMENT)
        return true()

    def serves(self) -> bool:
        """Say whether somebody is served an order that they ask for from now on."""
        before = self.served
        return self.lives_until(lambda: self.served > before, SERVES_WITHIN)

    def _hear(self, event: object) -> None:
        if isinstance(event, RequestFinished) and event.operation == "order" and event.outcome == "ok":
            self.served += 1


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    there = Stage(tmp_path_factory.mktemp("runs"))
    assert there.serves()
    yield there
    there.run.finish(None)
    assert left_alive(there.run.directory) == []
    assert there.run.judged is not None
    assert ports_still_open(there.run.judged) == []


def _title(fault: Fault) -> str:
    return "-".join([fault.name, *map(str, fault.parameters.values())])


def _cannot_be(fault: Fault) -> bool:
    return fault.name in NO_SUCH_THING or fault.parameters.get("link") == "database"


@pytest.mark.parametrize("fault", [fault for fault in ALL if not _cannot_be(fault)], ids=_title)
def test_fault_hits_and_heals_though_its_block_breaks_off_and_the_site_serves_again(stage: Stage, fault: Fault) -> None:
    scenario, least = stage.scenario, 0 if fault.name in MAY_HIT_NOTHING else 1
    within = 4 * MOMENT if fault.name in SHOWS_AT_ITS_END else HITS_WITHIN
    with pytest.raises(Unforeseen), scenario.fault(fault) as active:
        stage.lives_until(lambda: active.hits >= least, within)
        raise Unforeseen
    assert active.hits >= least
    view = scenario.stack.view()
    assert fault.is_gone(view)
    assert (view.troubles, view.factory_chaos) == (frozenset(), "none")
    assert scenario.stack.so_far().of(FaultRemoved)[-1].id == active.id
    assert stage.lives_until(lambda: scenario.stack.view().missing_tasks == 0, SERVES_WITHIN)
    assert stage.serves()


@pytest.mark.parametrize("fault", [fault for fault in ALL if _cannot_be(fault)], ids=_title)
def test_fault_that_the_bundled_service_cannot_have_is_refused_and_says_why(stage: Stage, fault: Fault) -> None:
    why = "SQLite file" if isinstance(fault, DatabaseFault) else "unknown link 'database'"
    with pytest.raises(ScenarioError, match=why), stage.scenario.fault(fault):
        pass
    assert fault.is_gone(stage.scenario.stack.view())
