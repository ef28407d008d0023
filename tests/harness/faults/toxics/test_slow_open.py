from __future__ import annotations

from datetime import timedelta

from harness.faults.toxics import SlowOpen
from harness.links.commands import EndWriting, Write
from harness.testing.toxics import check_toxic, play

SLOW = SlowOpen(timedelta(seconds=3))


def test_slow_open_keeps_every_promise() -> None:
    check_toxic(SLOW)


def test_slow_open_holds_back_only_what_comes_first() -> None:
    played = play([SLOW], [(1.0, b"a"), (2.0, b"b"), (5.0, b"c")])
    assert played.commands == [(3.0, Write(b"a")), (3.0, Write(b"b")), (5.0, Write(b"c"))]


def test_slow_open_holds_back_an_early_end() -> None:
    assert play([SLOW], [(1.0, b"")]).commands == [(3.0, EndWriting())]
