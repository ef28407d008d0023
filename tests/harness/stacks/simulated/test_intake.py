from typing import Any

from harness.events import Event, TelemetryRejected
from harness.stacks.simulated.intake import intake
from harness.telemetry.sink import Reply
from harness.testing import run_virtual


def pushed(*messages: dict[str, Any], query: bytes = b"", reply: Reply | None = None) -> tuple[Any, Any, Any]:
    """Send a push in pieces; give what was taken, what was answered and what was recorded."""
    taken: list[tuple[bytes, str, str]] = []
    sent: list[dict[str, Any]] = []
    recorded: list[Event] = []
    coming = iter(messages)

    async def take(body: bytes, endpoint: str, precision: str) -> Reply:
        taken.append((body, endpoint, precision))
        return reply or Reply(204)

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/any", "query_string": query}
    run_virtual(intake(take, record=recorded.append)(scope, receive, send))  # type: ignore[arg-type]
    return taken, sent, recorded


def piece(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_push_in_pieces_is_taken_whole_and_answered() -> None:
    taken, sent, recorded = pushed(
        piece(b"a", more=True), piece(b"b"), query=b"precision=ms", reply=Reply(200, b"{}", "application/json")
    )
    assert taken == [(b"ab", "/any", "ms")]
    assert [message.get("status") for message in sent] == [200, None]
    assert dict(sent[0]["headers"]) == {b"content-length": b"2", b"content-type": b"application/json"}
    assert sent[1]["body"] == b"{}"
    assert recorded == []


def test_push_without_a_precision_is_in_nanoseconds_and_an_empty_answer_has_no_type() -> None:
    taken, sent, _ = pushed(piece(b"a"))
    assert taken == [(b"a", "/any", "ns")]
    assert dict(sent[0]["headers"]) == {b"content-length": b"0"}


def test_push_that_breaks_off_is_recorded_and_not_taken() -> None:
    taken, sent, recorded = pushed(piece(b"a", more=True), {"type": "http.disconnect"})
    assert (taken, sent) == ([], [])
    assert recorded == [TelemetryRejected(endpoint="/any", status=0, reason="the connection ended before the push did")]
