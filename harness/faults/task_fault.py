"""What faults of a task have in common: they are over once as many tasks are healthy as should be."""

from __future__ import annotations

from harness.events import Event, TaskChanged
from harness.faults.fault import Command, RestoreTasks, View
from harness.faults.standing import StandingFault


class TaskFault(StandingFault):
    """A fault of a task of the service, which the orchestrator may replace before anybody heals it."""

    __slots__ = ()

    def heal(self) -> tuple[Command, ...]:
        return (*StandingFault.heal(self), RestoreTasks())

    def is_gone(self, view: View) -> bool:
        return StandingFault.is_gone(self, view) and view.missing_tasks == 0

    def may_end_with(self, event: Event) -> bool:
        return isinstance(event, TaskChanged) and event.state == "healthy"
