"""One request and its reply, between a client and an ASGI application that answers in a task of its own.

Rules of this file: the two ends never share a task, so that a client who gives up waiting cancels nothing: the
application finds out as it would behind a real server, by `http.disconnect`, and may go on regardless. A reply is
passed on in the pieces in which it is sent. What the application sends to a client who has left is dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import msgspec

from harness.testing.virtual_loop import VirtualLoop

Application = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application, in whichever types it was written."""

Headers = list[tuple[bytes, bytes]]
Message = dict[str, Any]

_BROKEN = b"Internal Server Error"


class HangUp(Exception):
    """Raised by an application to break its client's connection off, which ASGI has no message for."""


class Request(msgspec.Struct, frozen=True):
    """What a client asks for."""

    method: str
    """In capitals."""
    target: bytes
    """Path and query, as they go over the wire."""
    headers: Headers = []
    """Names in small letters."""
    body: bytes = b""
    """All of it: request bodies are not streamed."""


class Exchange:
    """A request under way. The client waits for `head`, then for `read` or each `piece`, and may `leave` at any time.

    Args:
        request: what is asked.
        loop: where the client waits; the one that runs then, if nobody says.
    """

    __slots__ = (
        "__weakref__",
        "_headers",
        "_is_cut",
        "_is_read",
        "_loop",
        "_news",
        "_over",
        "_pieces",
        "is_complete",
        "is_over",
        "request",
        "status",
    )

    def __init__(self, request: Request, *, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop
        self.status = 0
        """The status of the reply; 0 until its head has come."""
        self._headers: Iterable[tuple[bytes, bytes]] = ()
        self.is_complete = False
        """Whether all of the reply has come."""
        self.request = request
        """What is asked."""
        self._pieces: deque[bytes] = deque()
        self._is_read = False
        self._is_cut = False
        self.is_over = False
        """Whether nothing more is passed on: all was, or one of the two ends has closed."""
        self._over: asyncio.Event | None = None
        self._news: asyncio.Future[None] | None = None

    @property
    def headers(self) -> Headers:
        """The headers of the reply; few who read a reply ask for them."""
        return [(name, value) for name, value in self._headers]

    @headers.setter
    def headers(self, headers: Headers) -> None:
        self._headers = headers

    # The client's end

    async def head(self, *, patience: float | None = None) -> None:
        """Wait for status and headers.

        Args:
            patience: seconds of silence that are borne; None bears any.

        Raises:
            ConnectionResetError: when the connection broke before they came.
            TimeoutError: when patience ran out.
        """
        while not self.status:
            await self._something_new("before the reply", patience)

    async def piece(self, *, patience: float | None = None) -> bytes:
        """Wait for the next piece of the body; gives nothing after the last one.

        Args:
            patience: seconds of silence that are borne; None bears any.

        Raises:
            ConnectionResetError: when the connection broke in the middle of the body.
            TimeoutError: when patience ran out.
        """
        while not self._pieces:
            if self.is_complete:
                return b""
            await self._something_new("in the middle of the reply", patience)
        return self._pieces.popleft()

    async def read(self, *, patience: float | None = None) -> bytes:
        """Wait for the whole body, or what is left of it; see `piece`."""
        if self.is_complete:  # as replies in memory mostly are
            body = b"".join(self._pieces)
            self._pieces.clear()
            return body
        body = b""
        while piece := await self.piece(patience=patience):
            body += piece
        return body

    def leave(self) -> None:
        """Close the client's end: the application hears `http.disconnect`."""
        self._end()

    def _something_new(self, when: str, patience: float | None) -> asyncio.Future[None]:
        if self._is_cut:
            message = f"the connection was closed {when}"
            raise ConnectionResetError(message)
        loop = self._loop or asyncio.get_running_loop()
        news = self._news = loop.create_future()
        if patience is not None:
            _limited(news, patience, loop)
        return news

    # The application's end

    async def serve(self, application: Application, scope: Message) -> None:
        """Let the application answer; a server's manners hold when it fails.

        Raises:
            Whatever the application raises, once the client has its 500 or its broken connection.
        """
        try:
            await application(scope, self._receive, self._send)
        except HangUp:
            self.cut()
            return
        except Exception:
            self._make_do()
            raise
        self._make_do()

    def cut(self) -> None:
        """Break the connection, as the end of the application's process does."""
        self._is_cut = not self.is_complete
        self._end()
        self._tell()

    async def _receive(self) -> Message:
        if self._is_read or self.is_over:
            await self._until_over()
            return {"type": "http.disconnect"}
        self._is_read = True
        return {"type": "http.request", "body": self.request.body, "more_body": False}

    async def _send(self, message: Message) -> None:
        if self.is_over:
            return
        if message["type"] == "http.response.start":
            if self.status:
                text = f"the application began its reply to {self.request.method} {self.request.target!r} twice"
                raise RuntimeError(text)
            self.status, self._headers = message["status"], message["headers"]
        elif not self.status:
            text = f"the application sent {message['type']} before the status of its reply"
            raise RuntimeError(text)
        else:
            self._take(message)
        self._tell()

    def _take(self, message: Message) -> None:
        piece = message.get("body", b"")
        if piece:
            self._pieces.append(piece)
        if not message.get("more_body", False):
            self.is_complete = True
            self._end()

    def _make_do(self) -> None:
        """The application has ended: complete what it has not, or break off."""
        if self.is_complete or self.is_over:
            return
        if self.status:
            self.cut()
            return
        self.status, self.headers = 500, [(b"content-type", b"text/plain; charset=utf-8")]
        self._take({"body": _BROKEN})
        self._tell()

    def _end(self) -> None:
        self.is_over = True
        if self._over is not None:
            self._over.set()

    async def _until_over(self) -> None:
        if not self.is_over:
            self._over = self._over or asyncio.Event()
            await self._over.wait()

    def _tell(self) -> None:
        news = self._news
        if news is not None and not news.done():
            news.set_result(None)


def _limited(news: asyncio.Future[None], patience: float, loop: asyncio.AbstractEventLoop) -> None:
    if isinstance(loop, VirtualLoop):
        loop.limits.set(patience, news.done, partial(_run_out, news))
    else:
        limit = loop.call_later(patience, _run_out, news)
        news.add_done_callback(lambda _: limit.cancel())


def _run_out(news: asyncio.Future[None]) -> None:
    if not news.done():
        news.set_exception(TimeoutError())
