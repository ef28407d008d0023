"""The service crashes whenever it starts: a bad secret, a missing library, a wrong setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.events import Event, FaultApplied, ProcessExited
from harness.faults.fault import Begin, Command, KillTask
from harness.faults.task_fault import TaskFault
from harness.faults.troubles import TasksCrashOnStart


@dataclass(frozen=True, slots=True)
class TaskCrashLoop(TaskFault):
    """Kill a task of the service, and let each that starts in its place end at once, until the orchestrator gives up.

    Healing deploys the service once more.

    Evidence: a process that ended by itself with code 1.
    """

    name: ClassVar[str] = "task_crash_loop"
    target: ClassVar[str] = "service"
    sees: ClassVar[str] = "every request gets “503”: no task stays up"
    troubles: ClassVar[tuple[TasksCrashOnStart]] = (TasksCrashOnStart(),)

    def apply(self) -> tuple[Command, ...]:
        return (Begin(TasksCrashOnStart()), KillTask())

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:  # noqa: ARG002 - whoever crashes like this
        if isinstance(event, ProcessExited) and not event.expected and event.code == 1:
            return f"{event.component} (process {event.pid}) crashed as it started"
        return None
