"""A scenario's own words: at, play, fault, expect.

Rules of this file: healing is registered before a fault is applied; a fault that somebody's remedy undid is recorded
as removed by that remedy, and one that the system got over as over when it did, by itself; an expectation that was
written down is always judged, from the whole history, at the end.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.checks import Check
from harness.clock import time_of_day
from harness.durations import duration
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import (
    Event,
    FaultApplied,
    FaultHit,
    FaultRemoved,
    HarnessTroubled,
    Healed,
    Hurt,
    RequestFinished,
    StepStarted,
)
from harness.faults import Fault
from harness.faults.fault import End
from harness.stacks.stack import Stack

LEAD = "30s"
"""How much of the time before a beat is lived through, when the scenario does not say."""

LATE = timedelta(seconds=20)
"""How late a beat may come before it is the author's mistake: a wall second at the highest speed."""

LONGEST = timedelta(weeks=1)
"""How much time may be lived through at a stretch: even of a simulation, more is a slip of the pen."""

ITSELF = "itself"
"""Who ended a fault that nobody undid: the system got over it."""

NEVER_STRUCK = "was made and never struck. Write `with scenario.fault(…):`, and what happens meanwhile below it."
"""What is said of a fault without its `with`."""

_TIME_OF_DAY = re.compile(r"\d\d?:\d\d(:\d\d)?")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A check that the scenario asked for, and where it did."""

    check: Check
    line: str
    """file:line of the call."""


class ActiveFault:
    """A fault that has been applied: counts what it hits until it is gone."""

    def __init__(self, fault: Fault, *, number: int, stack: Stack) -> None:
        self.fault = fault
        self.id = f"{fault.name}-{number}"
        self.hits = 0
        self._stack = stack
        self._applied: FaultApplied | None = None
        self._removed = False
        self._may_have_ended: Event | None = None

    @property
    def is_over(self) -> bool:
        """Whether it began, and nothing is left of it."""
        return self._removed

    def apply(self) -> None:
        """Begin it."""
        fault = self.fault
        begun = self._stack.record(
            FaultApplied(
                fault=fault.name, id=self.id, target=fault.target, sees=fault.sees, parameters=dict(fault.parameters)
            )
        )
        self._applied = begun if isinstance(begun, FaultApplied) else None
        self._stack.listen(self._hear)
        for command in fault.apply():
            self._stack.do(command)

    def settle(self, by: str) -> bool:
        """Record it as removed by `by`, if nothing is left of it."""
        if self._removed or self._applied is None or not self.fault.is_gone(self._stack.view()):
            return self._removed
        self._record_removal(by)
        return True

    def notice(self) -> None:
        """Record it as over if the system got over it, at the moment when it did."""
        ended, self._may_have_ended = self._may_have_ended, None
        if ended is None or self._removed:
            return
        try:
            is_gone = self.fault.is_gone(self._stack.view())
        except HarnessError:  # what cannot be looked at now is looked at again
            self._may_have_ended = self._may_have_ended or ended
            return
        if is_gone:
            for command in self.fault.heal():  # what the stack keeps of it is put away
                self._stack.do(command)
            self._record_removal(ITSELF, steady=ended.steady)

    def heal(self) -> None:
        """Undo it if nobody has, and make sure that it is gone.

        Raises:
            HarnessError: when it is still there afterwards.
        """
        self.notice()
        if self._removed:
            return
        for command in self.fault.heal():
            self._stack.do(command)
        if self._applied is None:
            return
        self._stack.record(Healed(what=self.fault.name))
        if not self.settle("heal"):
            message = (
                f"{self.fault.name} was healed and is still there. Run `pizza-chaos heal`, then look at the run's logs."
            )
            raise HarnessError(message)

    def _record_removal(self, by: str, *, steady: float = 0.0) -> None:
        """Record its end: now, or when it was."""
        self._removed = True
        self._stack.record(FaultRemoved(fault=self.fault.name, id=self.id, by=by, hits=self.hits, steady=steady))

    def _hear(self, event: Event) -> None:
        if self._removed or self._applied is None:
            return
        if self.fault.may_end_with(event):
            self._may_have_ended = event
        evidence = self.fault.hit_by(event, self._applied)
        if evidence is None:
            return
        is_first = self.hits == 0
        self.hits += event.times if isinstance(event, Hurt) else 1
        if is_first:
            self._stack.record(FaultHit(fault=self.fault.name, id=self.id, evidence=evidence))


class Scenario:
    """Time, faults and expectations.

    Args:
        stack: the system under test, running.
        begins: incident time at the start.
        locate: gives file:line of the scenario's line that is being executed.
    """

    def __init__(self, stack: Stack, *, begins: datetime, locate: Callable[[], str]) -> None:
        self.stack = stack
        self.begins = begins
        self.expectations: list[Expectation] = []
        self.expected: Callable[[], None] = lambda: None
        """Called after each expectation, so that somebody may keep them."""
        self._locate = locate
        self.report_urls: dict[str, str] = {}
        """The last reportUrl that each diner got in reply."""
        self._active: list[ActiveFault] = []
        self._unstruck: list[str] = []
        """Faults that were made and wait for their `with`, each with the line that made it."""
        self._numbers = itertools.count(1)
        stack.listen(self._note_report_url)

    def moment(self, time: str) -> datetime:
        """Say which moment of this scenario a time of day means."""
        return time_of_day(time, after=self.begins)

    def at(self, time: str, step: str = "", *, lead: str = LEAD) -> None:
        """Go on to a time of day: cross the quiet stretch, live the last `lead` of it, and begin a step.

        Args:
            time: `"05:24"`.
            step: what happens then, in a few words, for whoever reads the timeline.
            lead: how much of the time before it is lived through rather than crossed.

        Raises:
            ScenarioError: when that time has passed.
        """
        moment, now = self.moment(time), self.stack.clock.now()
        if now > moment + LATE:
            message = (
                f'{self._locate()}: at("{time}") comes too late: it is already {now:%H:%M:%S}. Play less before it.'
            )
            raise ScenarioError(message)
        starts_to_live = moment - duration(lead)
        if now < starts_to_live:
            self.stack.cross(starts_to_live)
        self.stack.live(moment - self.stack.clock.now())
        self.notice()
        if step:
            self.stack.record(StepStarted(name=step))

    def play(self, length: str) -> None:
        """Let this much time pass, lived through to the full.

        Raises:
            ScenarioError: when it is no length of time, or longer than a week.
        """
        lived = duration(length)
        if lived > LONGEST:
            message = (
                f'{self._locate()}: play("{length}") is longer than {LONGEST.days} days, the most at a stretch. '
                'Play less, or cross what is quiet: at("05:24").'
            )
            raise ScenarioError(message)
        self.stack.live(lived)
        self.notice()

    def fault(self, fault: Fault) -> AbstractContextManager[ActiveFault]:
        """Hurt the system for as long as the indented block runs; it is healed at its end, however it ends.

        Raises:
            ScenarioError: when what is given is no fault, or is there already.
        """
        if not hasattr(type(fault), Fault.hit_by.__name__):
            named = getattr(fault, "__name__", "")
            hint = f"Write {named}() for {named}." if named else "Give one of harness.faults: BalancerMissing()."
            message = f"{self._locate()}: {fault!r} is not a fault. {hint}"
            raise ScenarioError(message)
        made = f"{self._locate()}: the fault {fault.name}"
        self._unstruck.append(made)
        return self._struck(fault, made=made)

    @contextmanager
    def _struck(self, fault: Fault, *, made: str) -> Iterator[ActiveFault]:
        self._unstruck.remove(made)
        if self.stands(fault):
            message = (
                f"{made} is there already, and the end of a second one would undo the first. "
                "End it before you begin it again, or let another fault come on top."
            )
            raise ScenarioError(message)
        active = ActiveFault(fault, number=next(self._numbers), stack=self.stack)
        self._active.append(active)
        try:
            active.apply()
            yield active
        finally:
            active.heal()
            self._active.remove(active)

    def stands(self, fault: Fault) -> bool:
        """Say whether a fault of its kind is there that would end with it."""
        self.notice()
        alike = (active.fault for active in self._active if not active.is_over and active.fault.name == fault.name)
        return any(_undone(fault) == _undone(one) != [] for one in alike)

    def overlooked(self) -> ScenarioError | None:
        """Give the mistake that only a scenario's end shows for certain: a fault that was made and never struck."""
        if not self._unstruck:
            return None
        return ScenarioError(f"{self._unstruck[0]} {NEVER_STRUCK}")

    def settle(self, by: str) -> None:
        """After a remedy: record the faults that it undid."""
        for active in self._active:
            active.settle(by)

    def notice(self) -> None:
        """As time goes by: record the faults that the system has got over by itself."""
        for active in self._active:
            active.notice()

    def heal(self) -> None:
        """Undo every fault that is still there; a fault that resists is recorded, and the others are healed too."""
        for active in reversed(self._active):
            try:
                active.heal()
            except HarnessError as error:
                self.stack.record(HarnessTroubled(where=f"healing {active.id}", error=str(error)))

    def expect(self, check: Callable[..., Check], *arguments: object, **named: object) -> None:
        """Write down what the history must show; it is judged at the end of the scenario.

        Args:
            check: one of `harness.checks`.
            arguments: what it takes; a time of day such as `"05:24"` means that moment of this scenario.
            named: the same, by name.

        Raises:
            ScenarioError: when it cannot be asked like this, or asks about an alert rule that there is not.
        """
        line = self._locate()
        self.expectations.append(Expectation(self.asked(check, arguments=arguments, named=named, line=line), line))
        self.expected()

    def asked(
        self, check: Callable[..., Check], *, arguments: Sequence[object], named: Mapping[str, object], line: str
    ) -> Check:
        """Give the check that `expect` would write down, without writing it down.

        Raises:
            ScenarioError: as `expect` does.
        """
        if isinstance(check, Check):
            message = f"{line}: {check.function} was called. Let expect call it: scenario.expect({check.function}, …)."
            raise ScenarioError(message)
        name = getattr(check, "__name__", repr(check))
        try:
            built = check(*map(self._meant, arguments), **{name: self._meant(value) for name, value in named.items()})
        except ScenarioError as error:
            said = str(error).removeprefix(f"{name}: ")
            raise ScenarioError(f"{line}: {name}: {said}") from error
        except (TypeError, ValueError) as error:
            raise ScenarioError(f"{line}: {name} cannot be asked like this: {error}.") from error
        if not isinstance(built, Check):
            raise ScenarioError(f"{line}: {name} is no check. Give one of harness.checks, and its arguments after it.")
        self._check_rules(built, line)
        _check_window(built, line)
        return built

    def _check_rules(self, built: Check, line: str) -> None:
        """A rule that there is not stays quiet for ever: nobody may take that for a finding, or for good news."""
        known = self.stack.evaluation_delays()
        named = (built.arguments.get("rule"), *(built.arguments.get("rules") or ()))
        for name in named:
            if name is not None and name not in known:
                unknown = unknown_name("alert rule", name, known=known)
                raise ScenarioError(f"{line}: {built.function}: {unknown} Rules of your own: --rules FILE.")

    def _note_report_url(self, event: Event) -> None:
        if isinstance(event, RequestFinished) and event.report_url:
            self.report_urls[event.diner] = event.report_url

    def _meant(self, value: object) -> object:
        if isinstance(value, str) and _TIME_OF_DAY.fullmatch(value):
            return self.moment(value)
        if isinstance(value, datetime) and value.tzinfo is not None and value < self.begins:
            message = (
                f"{value:%Y-%m-%d %H:%M:%S %Z} lies before the scenario, which begins at {self.begins:%H:%M:%S %Z}."
            )
            raise ScenarioError(message)
        if isinstance(value, list | tuple):
            return type(value)(map(self._meant, value))
        return value


def _undone(fault: Fault) -> list[object]:
    """Say what the healing of a fault undoes, of whatever strength that is."""
    return [command.trouble.name if isinstance(command, End) else command for command in fault.heal()]


def _check_window(built: Check, line: str) -> None:
    """A window that ends before it begins holds nothing: whatever is asked about it stays unknown."""
    since, until = (built.arguments.get(name) for name in ("since", "until"))
    if isinstance(since, str) and isinstance(until, str):
        begins, ends = datetime.fromisoformat(since), datetime.fromisoformat(until)
        if ends < begins:
            message = f"{line}: {built.function}: {ends:%H:%M:%S} comes before {begins:%H:%M:%S}. Exchange the two."
            raise ScenarioError(message)
