from __future__ import annotations

from harness.faults.toxics import Noop
from harness.faults.toxics.toxic import Pass
from harness.testing.toxics import check_toxic, play, script_of
from tests.harness.faults.toxics.moments import moment


def test_noop_keeps_every_promise() -> None:
    check_toxic(Noop())


def test_noop_lets_everything_through_at_once() -> None:
    assert Noop().on_data(moment(3)) == (Pass(),)
    assert play([Noop()], script_of()) == play([], script_of())
