from __future__ import annotations

from datetime import timedelta

from harness.faults.toxics import SlowClose
from harness.links.commands import EndWriting, Write
from harness.testing.toxics import check_toxic, play

SLOW = SlowClose(timedelta(seconds=3))


def test_slow_close_keeps_every_promise() -> None:
    check_toxic(SLOW)


def test_slow_close_holds_back_only_the_end() -> None:
    played = play([SLOW], [(1.0, b"a"), (2.0, b"")])
    assert played.commands == [(1.0, Write(b"a")), (5.0, EndWriting())]
