from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import ClassVar

from harness.faults.toxics import Bandwidth, Latency, LimitData, Noop, SlowClose, Timeout, Toxic
from harness.faults.toxics.toxic import Commands, Drop, Moment, Pass
from harness.links.stage import Ending, Pace, Stage

SECOND = timedelta(seconds=1)


def stage_of(toxic: Toxic, *, pace: Pace | None = None, hits: list[int] | None = None) -> Stage:
    noted = [] if hits is None else hits
    return Stage(toxic, rng=Random(0), began=0.0, pace=pace or Pace(), on_hit=lambda *_: noted.append(1))


@dataclass(frozen=True, slots=True)
class Counting(Toxic):
    """Counts how often it is asked."""

    type: ClassVar[str] = "counting"
    asked: ClassVar[list[Moment]] = []

    def on_data(self, moment: Moment) -> Commands:
        self.asked.append(moment)
        return (Drop(1), Pass(2, at=moment.arrived + 1))


def test_stage_without_anything_waits_for_nothing() -> None:
    stage = stage_of(Noop())
    assert stage.run(1.0) == []
    assert stage.due == math.inf


def test_stage_woken_early_does_nothing() -> None:
    stage = stage_of(Latency(SECOND))
    stage.take(b"a", now=1.0)
    assert stage.run(1.0) == stage.run(1.999) == []
    assert stage.due == 2.0
    assert stage.run(2.0) == [b"a"]


def test_stage_asks_once_for_each_head_and_again_about_what_is_left() -> None:
    Counting.asked.clear()
    stage = stage_of(Counting())
    stage.take(b"abcde", now=1.0)
    for now in (1.0, 1.1, 1.9):
        assert stage.run(now) == []
    assert [moment.size_bytes for moment in Counting.asked] == [5]
    assert stage.run(2.0) == [b"bc", b"e"]
    assert [(moment.size_bytes, moment.passed_bytes) for moment in Counting.asked] == [(5, 0), (2, 2)]


def test_stage_changed_asks_again_from_when_the_head_came() -> None:
    stage = stage_of(Latency(10 * SECOND))
    stage.take(b"a", now=1.0)
    stage.run(1.0)
    stage.change(Latency(2 * SECOND), pace=Pace(), now=2.0)
    assert stage.run(2.0) == []
    assert stage.due == 3.0


def test_stage_blocked_then_changed_does_not_make_up_for_lost_time() -> None:
    stage = stage_of(Bandwidth(0))
    stage.take(bytes(1000), now=0.0)
    stage.run(0.0)
    stage.change(Bandwidth(1), pace=Pace(), now=100.0)
    assert stage.run(100.0) == []
    assert sum(len(piece) for piece in stage.run(100.501) if isinstance(piece, bytes)) == 500


def test_stage_dissolved_gives_the_rest_in_order() -> None:
    stage = stage_of(Bandwidth(1))
    stage.take(b"a" * 15, now=0.0)
    stage.take(b"b", now=0.0)
    stage.take(Ending.END, now=0.0)
    stage.run(0.0)
    assert stage.run(0.01) == [b"a" * 10]
    assert stage.dissolve() == [b"a" * 5, b"b", Ending.END]
    assert stage.dissolve() == []


def test_stage_after_its_ending_takes_nothing() -> None:
    stage = stage_of(LimitData(1))
    stage.take(b"ab", now=0.0)
    assert stage.run(0.0) == [b"a", Ending.CLOSE]
    stage.take(b"c", now=1.0)
    assert stage.run(1.0) == []


def test_stage_hits_once_and_only_when_something_is_spoiled() -> None:
    hits: list[int] = []
    stage = stage_of(SlowClose(SECOND), hits=hits)
    stage.take(b"a", now=0.0)
    stage.run(0.0)
    assert hits == []
    stage.take(Ending.END, now=1.0)
    stage.run(1.0)
    stage.run(5.0)
    assert hits == [1]


def test_stage_waiting_in_silence_hits_only_when_it_acts() -> None:
    hits: list[int] = []
    stage = stage_of(Timeout(SECOND), hits=hits)
    stage.run(0.5)
    assert hits == []
    assert stage.run(1.0) == [Ending.CLOSE]
    assert hits == [1]


def test_stage_that_blocks_hits() -> None:
    hits: list[int] = []
    stage = stage_of(Bandwidth(0), hits=hits)
    stage.take(b"a", now=0.0)
    stage.run(0.0)
    assert hits == [1]


def test_stages_of_a_shared_toxic_take_turns() -> None:
    pace, toxic = Pace(), Bandwidth(1, shared=True)
    one, other = stage_of(toxic, pace=pace), stage_of(toxic, pace=pace)
    for stage in (one, other):
        stage.take(bytes(100), now=0.0)
        stage.run(0.0)
    carried = {one: 0, other: 0}
    for step in range(1, 11):
        for stage in (one, other):
            carried[stage] += sum(len(piece) for piece in stage.run(step / 100 + 0.001) if isinstance(piece, bytes))
    assert carried == {one: 50, other: 50}


def test_stage_says_how_full_it_is() -> None:
    stage = stage_of(Bandwidth(1))
    stage.take(bytes(2 * Bandwidth.most_held_bytes), now=0.0)
    assert stage.fill == 2.0
    stage.dissolve()
    assert stage.fill == 0.0
