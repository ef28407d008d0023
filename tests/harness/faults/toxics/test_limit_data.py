from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.toxics import Latency, LimitData
from harness.links.commands import CloseConnection, EndWriting, Write
from harness.testing.toxics import check_toxic, play


@pytest.mark.parametrize("limit", [0, 1, 5000, 10_000_000])
def test_limit_data_keeps_every_promise(limit: int) -> None:
    check_toxic(LimitData(limit))


def test_limit_data_cuts_in_the_middle_of_a_piece() -> None:
    played = play([LimitData(5)], [(1.0, b"abc"), (2.0, b"defg")])
    assert played.commands == [(1.0, Write(b"abc")), (2.0, Write(b"de")), (2.0, CloseConnection())]


def test_limit_data_reached_exactly_closes_without_waiting_for_more() -> None:
    assert play([LimitData(3)], [(1.0, b"abc")]).commands == [(1.0, Write(b"abc")), (1.0, CloseConnection())]


def test_limit_data_of_zero_closes_at_the_first_data_and_not_before() -> None:
    assert play([LimitData(0)], []).commands == []
    assert play([LimitData(0)], [(4.0, b"a")]).commands == [(4.0, CloseConnection())]


def test_limit_data_before_latency_closes_after_what_is_still_on_its_way() -> None:
    played = play([LimitData(1), Latency(timedelta(seconds=5))], [(1.0, b"abc")])
    assert played.commands == [(6.0, Write(b"a")), (6.0, CloseConnection())]


def test_limit_data_not_reached_lets_the_stream_end() -> None:
    assert play([LimitData(9)], [(1.0, b"abc"), (2.0, b"")]).ending == EndWriting()
