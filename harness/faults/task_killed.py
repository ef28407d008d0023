"""A task of the service dies in the middle of its work."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, ProcessExited
from harness.faults.fault import Command, KillTask, RestoreTasks, View
from harness.faults.standing import StandingFault


@dataclass(frozen=True, slots=True)
class TaskKilled(StandingFault):
    """Kill the longest-lived task of the service with SIGKILL; the orchestrator has to notice and replace it.

    Evidence: a process that ended by signal 9, and not on request.
    """

    name: ClassVar[str] = "task_killed"
    target: ClassVar[str] = "service"
    sees: ClassVar[str] = "requests under way break off, then “503” until another task has passed its health checks"
    troubles: ClassVar[tuple[()]] = ()

    def apply(self) -> tuple[Command, ...]:
        return (KillTask(),)

    def heal(self) -> tuple[Command, ...]:
        return (RestoreTasks(),)

    def is_gone(self, view: View) -> bool:
        return view.missing_tasks == 0

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:  # noqa: ARG002 - whoever dies like this
        if isinstance(event, ProcessExited) and not event.expected and event.code == -signal.SIGKILL:
            return f"{event.component} (process {event.pid}) was killed"
        return None
