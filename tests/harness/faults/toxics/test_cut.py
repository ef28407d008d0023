from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.toxics import Cut
from harness.links.commands import CloseConnection, EndWriting, Write
from harness.testing.toxics import check_toxic, play

THREE_SECONDS = Cut(timedelta(seconds=3))


@pytest.mark.parametrize("toxic", [Cut(timedelta(seconds=1)), Cut(timedelta(minutes=1))])
def test_cut_keeps_every_promise(toxic: Cut) -> None:
    check_toxic(toxic)


def test_cut_closes_in_the_middle_of_what_flows() -> None:
    played = play([THREE_SECONDS], [(1.0, b"a"), (2.9, b"b"), (3.1, b"c")])
    assert played.commands == [(1.0, Write(b"a")), (2.9, Write(b"b")), (3.0, CloseConnection())]


def test_cut_woken_late_lets_nothing_more_through() -> None:
    assert play([Cut()], [(1.0, b"a")]).data == b""


def test_cut_leaves_a_connection_that_ended_before() -> None:
    assert play([THREE_SECONDS], [(1.0, b"")]).commands == [(1.0, EndWriting())]
