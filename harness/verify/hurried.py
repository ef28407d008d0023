"""httpx on sockets that wait no longer than is left, however slowly somebody answers.

httpx bounds each wait, and a reply that comes a byte at a time is never late: a deadline needs sockets of its own.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpcore
import httpx


def hurried(*, within: timedelta, context: ssl.SSLContext | None = None) -> httpx.HTTPTransport:
    """Give httpx's own transport, on such sockets.

    Args:
        within: how long everything that goes over it may take, on the wall, from now on.
        context: whom to trust; None for those whom this machine trusts.
    """
    transport = httpx.HTTPTransport(verify=context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)
    # httpx has no way to say which network its pool is to use; httpcore, whose pool it is, has.
    network = _Hurried(time.monotonic() + within.total_seconds())
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=network)  # noqa: SLF001
    return transport


class _Hurried(httpcore.NetworkBackend):
    """The network until a moment."""

    def __init__(self, ends: float) -> None:
        self._ends = ends
        self._network = httpcore.SyncBackend()

    def connect_tcp(  # noqa: PLR0917 - httpcore's
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        del timeout
        left = _left(self._ends, httpcore.ConnectTimeout)
        stream = self._network.connect_tcp(host, port, left, local_address, socket_options)
        return _HurriedStream(stream, ends=self._ends)


class _HurriedStream(httpcore.NetworkStream):
    """A connection until a moment."""

    def __init__(self, stream: httpcore.NetworkStream, *, ends: float) -> None:
        self._stream = stream
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._stream.read(max_bytes, _left(self._ends, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, _left(self._ends, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        left = _left(self._ends, httpcore.ConnectTimeout)
        return _HurriedStream(self._stream.start_tls(ssl_context, server_hostname, left), ends=self._ends)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - whatever there is
        return self._stream.get_extra_info(info)


def _left(ends: float, late: type[Exception]) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise late("no time is left")
    return left
