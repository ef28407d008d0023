"""What becomes of processes and tasks, for faults to judge."""

from __future__ import annotations

from datetime import timedelta

from harness.events import MetricsReceived, ProcessExited, TaskChanged
from tests.harness.faults.moments import DAWN


def exited(code: int, *, component: str = "task-2", expected: bool = False) -> ProcessExited:
    return ProcessExited(at=DAWN, component=component, pid=4242, code=code, expected=expected)


def unhealthy() -> TaskChanged:
    reason = "failed 2 health checks in a row"
    return TaskChanged(at=DAWN, task="task-2", state="unhealthy", reason=reason, revision="pizza:1")


def pushed(*, late: timedelta) -> MetricsReceived:
    return MetricsReceived(at=DAWN, source="pizza", samples=3, newest=DAWN - late)
