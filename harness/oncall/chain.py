"""The escalation chain: who is to be paged about an alert group, and who next when nobody takes it.

Source: Grafana OnCall, escalation chains.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from harness.durations import spoken
from harness.errors import ScenarioError

MOST_REPEATS = 5
"""As often as Grafana OnCall lets a chain begin again."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Page somebody."""

    responder: str
    """Who."""
    channel: str = "default"
    """How: which of the responder's notification rules, `default` or `important`."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Give whoever was paged the time to answer."""

    length: timedelta
    """How long."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Begin again from the top."""

    times: int = MOST_REPEATS
    """How often, at most."""


Step = Notify | Wait | Repeat


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps that are taken until somebody takes the page.

    Raises:
        ScenarioError: when the steps notify nobody, or could not end.
    """

    steps: tuple[Step, ...]
    """In order."""

    def __post_init__(self) -> None:
        if not any(isinstance(step, Notify) for step in self.steps):
            message = "an escalation chain without a Notify step pages nobody. Add one."
            raise ScenarioError(message)
        for place, step in enumerate(self.steps, start=1):
            self._check(step, place)

    def _check(self, step: Step, place: int) -> None:
        if isinstance(step, Wait) and step.length <= timedelta():
            message = f"step {place} of the escalation chain waits {spoken(step.length)}. Wait longer than nothing."
            raise ScenarioError(message)
        if isinstance(step, Repeat) and (place != len(self.steps) or not 1 <= step.times <= MOST_REPEATS):
            message = (
                f"step {place} of the escalation chain repeats {step.times} times. "
                f"Repeat 1 to {MOST_REPEATS} times, as the last step."
            )
            raise ScenarioError(message)

    @property
    def responders(self) -> tuple[str, ...]:
        """Everybody it may page, in the order of the steps."""
        return tuple(dict.fromkeys(step.responder for step in self.steps if isinstance(step, Notify)))


def course_chain(on_call: str, *, team: str = "the whole team") -> Chain:
    """The course's chain: whoever is on call, again and louder after 5 minutes, the whole team after 10."""
    patience = Wait(timedelta(minutes=5))
    steps = (Notify(on_call), patience, Notify(on_call, channel="important"), patience, Notify(team))
    return Chain(steps)
