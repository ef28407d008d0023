"""What AWS's interface may see and do of a run on real processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from harness.aws.endpoint import Deed
from harness.events import RemedyPerformed
from harness.ingress.control_plane import Site
from harness.ingress.description import Description
from harness.scenario import Scenario
from harness.stacks.processes import ProcessesStack

Turn = Callable[[Callable[[], str]], str]
"""Has something done where the run is driven from, and gives what came of it."""


def at_once(deed: Callable[[], str]) -> str:
    """Do it in the thread of whoever calls."""
    return deed()


class RunControls:
    """The deployment of a run; what is done to it stands in the history as a remedy of whoever called.

    Args:
        scenario: the run's.
        stack: what it runs on.
        turn: how the thread that drives the run is asked to do something.
    """

    def __init__(self, scenario: Scenario, stack: ProcessesStack, *, turn: Turn = at_once) -> None:
        self._scenario = scenario
        self._stack = stack
        self._turn = turn

    @property
    def site(self) -> Site:
        """What is reached through the ingress."""
        return self._stack.operations.plane.site

    def instant(self, steady: float) -> datetime:
        """Give the incident time of steady seconds."""
        return self._stack.clock.timeline.incident(steady)

    def look(self) -> Description:
        """Give what the console shows right now."""
        return self._stack.describe()

    def act(self, deed: Deed) -> None:
        """Do something to the deployment.

        Evidence: RemedyPerformed.
        """
        self._turn(lambda: self._performed(deed))

    def _performed(self, deed: Deed) -> str:
        operations, plane = self._stack.operations, self._stack.operations.plane
        self._scenario.notice()
        done = [operations.perform(lambda now, order=order: order(plane, now)).did for order in deed.orders]  # type: ignore[misc]
        did = "; ".join(done)
        self._stack.record(RemedyPerformed(remedy=deed.title, by=deed.who, did=did))
        self._scenario.settle(f"remedy: {deed.title}")
        return did
