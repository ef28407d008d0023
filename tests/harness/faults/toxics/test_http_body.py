from __future__ import annotations

import json

import pytest

from harness.errors import ScenarioError
from harness.faults.toxics import HttpBody
from harness.testing.toxics import check_toxic
from tests.harness.faults.toxics.exchanges import OK, Exchanges, asked_and_answered, request

CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"jwt": \r\n8\r\n"a.b.c"}\r\n0\r\n\r\n'


def body_of(toxic: HttpBody, response: bytes = OK) -> bytes:
    head, _, body = asked_and_answered(toxic, response).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Content-Length: %d" % len(body) in head
    assert b"chunked" not in head
    return body


@pytest.mark.parametrize("mode", ["empty", "truncate", "set_field"])
def test_http_body_keeps_every_promise(mode: str) -> None:
    check_toxic(HttpBody(mode=mode, member="jwt", value="x"))


@pytest.mark.parametrize("response", [OK, CHUNKED])
def test_http_body_spoils_a_good_answer_under_its_good_status(response: bytes) -> None:
    assert body_of(HttpBody(), response) == b""
    assert body_of(HttpBody(mode="replace", value="nö"), response) == "nö".encode()
    assert body_of(HttpBody(mode="html"), response).startswith(b"<html>")
    assert json.loads(body_of(HttpBody(mode="set_field", member="jwt", value="bad"), response)) == {"jwt": "bad"}
    assert json.loads(body_of(HttpBody(mode="remove_field", member="jwt"), response)) == {}
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(body_of(HttpBody(mode="invalid_json"), response))


@pytest.mark.parametrize("body", [b"not json", b"[1]", b"[" * 50_000])
def test_http_body_without_members_stays_as_it_is(body: bytes) -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    assert body_of(HttpBody(mode="set_field", member="jwt", value="bad"), response) == body


def test_http_body_truncated_breaks_off_in_the_middle_of_what_was_promised() -> None:
    exchanges = Exchanges(HttpBody(mode="truncate"))
    exchanges.ask(request())
    assert exchanges.answer(OK) == OK[:-8]
    assert exchanges.is_closed


def test_http_body_truncated_of_an_empty_response_closes() -> None:
    exchanges = Exchanges(HttpBody(mode="truncate"))
    exchanges.ask(request())
    assert exchanges.answer(b"HTTP/1.1 204 No Content\r\n\r\n") == b""
    assert exchanges.is_closed


def test_http_body_mode_misspelt_is_refused() -> None:
    with pytest.raises(ScenarioError, match="Did you mean 'truncate'"):
        HttpBody(mode="truncated")


@pytest.mark.parametrize("mode", ["empty", "invalid_json", "html", "replace"])
def test_http_body_in_place_of_a_packed_one_is_not_called_packed(mode: str) -> None:
    packed = OK.replace(b"\r\nContent-Length", b"\r\nContent-Encoding: gzip\r\nContent-Length")
    assert b"Content-Encoding" not in asked_and_answered(HttpBody(mode=mode, value="new"), packed)
