from __future__ import annotations

import pytest

from harness.faults.toxics import Bandwidth
from harness.faults.toxics.toxic import Pass
from harness.links.commands import Write
from harness.testing.toxics import check_toxic, play
from tests.harness.faults.toxics.moments import moment


@pytest.mark.parametrize("toxic", [Bandwidth(100), Bandwidth(0), Bandwidth(70, shared=True)])
def test_bandwidth_keeps_every_promise(toxic: Bandwidth) -> None:
    check_toxic(toxic)


def test_bandwidth_lets_a_piece_go_when_the_line_has_had_time_for_it() -> None:
    assert Bandwidth(1).on_data(moment(10, arrived=10.0)) == (Pass(10, at=10.01),)
    assert Bandwidth(1).on_data(moment(10, arrived=10.0, free=20.0)) == (Pass(10, at=20.01),)


def test_bandwidth_sends_long_data_in_short_pieces() -> None:
    assert Bandwidth(100).on_data(moment(50_000)) == (Pass(1000, at=10.01),)


def test_bandwidth_carries_what_it_says_over_a_long_time() -> None:
    played = play([Bandwidth(50)], [(0.0, bytes(100_000)), (0.1, bytes(100_000)), (0.2, b"")])
    assert played.commands[-1][0] == pytest.approx(4.0, rel=0.001)
    half = sum(len(command.data) for at, command in played.commands if at <= 2.0 and isinstance(command, Write))
    assert half == pytest.approx(100_000, rel=0.02)


def test_bandwidth_unused_is_not_saved_up() -> None:
    played = play([Bandwidth(10)], [(0.0, b"a" * 10_000), (100.0, b"b" * 10_000), (100.0, b"")])
    assert played.commands[-1][0] == pytest.approx(101.0)


def test_bandwidth_of_zero_lets_nothing_through() -> None:
    assert play([Bandwidth(0)], [(0.0, b"a"), (1.0, b"")]).commands == []


def test_bandwidth_shared_says_so() -> None:
    assert Bandwidth(5, shared=True).sees == "all connections together carry at most 5 KB a second"
