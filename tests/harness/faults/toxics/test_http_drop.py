from __future__ import annotations

from harness.faults.toxics import HttpDrop
from harness.testing.toxics import check_toxic
from tests.harness.faults.toxics.exchanges import OK, Exchanges, request


def test_http_drop_keeps_every_promise() -> None:
    check_toxic(HttpDrop(method="POST"))


def test_http_drop_closes_in_place_of_the_response() -> None:
    exchanges = Exchanges(HttpDrop(every=2))
    exchanges.ask(request())
    assert exchanges.answer(OK) == OK
    exchanges.ask(request())
    assert exchanges.answer(OK) == b""
    assert exchanges.is_closed
