"""Where a simulated service pushes: the receiver of harness/telemetry without its framework, which sees every push."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

from harness.events import Event, TelemetryRejected
from harness.ingress.forwarding import Application, Message, Receive, Scope, Send
from harness.telemetry.receiver import Take


def intake(take: Take, *, record: Callable[[Event], object]) -> Application:
    """Make the application that takes pushes, at any path.

    Args:
        take: says what to answer to a push that has come whole.
        record: keeps an event.

    Evidence: TelemetryRejected (status 0) for a push that broke off, besides what `take` records.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        body, endpoint = b"", scope["path"]
        message: Message = {"more_body": True}
        while message.get("more_body", False):
            message = await receive()
            if message["type"] == "http.disconnect":
                broken = "the connection ended before the push did"
                record(TelemetryRejected(endpoint=endpoint, status=0, reason=broken))
                return
            body += message.get("body", b"")
        reply = await take(body, endpoint, _precision(scope["query_string"]))
        headers = [(b"content-length", b"%d" % len(reply.body))]
        if reply.content_type:
            headers.append((b"content-type", reply.content_type.encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    return application


def _precision(query: bytes) -> str:
    return parse_qs(query.decode("latin-1")).get("precision", ["ns"])[0] if query else "ns"
