"""What is kept of a trial."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from harness.alerting.promql import STALE_NAN, SeriesStore
from harness.alerting.promql.store import is_stale
from harness.errors import ScenarioError
from harness.events import Event, MetricsReceived, RequestFinished
from harness.history import History
from harness.scorecard.plays import Kept, Play, impact, late_instants, read_plays, write_plays
from harness.telemetry.pushes import LogLine
from tests.harness.scorecard.made import BREAKS, FAILING, QUIET, SLOW, START, a_play

AT = datetime(2024, 12, 1, tzinfo=UTC)


def request(steady: float, *, outcome: str = "ok", took: float = 0.1) -> RequestFinished:
    return RequestFinished(
        diner="d", operation="order", method="POST", path="/", address="", started=AT, latency_seconds=took,
        outcome=outcome, steady=steady, at=AT,  # type: ignore[arg-type]
    )  # fmt: skip


def push(steady: float, *, late: float = 0.0) -> MetricsReceived:
    at = AT + timedelta(seconds=steady)
    return MetricsReceived(source="pizza", samples=1, newest=at - timedelta(seconds=late), steady=steady, at=at)


def test_series_that_is_kept_comes_back_with_its_end() -> None:
    store = SeriesStore()
    labels = {"__name__": "up", "task": "1"}
    for at, value in ((START, 1.0), (START + 10.123, 2.0), (START + 20, STALE_NAN), (START + 30, 3.0)):
        store.append(labels, at, value)
    kept = Kept.of(store.select(())[0])
    samples = kept.samples()
    assert kept.labels == labels
    assert [at for at, _ in samples] == [START, START + 10.123, START + 20, START + 30]
    assert is_stale(samples[2][1])


def test_store_of_a_play_holds_its_lines_too() -> None:
    play = msgspec.structs.replace(QUIET, lines=(LogLine({"source": "pizza"}, START + 5, "hello"),))
    assert [line.line for line in play.store().logs.search()] == ["hello"]


def test_requests_that_fail_or_dawdle_between_the_two_instants_went_wrong() -> None:
    events: list[Event] = [request(5, outcome="failed"), request(11), request(12, outcome="unknown")]
    events += [request(30, took=9.0), request(41, took=2.0, outcome="failed"), push(15), push(35)]
    assert impact(History(tuple(events)), breaks=10, heals=40) == (4, 3, False)


def test_monitoring_without_a_push_for_over_a_minute_is_blind() -> None:
    assert impact(History((push(10), push(80))), breaks=0, heals=90)[2]
    assert not impact(History((push(10), push(65))), breaks=0, heals=90)[2]


def test_push_of_what_is_long_past_leaves_monitoring_blind() -> None:
    assert impact(History((push(10), push(45, late=600), push(80))), breaks=0, heals=90)[2]


def test_samples_that_came_too_late_to_be_judged_are_not_kept() -> None:
    store = SeriesStore()
    for at in (AT.timestamp(), AT.timestamp() + 15):
        store.append({"__name__": "up"}, at, 1.0)
    late = late_instants(History((push(615, late=600), push(620))))
    (kept,) = (Kept.of(series, without=late) for series in store.select(()))
    assert [at for at, _ in kept.samples()] == [AT.timestamp()]


def test_instant_at_which_a_push_came_in_time_is_not_late() -> None:
    assert late_instants(History((push(10), push(610, late=600)))) == frozenset()


@pytest.mark.parametrize(
    ("wrong", "blind", "felt"), [(50, False, "diners"), (2, True, "monitoring"), (2, False, "nobody")]
)
def test_who_felt_a_fault_follows_from_what_went_wrong(wrong: int, blind: bool, felt: str) -> None:
    play = msgspec.structs.replace(a_play("factory_fail", {}, wrong=wrong), blind=blind)
    assert play.felt_by == felt
    assert play.matters == (felt != "nobody")


def test_trial_without_a_fault_never_matters() -> None:
    assert not msgspec.structs.replace(QUIET, blind=True, wrong=100).matters


def test_plays_that_were_written_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "plays.msgpack"
    write_plays([FAILING, SLOW], path)
    assert read_plays(path) == (FAILING, SLOW)


def test_file_without_plays_is_an_error_that_says_what_writes_one(tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("hello")
    for name in ("wrong", "missing"):
        with pytest.raises(ScenarioError, match=r"holds no plays.*pizza-chaos scorecard"):
            read_plays(tmp_path / name)


def test_play_is_frozen() -> None:
    with pytest.raises(AttributeError):
        FAILING.breaks = BREAKS  # type: ignore[misc]


def test_play_that_was_skipped_has_nothing_in_its_store() -> None:
    assert len(Play(QUIET.trial, 0.0, 0.0, 0.0, 0.0, skipped="no").store()) == 0
