"""Asks a factory over HTTP, on one connection, for as long as patience lasts."""

from __future__ import annotations

import time
from datetime import timedelta

import httpx
import msgspec

from harness.verify.factory.conversation import Answer, Ask

GRACE = timedelta(seconds=1)
"""How much longer than patience is waited, so that an answer that comes late is told from none."""


def answer_to(ask: Ask, client: httpx.Client) -> Answer:
    """Ask, and give the answer, or what came in its place; nothing is raised for a factory that is gone."""
    headers = {"Authorization": f"Bearer {ask.key}"} if ask.key else {}
    content = ask.raw.encode() if ask.raw else msgspec.json.encode(ask.body) if ask.body is not None else None
    if content is not None:
        headers["Content-Type"] = "application/json"
    began = time.monotonic()
    most = client.timeout.read or float("inf")
    raw = bytearray()
    try:
        with client.stream(ask.method, ask.path, content=content, headers=headers) as reply:
            for piece in reply.iter_bytes():
                raw += piece
                if time.monotonic() - began > most:  # httpx counts from piece to piece, and a reply may trickle in
                    return Answer(ask, 0, text=f"the answer had not ended after {most:.1f} s")
    except httpx.TimeoutException:
        return Answer(ask, 0, text=f"no answer within {time.monotonic() - began:.1f} s")
    except httpx.HTTPError as error:
        return Answer(ask, 0, text=str(error) or type(error).__name__)
    took = timedelta(seconds=time.monotonic() - began)
    return Answer(ask, reply.status_code, _parsed(bytes(raw)), raw.decode(errors="replace"), took)


def factory_client(url: str, *, patience: timedelta) -> httpx.Client:
    """Make the client that `answer_to` asks through.

    Args:
        url: where the factory is.
        patience: how long an answer may take, on the wall.
    """
    timeout = httpx.Timeout((patience + GRACE).total_seconds(), connect=2)
    return httpx.Client(base_url=url, timeout=timeout, trust_env=False)


def _parsed(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
