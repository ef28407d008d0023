"""HTTP/1.1 messages in a stream of bytes: where they begin and end, and what is in them.

Rules of this file: every byte that is fed comes back as the `raw` of exactly one part, in order, so that what nobody
wants to change passes as it was. What cannot be read as HTTP (or has been upgraded to something else) is `Opaque`, and
so is all that follows it. Where a message ends: RFC 9112, section 6.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

MOST_HEAD_BYTES = 64 * 1024
"""A longer head is not HTTP to us."""

_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,15}")

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The first line and the headers of a message."""

    raw: bytes
    """As it came."""
    first: tuple[bytes, bytes, bytes]
    """Method, target and version, or version, status and reason."""
    headers: Headers
    """Names as they came, values stripped."""

    def header(self, name: bytes) -> bytes | None:
        """Give a header's value, whatever the case of its name; None when there is none."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def status(self) -> int:
        """A response's status."""
        return _whole(self.first[1])


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a message's body."""

    raw: bytes
    """As it came, with what frames chunks."""
    data: bytes
    """What of it is body."""
    is_last: bool
    """Whether the message ends with it."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """What is not HTTP."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response, to be changed and written anew."""

    status: int
    reason: bytes
    headers: Headers
    body: bytes
    is_to_head: bool = False
    """Whether it answers a HEAD request."""

    @property
    def has_body(self) -> bool:
        """Whether a client looks for a body after the headers (RFC 9110, section 6.4.1)."""
        return not self.is_to_head and self.status not in (204, 304)

    def written(self) -> bytes:
        """Write it, with a length in place of whatever framed it before; a body only where a client looks for one."""
        framing = (b"content-length", b"transfer-encoding")
        headers = [(name, value) for name, value in self.headers if name.lower() not in framing]
        if self.has_body:
            headers.append((b"Content-Length", b"%d" % len(self.body)))
        lines = [b"HTTP/1.1 %d %s" % (self.status, self.reason), *(b"%s: %s" % header for header in headers), b"", b""]
        return b"\r\n".join(lines) + (self.body if self.has_body else b"")

    def with_header(self, name: bytes, value: bytes | None) -> Response:
        """Set a header, or take it away."""
        if [given for key, given in self.headers if key.lower() == name.lower()] == [value]:
            return self
        kept = tuple(header for header in self.headers if header[0].lower() != name.lower())
        return replace(self, headers=kept if value is None else (*kept, (name, value)))


@dataclass(slots=True)
class Reader:
    """Cuts a stream into messages.

    Args:
        answers: for a stream of responses: gives the method that the next final one answers; None for requests.
    """

    answers: Callable[[], bytes] | None = None
    _buffer: bytearray = field(default_factory=bytearray)
    _body: Callable[[], Iterator[Part]] | None = None
    _left_bytes: int = 0
    _is_opaque: bool = False

    def feed(self, data: bytes | memoryview) -> Iterator[Head | Part | Opaque]:
        """Take what came and give what is now complete."""
        self._buffer += data
        while self._buffer and not self._is_opaque:
            if self._body is None:
                head = self._head()
                if head is None:
                    break
                yield head
                if self._body is None and not self._is_opaque:
                    yield Part(b"", b"", is_last=True)
            else:
                before = len(self._buffer)
                yield from self._body()
                if len(self._buffer) == before:
                    return
        if self._is_opaque and self._buffer:
            yield Opaque(self._take(len(self._buffer)))

    @property
    def ends_with_the_stream(self) -> bool:
        """Whether the message that is being read ends only where the stream does."""
        return self._body == self._until_closed

    def rest(self) -> bytes:
        """Give what was fed and has not come back yet."""
        return self._take(len(self._buffer))

    # Heads

    def _head(self) -> Head | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            self._is_opaque = len(self._buffer) > MOST_HEAD_BYTES or not self._may_begin_a_message()
            return None
        try:
            head = _parsed(bytes(self._buffer[: end + 4]))
            self._frame(head)
        except ValueError:
            self._is_opaque = True
            return None
        self._take(end + 4)
        return head

    def _may_begin_a_message(self) -> bool:
        start = bytes(self._buffer[:5])
        return b"HTTP/".startswith(start) if self.answers else start[:1].isalpha()

    def _frame(self, head: Head) -> None:
        coding, length = head.header(b"transfer-encoding"), head.header(b"content-length")
        if not head.first[0 if self.answers is not None else 2].startswith(b"HTTP/1."):
            raise ValueError(head.raw)
        if self.answers is not None and self._has_no_body(head.status):
            return
        if coding is not None and coding.lower().endswith(b"chunked"):
            self._body = self._chunk
        elif length is not None:
            self._left_bytes = _whole(length)
            self._body = self._measured if self._left_bytes else None
        elif self.answers is not None:
            self._body = self._until_closed

    def _has_no_body(self, status: int) -> bool:
        if status == 101:
            self._is_opaque = True
        if status < 200:
            return True
        method = self.answers() if self.answers is not None else b""
        return method == b"HEAD" or status in (204, 304)

    # Bodies

    def _measured(self) -> Iterator[Part]:
        data = self._take(min(self._left_bytes, len(self._buffer)))
        self._left_bytes -= len(data)
        if not self._left_bytes:
            self._body = None
        yield Part(data, data, is_last=not self._left_bytes)

    def _until_closed(self) -> Iterator[Part]:
        data = self._take(len(self._buffer))
        yield Part(data, data, is_last=False)

    def _chunk(self) -> Iterator[Part]:
        end = self._buffer.find(b"\r\n")
        digits = bytes(self._buffer[: max(0, end)]).partition(b";")[0].strip()
        if end > MOST_HEAD_BYTES or (end >= 0 and not _HEXADECIMAL.fullmatch(digits)):
            self._is_opaque = True
        elif end >= 0 and int(digits, 16):
            self._left_bytes, self._body = int(digits, 16), self._chunk_data
            yield Part(self._take(end + 2), b"", is_last=False)
        elif end >= 0:
            yield from self._trailers(end)

    def _chunk_data(self) -> Iterator[Part]:
        data = self._take(min(self._left_bytes, len(self._buffer)))
        self._left_bytes -= len(data)
        if not self._left_bytes:
            self._body = self._chunk_end
        yield Part(data, data, is_last=False)

    def _chunk_end(self) -> Iterator[Part]:
        if len(self._buffer) >= 2:
            self._body = self._chunk
            yield Part(self._take(2), b"", is_last=False)

    def _trailers(self, last_chunk: int) -> Iterator[Part]:
        end = self._buffer.find(b"\r\n\r\n", last_chunk)
        if end >= 0:
            self._body = None
            yield Part(self._take(end + 4), b"", is_last=True)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


def _whole(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 18:
        raise ValueError(digits)
    return int(digits)


def _parsed(raw: bytes) -> Head:
    first, *lines = raw[:-4].split(b"\r\n")
    words = first.split(b" ", 2)
    if len(words) == 2:
        words.append(b"")  # a reason may be missing, and often the space before it too
    one, two, three = words
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise ValueError(line)
        headers.append((name, value.strip()))
    return Head(raw, (one, two, three), tuple(headers))
