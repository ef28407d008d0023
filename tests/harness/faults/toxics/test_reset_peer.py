from __future__ import annotations

from datetime import timedelta

import pytest

from harness.faults.toxics import ResetPeer, SlowClose
from harness.links.commands import ResetConnection
from harness.testing.toxics import check_toxic, play

LATER = ResetPeer(timedelta(seconds=2))


@pytest.mark.parametrize("toxic", [ResetPeer(), LATER])
def test_reset_peer_keeps_every_promise(toxic: ResetPeer) -> None:
    check_toxic(toxic)


def test_reset_peer_resets_some_time_after_the_first_data() -> None:
    assert play([LATER], [(1.0, b"a"), (2.9, b"b")]).commands == [(3.0, ResetConnection())]


def test_reset_peer_resets_at_the_end_of_a_stream_without_data() -> None:
    assert play([LATER], [(1.0, b"")]).commands == [(3.0, ResetConnection())]


def test_reset_peer_waits_for_something_to_come() -> None:
    assert play([ResetPeer()], []).commands == []


def test_reset_peer_does_not_wait_for_toxics_behind_it() -> None:
    assert play([ResetPeer(), SlowClose(timedelta(seconds=9))], [(1.0, b"a")]).commands == [(1.0, ResetConnection())]


def test_reset_peer_removed_in_time_gives_back_what_it_held() -> None:
    assert play([LATER], [(1.0, b"a"), (2.0, b"")], removed_at=2.5).data == b"a"
