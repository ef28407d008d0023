"""A task of the service stands still: it takes connections, and never answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished, TaskChanged
from harness.faults.task_fault import TaskFault
from harness.faults.troubles import TaskPaused as Paused


@dataclass(frozen=True, slots=True)
class TaskPaused(TaskFault):
    """Stop the longest-lived task of the service with SIGSTOP, and let it go on with SIGCONT.

    The orchestrator replaces a task that fails its health checks, a paused one too.

    Evidence: a health check that it failed; a request that nobody answered in time.
    """

    name: ClassVar[str] = "task_paused"
    target: ClassVar[str] = "service"
    sees: ClassVar[str] = "pages load for ever, until the task goes on or another takes its place"
    troubles: ClassVar[tuple[Paused]] = (Paused(),)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, TaskChanged) and event.state == "unhealthy":
            return f"{event.task} {event.reason}"
        if isinstance(event, RequestFinished) and event.started >= applied.at:
            is_late = event.cause == "timed out" or event.status == 504
            return f"{event.diner} waited in vain to {event.operation}" if is_late else None
        return None
