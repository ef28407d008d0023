from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.events import Event, FaultApplied, FaultHit, FaultRemoved, RequestFinished
from harness.stacks.unreached import Unreached

BEGAN = datetime(2024, 12, 1, 5, 2, tzinfo=UTC)


def applied(fault: str = "down", *, link: str = "factory") -> FaultApplied:
    return FaultApplied(fault=fault, id=f"{link}/{fault}", target=link, sees="nothing good", at=BEGAN)


def order(error: str = "fetch failed", *, after: float = 1.0) -> RequestFinished:
    started = BEGAN + timedelta(seconds=after)
    return RequestFinished(
        diner="Ann",
        operation="order",
        method="POST",
        path="/api/order",
        address="127.0.0.1:80",
        started=started,
        latency_seconds=0.1,
        outcome="failed",
        error=error,
    )


def heard(*events: Event) -> list[Event]:
    """Give what is recorded when these events are."""
    recorded: list[Event] = []

    def record(event: Event) -> None:
        recorded.append(event)
        unreached.hear(event)  # as a recorder tells its listeners

    unreached = Unreached(record)
    for event in events:
        unreached.hear(event)
    return recorded


@pytest.mark.parametrize("fault", ["down", "moved"])
def test_first_request_that_reached_nobody_is_what_a_link_hit_that_was_taken_away(fault: str) -> None:
    (hit,) = heard(applied(fault), order(), order())
    assert hit == FaultHit(fault=fault, id=f"factory/{fault}", evidence="Ann could not order: fetch failed")


def test_requests_that_failed_meanwhile_are_counted_at_the_end_and_only_once() -> None:
    recorded: list[Event] = []

    def record(event: Event) -> None:
        recorded.append(event)
        unreached.hear(event)

    unreached = Unreached(record)
    removed = FaultRemoved(fault="down", id="factory/down", by="control API", hits=1)
    for _ in range(2):
        unreached.record(applied())
        for _ in range(3):
            unreached.hear(order())
        unreached.record(removed)
    ends = [event.hits for event in recorded if isinstance(event, FaultRemoved)]
    assert ends == [4, 4]
    assert sum(isinstance(event, FaultHit) for event in recorded) == 2


@pytest.mark.parametrize(
    "events",
    [
        (applied(), order("500: out of dough")),
        (applied(), order(after=-1.0)),
        (applied(), FaultRemoved(fault="down", id="factory/down", by="control API", hits=0), order()),
        (applied(), FaultHit(fault="down", id="factory/down", evidence="a connection broke off"), order()),
        (applied("latency"), order()),
        (applied(link="a proxy of somebody's own"), order()),
        (applied(link="telemetry"), order()),
    ],
    ids=["another error", "asked before", "over", "known", "a toxic", "another link", "a link that says nothing"],
)
def test_link_hits_nothing_by_what_it_did_not_cause(events: tuple[Event, ...]) -> None:
    assert heard(*events) == []
