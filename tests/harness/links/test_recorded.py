"""What clients in other languages ask, answered as the real Toxiproxy (2.5.0) answered the same, in the same order."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx

from harness.links import Links
from tests.harness.links.controlled import calling

RECORDED = json.loads((Path(__file__).parent / "recorded_toxiproxy.json").read_text())
"""Each exchange: whose client asks so, what it asks, and status, content type and body of the answer."""


@calling
async def test_recorded_requests_are_answered_as_toxiproxy_answered_them(
    client: httpx.AsyncClient, links: Links
) -> None:
    for exchange in RECORDED:
        body = None if exchange["body"] is None else json.dumps(exchange["body"])
        reply = await client.request(exchange["verb"], exchange["path"], content=body)
        expected = exchange["status"], exchange["type"], exchange["answer"]
        assert _answer(reply) == expected, f"{exchange['verb']} {exchange['path']} as the {exchange['client']} client"


def _answer(reply: httpx.Response) -> tuple[int, str, Any]:
    text = re.sub(r"127\.0\.0\.1:(?!9\b)\d+", "127.0.0.1:PORT", reply.text)
    try:
        answer = json.loads(text)
    except ValueError:
        answer = text
    return reply.status_code, reply.headers.get("content-type", ""), answer
