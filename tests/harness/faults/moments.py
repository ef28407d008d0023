"""Events for faults to judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.events import FaultApplied, Hurt, RequestFinished

DAWN = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)
APPLIED = FaultApplied(at=DAWN, fault="f", id="f-1", target="t", sees="s")


def order(*, status: int = 200, error: str = "", cause: str = "", after: int = 1) -> RequestFinished:
    """An order that ended, `after` seconds after the fault was applied."""
    return request("order", status=status, error=error, cause=cause, after=after)


def request(operation: str, *, status: int = 200, error: str = "", cause: str = "", after: int = 1) -> RequestFinished:
    return RequestFinished(
        diner="Ada",
        operation=operation,
        method="POST",
        path="/api/order",
        address="127.0.0.11:80",
        started=DAWN + timedelta(seconds=after),
        latency_seconds=0.1,
        outcome="failed" if error or cause else "ok",
        status=status,
        error=error,
        cause=cause,
    )


def hurt(trouble: str) -> Hurt:
    return Hurt(at=DAWN, trouble=trouble, what="connection 1 of factory")
