from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.toxics import Timeout
from harness.links.commands import CloseConnection
from harness.testing.toxics import check_toxic, play

TWO_SECONDS = Timeout(timedelta(seconds=2))


@pytest.mark.parametrize("toxic", [TWO_SECONDS, Timeout()])
def test_timeout_keeps_every_promise(toxic: Timeout) -> None:
    check_toxic(toxic)


def test_timeout_drops_data_and_closes_after_silence() -> None:
    assert play([TWO_SECONDS], [(1.0, b"a"), (2.5, b"b")]).commands == [(4.5, CloseConnection())]


def test_timeout_without_any_data_counts_from_the_beginning() -> None:
    assert play([TWO_SECONDS], []).commands == [(2.0, CloseConnection())]


def test_timeout_of_zero_holds_forever_and_closes_with_the_sender() -> None:
    assert play([Timeout()], [(1.0, b"a")]).commands == []
    assert play([Timeout()], [(1.0, b"a"), (9.0, b"")]).commands == [(9.0, CloseConnection())]


def test_timeout_removed_closes_what_it_was_on() -> None:
    played = play([Timeout()], [(1.0, b"a"), (3.0, b"b")], removed_at=2.0)
    assert played.commands == [(2.0, CloseConnection())]
