from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.faults.toxics import Bandwidth, Latency, LimitData, Noop, ResetPeer, Slicer, SlowClose, Toxic
from harness.links.commands import (
    CloseConnection,
    EndWriting,
    PauseReading,
    ResetConnection,
    ResumeReading,
    WakeAt,
    Write,
)
from harness.links.stage import Pace, Stage
from harness.links.stream import Stream
from harness.testing.toxics import play

SECOND = timedelta(seconds=1)


def stream_of(*toxics: Toxic) -> Stream:
    stream = Stream()
    for toxic in toxics:
        add(stream, toxic)
    return stream


def add(stream: Stream, toxic: Toxic, *, now: float = 0.0) -> None:
    stage = Stage(toxic, rng=Random(0), began=now, pace=Pace())
    stream.add(toxic.type, stage, place=len(stream.toxics), now=now)


def test_stream_without_toxics_passes_on() -> None:
    stream = stream_of()
    assert stream.is_untouched
    assert stream.receive(b"a", now=1.0) == [Write(b"a")]
    assert stream.finish(2.0) == [EndWriting()]


def test_stream_with_latency_wakes_and_writes() -> None:
    stream = stream_of(Latency(SECOND))
    assert stream.receive(b"a", now=1.0) == [WakeAt(2.0)]
    assert stream.receive(b"b", now=1.5) == []
    assert stream.wake(2.0) == [Write(b"a"), WakeAt(2.5)]
    assert stream.wake(2.5) == [Write(b"b")]


def test_stream_of_latency_and_slow_close_ends_after_both() -> None:
    played = play([Latency(SECOND), SlowClose(SECOND)], [(1.0, b"a"), (1.0, b"")])
    assert played.commands == [(2.0, Write(b"a")), (3.0, EndWriting())]


def test_stream_toxic_removed_from_the_middle_hands_on_to_the_next() -> None:
    stream = stream_of(Bandwidth(0), Latency(SECOND))
    stream.receive(b"held", now=1.0)
    assert stream.remove("bandwidth", now=5.0) == [WakeAt(6.0)]
    assert not stream.is_untouched
    assert stream.wake(6.0) == [Write(b"held")]
    assert stream.remove("latency", now=7.0) == []
    assert stream.is_untouched


def test_stream_toxic_added_while_data_waits_leaves_it_waiting() -> None:
    stream = stream_of(Latency(2 * SECOND))
    stream.receive(b"a", now=1.0)
    add(stream, SlowClose(9 * SECOND), now=1.5)
    assert stream.wake(3.0) == [Write(b"a")]


def test_stream_removing_what_is_not_there_does_nothing() -> None:
    assert stream_of(Noop()).remove("nothing", now=1.0) == []


def test_stream_held_up_pauses_the_sender_until_half_is_gone() -> None:
    stream = stream_of(Bandwidth(1000))
    most = Bandwidth.most_held_bytes
    assert PauseReading() not in stream.receive(bytes(most), now=0.0)
    assert PauseReading() in stream.receive(b"a", now=0.0)
    assert PauseReading() not in stream.receive(b"a", now=0.0)
    seconds_for_half = most / 2 / 1_000_000
    assert ResumeReading() not in stream.wake(seconds_for_half - 0.01)
    assert ResumeReading() in stream.wake(seconds_for_half + 0.01)


def test_stream_pausing_toxic_removed_resumes() -> None:
    stream = stream_of(Bandwidth(0))
    stream.receive(bytes(100_000), now=0.0)
    assert stream.remove("bandwidth", now=1.0) == [Write(bytes(100_000)), ResumeReading()]


def test_stream_closed_by_a_toxic_says_nothing_more() -> None:
    stream = stream_of(LimitData(1))
    assert stream.receive(b"ab", now=1.0) == [Write(b"a"), CloseConnection()]
    assert stream.receive(b"c", now=1.0) == stream.finish(2.0) == stream.wake(3.0) == []
    assert stream.remove("limit_data", now=4.0) == []


def test_stream_reset_says_nothing_more() -> None:
    stream = stream_of(ResetPeer(), Noop())
    assert stream.receive(b"ab", now=1.0) == [ResetConnection()]
    assert stream.receive(b"ab", now=1.0) == []


milliseconds = st.integers(0, 3000).map(lambda number: timedelta(milliseconds=number))
keeping_toxics = st.one_of(
    st.builds(Noop),
    st.builds(Latency, milliseconds, milliseconds),
    st.builds(Bandwidth, st.integers(20, 5000), st.booleans()),
    st.builds(SlowClose, milliseconds),
    st.builds(Slicer, st.integers(200, 5000), st.integers(0, 3000), milliseconds),
)
pieces = st.lists(st.tuples(st.floats(0, 3), st.binary(min_size=1, max_size=3000)), max_size=8)


@settings(deadline=None)
@given(
    toxics=st.lists(keeping_toxics, max_size=4),
    pieces=pieces,
    removed_at=st.floats(0, 10),
    seed=st.integers(0, 1000),
)
def test_stream_through_any_toxics_that_drop_nothing_is_identical(
    toxics: list[Toxic], pieces: list[tuple[float, bytes]], removed_at: float, seed: int
) -> None:
    script = [*sorted(pieces, key=lambda piece: piece[0]), (3.0, b"")]
    for instant in (removed_at, 1e5):
        played = play(toxics, script, removed_at=instant, seed=seed)
        assert played.data == b"".join(data for _, data in script)
        assert played.ending == EndWriting()
