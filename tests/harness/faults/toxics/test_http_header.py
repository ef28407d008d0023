from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.faults.toxics import HttpHeader
from harness.testing.toxics import check_toxic
from tests.harness.faults.toxics.exchanges import asked_and_answered


def test_http_header_keeps_every_promise() -> None:
    check_toxic(HttpHeader(name="Retry-After", value="60"))


def test_http_header_is_set() -> None:
    got = asked_and_answered(HttpHeader(name="content-type", value="text/plain"))
    assert b"Content-Type: application/json" not in got
    assert b"content-type: text/plain\r\n" in got


def test_http_header_is_taken_away() -> None:
    assert b"Content-Type" not in asked_and_answered(HttpHeader(name="content-type"))


def test_http_header_cannot_smuggle_another() -> None:
    got = asked_and_answered(HttpHeader(name="X", value="a\r\nEvil: 1"))
    assert b"X: aEvil: 1\r\n" in got


@pytest.mark.parametrize("name", ["", "Retry After", "X:"])
def test_http_header_without_a_headers_name_is_refused(name: str) -> None:
    with pytest.raises(ScenarioError, match=r"HttpHeader: name is .* Allowed: a header's name\."):
        HttpHeader(name=name)
