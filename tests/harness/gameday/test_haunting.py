"""What the ghost is put through, and what it comes to."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.clock import WallClock
from harness.events import DinersChanged, FaultApplied, RunStarted
from harness.gameday.ghost import NIGHT
from harness.gameday.haunting import GHOST_FILE, Blow, Day, Haunted, Haunting, _strike, haunt, main
from harness.gameday.session import FOLLOW
from harness.history import Recorder
from harness.kept import HISTORY_FILE
from harness.scenario import Scenario
from harness.stacks.remedies import REMEDIES
from tests.harness.scenario.fake_stack import FakeStack

AT = datetime(2024, 12, 1, 5, 0, tzinfo=UTC)
TWO_MINUTES = timedelta(minutes=2)
INCIDENT = Day((Blow(TWO_MINUTES, "balancer_missing"), Blow(TWO_MINUTES, "factory_fail")), diners=8, seed=1)


def recorded(directory: Path) -> None:
    """Write the history of a team that got one fault, two minutes after the diners had come."""
    with Recorder(directory / HISTORY_FILE, clock=WallClock(AT)) as recorder:
        recorder.record(
            RunStarted(
                schema=1, scenario="gameday-free", hypothesis="", seed=7, stack="processes", speed=1.0, zone="UTC",
                versions={}, rerun="",
            )
        )  # fmt: skip
        recorder.record(DinersChanged(at=AT, count=5))
        recorder.record(DinersChanged(at=AT + timedelta(minutes=1), count=9))
        recorder.record(
            FaultApplied(at=AT + TWO_MINUTES, fault="task_killed", id="task_killed-1", target="tasks", sees="")
        )


def test_ghost_is_put_through_what_the_team_was_and_what_it_comes_to_is_kept(tmp_path: Path) -> None:
    recorded(tmp_path)
    put_through: list[Day] = []

    def play(day: Day) -> Haunted:
        put_through.append(day)
        return Haunted(mttr_seconds=60.0)

    assert Haunted.kept(tmp_path) is None
    main(tmp_path, play)
    assert put_through == [Day((Blow(TWO_MINUTES, "task_killed"),), diners=5, seed=7)]
    kept = Haunted.kept(tmp_path)
    assert kept is not None
    assert (kept.time("mttr_seconds"), kept.time("mttd_seconds")) == ("1 min", "never")


def test_what_cannot_be_read_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / GHOST_FILE).write_text("{")
    assert Haunted.kept(tmp_path) is None


def test_ghost_knows_every_remedy_that_it_tries() -> None:
    assert {remedy for deed in NIGHT for remedy in deed.does} <= set(REMEDIES)
    assert NIGHT[-1].also == "followed the reportUrl"
    assert FOLLOW not in REMEDIES


@pytest.mark.slow
def test_ghost_that_meets_its_own_night_takes_as_long_as_that_night_did() -> None:
    came_to = haunt(INCIDENT)
    assert came_to.helped == ("update DNS", "follow reportUrl")
    assert came_to.mttd_seconds is not None
    assert came_to.mttr_seconds is not None
    assert came_to.mtta_seconds == timedelta(hours=4, minutes=36).total_seconds()
    from_the_page = timedelta(seconds=came_to.mttr_seconds - came_to.mttd_seconds)
    assert abs(from_the_page - timedelta(hours=7, minutes=46)) < TWO_MINUTES


@pytest.mark.slow
def test_fault_that_a_simulation_cannot_have_is_told_of() -> None:
    assert "cannot do this" in haunt(Day((Blow(TWO_MINUTES, "database_locked"),), diners=1, seed=1)).trouble


@pytest.mark.slow
def test_process_that_plays_is_ended_when_nobody_waits_for_it(tmp_path: Path) -> None:
    haunting = Haunting(tmp_path, (sys.executable, "-c", "import signal; signal.pause()"))
    assert haunting.goes_on
    haunting.close()
    assert not haunting.goes_on


def test_fault_that_comes_again_while_the_ghost_still_has_it_goes_on() -> None:
    stack = FakeStack(AT)
    scenario = Scenario(stack, begins=AT, locate=lambda: "a test")
    with ExitStack() as standing:
        for _ in range(2):
            _strike(scenario, Blow(TWO_MINUTES, "balancer_missing"), standing)
        assert stack.did == ["RemoveBalancer()"]
    assert scenario.overlooked() is None
