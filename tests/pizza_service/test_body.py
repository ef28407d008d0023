"""The text of a JSON body, as body-parser reads it."""

from __future__ import annotations

import gzip
import zlib

import pytest

from pizza_service.body import BODY_LIMIT_BYTES, UnreadableBodyError, text_of

JSON = "application/json"


@pytest.mark.parametrize(
    ("content", "content_type", "packing", "text"),
    [
        (b"{}", JSON, "", "{}"),
        (b"\xef\xbb\xbf{}", JSON, "identity", "{}"),
        ("é".encode(), f"{JSON}; charset=utf-8", "", "é"),
        (b"\xff", f'{JSON}; Charset="UTF-8"', "", "\ufffd"),
        ("é".encode("utf-16-le"), f"{JSON};charset=utf-16", "", "é"),
        ("é".encode("utf-16-be"), f"{JSON}; charset=utf-16be", "", "é"),
        (gzip.compress(b"{}"), JSON, "GZIP", "{}"),
        (zlib.compress(b"{}"), JSON, "deflate", "{}"),
    ],
)
def test_text_is_read_as_the_headers_say(content: bytes, content_type: str, packing: str, text: str) -> None:
    assert text_of(content, content_type=content_type, content_encoding=packing) == text


@pytest.mark.parametrize(
    ("content", "charset", "packing", "message", "status"),
    [
        (b"{}", "; charset=latin1", "", 'unsupported charset "LATIN1"', 415),
        (b"{}", "", "br", 'unsupported content encoding "br"', 415),
        (b"{}", "", "gzip", "incorrect header check", 400),
        (gzip.compress(b"{}")[:-9], "", "gzip", "unexpected end of file", 400),
        (gzip.compress(b" " * (BODY_LIMIT_BYTES + 1)), "", "gzip", "request entity too large", 413),
    ],
)
def test_body_that_is_not_what_its_headers_say_is_refused(
    content: bytes, charset: str, packing: str, message: str, *, status: int
) -> None:
    with pytest.raises(UnreadableBodyError) as refused:
        text_of(content, content_type=JSON + charset, content_encoding=packing)
    assert (str(refused.value), refused.value.status) == (message, status)
