"""A recorded night, played back on a clock that moves only when told to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from harness.errors import HarnessError, ScenarioError
from harness.events import Event, Jumped, PanelsRead
from harness.gameday.orders import carry_out
from harness.gameday.replay import Replay
from harness.kept import HISTORY_FILE, KeptPlan
from tests.harness.checks.stories import night
from tests.harness.checks.test_stories import expectations


class Wall:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def steadied(events: tuple[Event, ...]) -> list[Event]:
    """Say of each event when it was in steady time: incident time less the jumps so far."""
    crossed, made = timedelta(), []
    for event in events:
        if isinstance(event, Jumped):
            crossed += timedelta(seconds=event.length_seconds)
        made.append(msgspec.structs.replace(event, steady=(event.at - crossed).timestamp()))
    return made


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    directory = tmp_path / "20261123T100000-1-night"
    directory.mkdir()
    events = steadied(night().events)
    panels = PanelsRead(at=events[9].at, steady=events[9].steady, seq=len(events), values={"active users": 7.0})
    lines = [msgspec.json.encode(event) for event in (*events, panels)]
    (directory / HISTORY_FILE).write_bytes(b"\n".join(lines) + b"\n")
    KeptPlan(expects_no_fault=False, checks=tuple(expectations())).write(directory)
    return directory


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def replay(kept: Path, wall: Wall) -> Replay:
    return Replay(kept, monotonic=wall)


def length(replay: Replay) -> timedelta:
    replay.jump(timedelta(days=2))
    return replay.lived


def test_nothing_has_happened_before_it_happened(replay: Replay, wall: Wall) -> None:
    replay.catch_up()
    assert not replay.board.pages
    assert replay.debrief is None
    wall.seconds = 1e6
    replay.catch_up()
    assert {page.state for page in replay.board.pages.values()} <= {"acknowledged", "resolved"}
    assert [fault.gone for fault in replay.board.faults.values()]
    assert replay.dashboards.panels[5].now == "7.0"
    assert replay.ghost.laps()
    assert replay.debrief is not None


def test_speed_changes_how_fast_it_goes_from_there_on(replay: Replay, wall: Wall) -> None:
    wall.seconds += 10
    assert replay.lived == timedelta(seconds=10)
    replay.set_speed("Bo", 60)
    wall.seconds += 2
    assert replay.lived == timedelta(seconds=130)
    assert "speed 60" in replay.pace


def test_held_recording_stands_until_it_goes_on(replay: Replay, wall: Wall) -> None:
    wall.seconds += 10
    replay.pause("Bo")
    wall.seconds += 1000
    assert replay.lived == timedelta(seconds=10)
    assert "paused" in replay.pace
    replay.resume("Bo")
    wall.seconds += 5
    assert replay.lived == timedelta(seconds=15)


def test_jump_back_forgets_what_had_not_happened_then(replay: Replay) -> None:
    end = length(replay)
    replay.catch_up()
    version = replay.board.version
    assert replay.board.faults
    assert replay.order(lambda: replay.jump(timedelta(seconds=5))).startswith("at 5 s of ")
    assert not replay.board.faults
    assert replay.board.version > version
    assert replay.lived < end


def test_stretch_that_was_jumped_over_is_jumped_over_here_too(replay: Replay) -> None:
    steady = length(replay)
    began, ended = night().events[0].at, night().events[-1].at
    crossed = sum(jump.length_seconds for jump in night().of(Jumped))
    assert crossed > 3600
    assert steady == pytest.approx(ended - began - timedelta(seconds=crossed), abs=timedelta(seconds=1))
    assert replay.now == ended


@pytest.mark.parametrize("speed", [0.0, -1.0, 601.0, float("nan")])
def test_speed_that_nobody_could_follow_is_refused(replay: Replay, speed: float) -> None:
    with pytest.raises(ScenarioError, match="out of range"):
        replay.set_speed("Bo", speed)


@pytest.mark.parametrize("action", ["note", "remedy", "inject", "acknowledge", "abort"])
def test_recording_is_read_only(replay: Replay, kept: Path, action: str) -> None:
    before = (kept / HISTORY_FILE).read_bytes()
    with pytest.raises(ScenarioError, match="nothing that can be done here"):
        carry_out(replay, action, who="Ana", form={})
    replay.join("Ana", "observer")
    assert (kept / HISTORY_FILE).read_bytes() == before


def test_run_that_was_killed_is_played_back_without_a_debrief(kept: Path, wall: Wall) -> None:
    (kept / "plan.json").unlink()
    path = kept / HISTORY_FILE
    path.write_bytes(path.read_bytes()[:-40])
    replay = Replay(kept, monotonic=wall)
    length(replay)
    replay.catch_up()
    assert replay.board.pages
    assert replay.debrief is None


def test_directory_without_a_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no history to read"):
        Replay(tmp_path)


def test_run_that_is_no_game_day_tells_what_its_author_believed(replay: Replay) -> None:
    assert replay.story.cause == night().run.hypothesis.rstrip(".")
