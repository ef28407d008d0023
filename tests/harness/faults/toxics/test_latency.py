from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.toxics import Latency
from harness.faults.toxics.toxic import Pass
from harness.links.commands import EndWriting, Write
from harness.testing.toxics import check_toxic, play
from tests.harness.faults.toxics.moments import moment

SLOW = Latency(timedelta(seconds=2))


@pytest.mark.parametrize("jitter", [0, 300, 5000])
def test_latency_keeps_every_promise(jitter: int) -> None:
    check_toxic(Latency(timedelta(milliseconds=800), timedelta(milliseconds=jitter)))


def test_latency_counts_from_when_data_came() -> None:
    assert SLOW.on_data(moment(5, arrived=10.0, free=11.9)) == (Pass(at=12.0),)


def test_latency_of_many_pieces_does_not_add_up() -> None:
    played = play([SLOW], [(1.0, b"a"), (1.5, b"b"), (1.6, b"")])
    assert played.commands == [(3.0, Write(b"a")), (3.5, Write(b"b")), (3.5, EndWriting())]


def test_latency_with_jitter_stays_within_it_and_keeps_order() -> None:
    jittery = Latency(timedelta(seconds=2), timedelta(seconds=1))
    instants = [jittery.on_data(moment(1, seed=seed))[0].at for seed in range(200)]
    assert 11 <= min(instants) < 11.1
    assert 12.9 < max(instants) <= 13
    data = bytes(range(100))
    assert play([jittery], [(number / 100, bytes([number])) for number in data]).data == data


def test_latency_below_zero_is_none() -> None:
    assert play([Latency(timedelta(seconds=-1))], [(1.0, b"a")]).commands == [(1.0, Write(b"a"))]


def test_latency_says_how_long() -> None:
    assert SLOW.sees == "every piece of data arrives 2 s late"
