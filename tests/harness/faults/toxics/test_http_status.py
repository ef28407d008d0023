from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.faults.toxics import HttpStatus
from harness.testing.toxics import check_toxic
from tests.harness.faults.toxics.exchanges import asked_and_answered


def test_http_status_keeps_every_promise() -> None:
    check_toxic(HttpStatus(status=404, path="/api/*", first=3))


def test_http_status_replaces_the_status_and_nothing_else() -> None:
    assert asked_and_answered(HttpStatus(status=503)) == (
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
        b'{"jwt": "a.b.c"}'
    )


def test_http_status_that_nobody_knows_has_no_reason() -> None:
    assert asked_and_answered(HttpStatus(status=999)).startswith(b"HTTP/1.1 999 \r\n")


@pytest.mark.parametrize("status", [5, 1000, -1])
def test_http_status_that_cannot_be_is_refused(status: int) -> None:
    with pytest.raises(ScenarioError, match=rf"HttpStatus: status is {status}; .* Allowed: 200 to 999\."):
        HttpStatus(status=status)
