"""What a scenario asks of the stack it runs on, whichever that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from harness.clock import Clock
from harness.events import Event
from harness.faults.fault import Command, View
from harness.history import History
from harness.stacks.outside import Outside


class Stack(Protocol):
    """The system under test and everything around it, running.

    Resource handling: `start` and `stop` are a pair; `stop` may be called at any time, from any state, twice.
    """

    @property
    def name(self) -> str:
        """What `--chaos-stack` calls it."""
        ...

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...

    @property
    def push_interval(self) -> timedelta:
        """How often the service under test pushes metrics and logs."""
        ...

    @property
    def evaluation_interval(self) -> timedelta:
        """How often the slowest alert rule is evaluated."""
        ...

    @property
    def reachable_after_a_dns_change(self) -> timedelta:
        """How long clients may go on asking the old address, and one health check."""
        ...

    def evaluation_delays(self) -> Mapping[str, timedelta]:
        """Give, for each alert rule, the time within which it must notice that the service went silent."""
        ...

    def start(self) -> None:
        """Start everything and come back when all of it is ready.

        Raises:
            HarnessError: when something does not start; what had started is stopped again.
        """
        ...

    def stop(self) -> None:
        """End everything that `start` and the scenario began."""
        ...

    def record(self, event: Event) -> Event:
        """Keep an event in the history."""
        ...

    def so_far(self) -> History:
        """Give the history as it stands."""
        ...

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` with each event from now on."""
        ...

    def live(self, length: timedelta) -> None:
        """Let that much incident time pass.

        Raises:
            HarnessError: when the run was stopped or a part of the harness failed meanwhile.
        """
        ...

    def cross(self, lands: datetime) -> None:
        """Cross a quiet stretch to `lands`: by a jump, or by living through it where that is cheap."""
        ...

    def do(self, command: Command) -> None:
        """Carry out one command of a fault."""
        ...

    def view(self) -> View:
        """Look at the system under test, for a fault that asks whether it is gone."""
        ...

    def diners(self, count: int) -> None:
        """Let the number of diners be `count` from now on."""
        ...

    def remedy(self, name: str, note: str) -> str:
        """Perform a remedy for real.

        Returns: what was done, in a sentence.

        Raises:
            ScenarioError: when there is no such remedy; the message names those there are.
        """
        ...

    def diagnose(self) -> tuple[str, str, list[str]]:
        """Look from the outside in: the broken layer, the finding, and the evidence for it."""
        ...

    def outside(self) -> Outside | None:
        """Give what somebody who verifies the site from outside needs to know; None where nothing runs."""
        ...

    def buy_a_pizza(self, diner: str) -> None:
        """Make one purchase by hand, as somebody with the developer tools open would; it becomes an event."""
        ...

    def follow(self, url: str) -> str:
        """Open a reportUrl, and give what it answered."""
        ...

    def ignore_pages(self, reason: str, *, by: str = "") -> None:
        """Let every page be seen and left alone from now on, by `by` or whoever is paged first."""
        ...

    def acknowledge(self, responder: str) -> int:
        """Take every page that is open; gives how many there were."""
        ...
