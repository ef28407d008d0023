from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.faults.toxics.http_message import Head, Opaque, Part, Reader, Response

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: 1\r\n\r\n"
MEASURED = b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc"
EMPTY = b"HTTP/1.1 204\r\nServer: x\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
STREAM = CHUNKED + MEASURED + CONTINUE + EMPTY + MEASURED


def responses(method: bytes = b"GET") -> Reader:
    return Reader(answers=lambda: method)


def bodies(parts: list[Head | Part | Opaque]) -> list[bytes]:
    found = [b""]
    for part in parts:
        if isinstance(part, Part):
            found[-1] += part.data
            if part.is_last:
                found.append(b"")
    return found


@settings(deadline=None)
@given(cuts=st.sets(st.integers(0, len(STREAM))))
def test_reader_gives_every_byte_and_message_however_the_stream_is_cut(cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    reader, parts = responses(), list[Head | Part | Opaque]()
    for start, end in pairwise(edges):
        parts += reader.feed(STREAM[start:end])
    assert b"".join(part.raw for part in parts) == STREAM
    assert bodies(parts) == [b"hello world", b"abc", b"", b"", b"abc", b""]
    assert [part.status for part in parts if isinstance(part, Head)] == [200, 404, 100, 204, 404]


@settings(deadline=None)
@given(data=st.binary(max_size=300), head=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", CHUNKED[:47], MEASURED[:30]]))
def test_reader_of_anything_gives_every_byte(data: bytes, head: bytes) -> None:
    reader = responses()
    parts = list(reader.feed(head + data))
    assert b"".join(part.raw for part in parts) + reader.rest() == head + data


@pytest.mark.parametrize(
    "stream",
    [
        b"\x16\x03\x01\x02\x00 a TLS hello",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 2xx OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05hello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
    ],
)
def test_reader_of_what_is_not_http_passes_it_all(stream: bytes) -> None:
    reader = responses()
    parts = [*reader.feed(stream), *reader.feed(b"more")]
    assert isinstance(parts[-1], Opaque)
    assert b"".join(part.raw for part in parts) == stream + b"more"


def test_reader_of_responses_to_head_expects_no_body() -> None:
    parts = list(responses(b"HEAD").feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + MEASURED[:-3]))
    assert [part.status for part in parts if isinstance(part, Head)] == [200, 404]


def test_reader_without_a_length_reads_to_the_end_of_the_stream() -> None:
    reader = responses()
    parts = [*reader.feed(b"HTTP/1.1 200 OK\r\n\r\nabc"), *reader.feed(b"def")]
    assert bodies(parts) == [b"abcdef"]
    assert reader.ends_with_the_stream


def test_reader_of_requests_needs_no_method() -> None:
    parts = list(Reader().feed(b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\n\r\n"))
    assert [part.first[:2] for part in parts if isinstance(part, Head)] == [(b"POST", b"/a"), (b"GET", b"/b")]


def test_response_is_written_with_a_length_in_place_of_other_framing() -> None:
    response = Response(200, b"OK", ((b"transfer-encoding", b"chunked"), (b"X", b"y")), b"hello")
    assert response.written() == b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\nhello"


def test_response_header_is_set_and_taken_away_in_any_case() -> None:
    response = Response(200, b"OK", ((b"X-A", b"1"), (b"B", b"2")), b"")
    assert response.with_header(b"x-a", b"3").headers == ((b"B", b"2"), (b"x-a", b"3"))
    assert response.with_header(b"x-A", None).headers == ((b"B", b"2"),)
