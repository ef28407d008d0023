"""Makes one request and says what came of it, whatever that is: at most a megabyte, at most for as long as is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import msgspec

from harness.verify.seen import ReplySeen

TELLS_CHARACTERS = 200
"""How much of a reply goes into the evidence."""

LARGEST_REPLY_BYTES = 2**20


def exchange(  # noqa: PLR0913 - a request, and how long it may take by whose clock
    client: httpx.Client,
    method: str,
    path: str,
    body: object = None,
    *,
    within: timedelta,
    now: Callable[[], float],
    host: str = "",
) -> ReplySeen:
    """Make a request, and read at most what is needed, for at most as long as is left."""
    asked, ends = f"{method} {path}", now() + within.total_seconds()
    extensions = {"sni_hostname": host} if host else {}
    raw = bytearray()
    try:
        with client.stream(method, path, json=body, timeout=within.total_seconds(), extensions=extensions) as reply:
            for chunk in reply.iter_bytes():
                raw += chunk
                if now() > ends or len(raw) > LARGEST_REPLY_BYTES:
                    return ReplySeen(asked, trouble=f"the reply did not end in {within.total_seconds():.1f} s")
    except httpx.TimeoutException:
        return ReplySeen(asked, trouble=f"no reply within {within.total_seconds():.1f} s", timed_out=True)
    except httpx.HTTPError as error:
        return ReplySeen(asked, trouble=str(error) or type(error).__name__)
    text = bytes(raw[:TELLS_CHARACTERS]).decode(errors="replace").replace("\n", " ")
    return ReplySeen(asked, reply.status_code, _parsed(bytes(raw)), text)


def _parsed(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
