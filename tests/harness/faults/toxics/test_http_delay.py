from __future__ import annotations

from datetime import timedelta

from harness.faults.toxics import HttpDelay
from harness.testing.toxics import check_toxic
from tests.harness.faults.toxics.exchanges import OK, Exchanges, request

SLOW = HttpDelay(held=timedelta(seconds=3), path="/slow")


def test_http_delay_keeps_every_promise() -> None:
    check_toxic(SLOW)


def test_http_delay_holds_whole_responses_back() -> None:
    exchanges = Exchanges(SLOW)
    exchanges.ask(request("/slow"))
    assert exchanges.answer(OK, now=10.0) == b""
    assert exchanges.wakes == [13.0]
    assert exchanges.wake(12.9) == b""
    assert exchanges.wake(13.0) == OK


def test_http_delay_leaves_others_alone() -> None:
    exchanges = Exchanges(SLOW)
    exchanges.ask(request("/quick"))
    assert exchanges.answer(OK, now=10.0) == OK
