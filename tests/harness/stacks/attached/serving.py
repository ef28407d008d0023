"""Applications on real sockets of loopback, in a thread of their own, for whoever asks with a blocking client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from harness.events import Event
from harness.links import Links, LinkSettings, control_app
from harness.stacks.looping import LoopThread
from harness.telemetry.receiver import Server


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve it, and give its URL."""
    loop, server = LoopThread(trouble=_raise), Server(app)
    loop.start()
    loop.call(server.start())
    try:
        yield server.url
    finally:
        loop.call(server.stop())
        loop.stop()


@contextmanager
def links_served(*, token: str = "", record: Callable[[Event], object] = lambda _event: None) -> Iterator[str]:
    """Serve the control API of one link, `factory`, that leads nowhere; give its URL."""
    loop = LoopThread(trouble=_raise)
    loop.start()
    links = loop.call(_links(record))
    server = Server(control_app(links, token=token))
    loop.call(server.start())
    try:
        yield server.url
    finally:
        loop.call(server.stop())
        loop.call(_closed(links))
        loop.stop()


async def _links(record: Callable[[Event], object]) -> Links:
    links = Links(record=record)
    await links.create(LinkSettings("factory", upstream="127.0.0.1:9", listen="127.0.0.1:0"))
    return links


async def _closed(links: Links) -> None:
    links.close()


def _raise(where: str, error: BaseException) -> None:
    raise AssertionError(where) from error
