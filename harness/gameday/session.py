"""A game day while it runs: the system under load in a thread of its own, and orders to it from people.

Rules of this file: the stack is touched by the session's thread only; whoever gives an order waits for its answer;
however it ends, everything is healed, stopped and judged, and the history is whole; however long it takes, no more is
held in memory than what the desks show: all else is in the history's file.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import Event, NoteTaken, PaceChanged, ParticipantJoined
from harness.gameday.board import Board
from harness.gameday.dashboards import Dashboards
from harness.gameday.debrief import Debrief
from harness.gameday.ghost import Ghost
from harness.gameday.haunting import Haunting
from harness.gameday.orders import ORDERS
from harness.gameday.stage import Waiting
from harness.gameday.stories import Inject, Story, inject_of
from harness.gameday.toolbox import SEARCH, Toolbox
from harness.run import Run
from harness.scenario import Diners, OnCall
from harness.scenario.story import ActiveFault
from harness.settings import REAL_ALERTING, Settings
from harness.stacks.console import DESCRIPTION_FILE
from harness.stacks.heal import STOP_FILE
from harness.stacks.processes import ProcessesStack
from harness.stacks.remedies import REMEDIES

BREATH_SECONDS = 0.05
"""Wall seconds between two looks at the orders, which is how long somebody may wait for an answer."""

ANSWERS_WITHIN_SECONDS = 40.0
NOTE_AT_MOST = 500

PACE_FILE = "pace"
FOLLOW = "follow reportUrl"


@dataclass(frozen=True, slots=True)
class Outset:
    """How a game day begins."""

    story: Story
    diners: int
    longest: timedelta
    """When it ends by itself, in incident time."""


class Session:
    """One game day.

    Resource handling: `play` in a thread of its own until it returns; `end` lets it return, from any thread; `leave`
    after that.

    Args:
        run: the run, not started, on a stack that goes by the wall.
        outset: story, load and length.
    """

    takes = frozenset({*ORDERS, "abort"}) - {"jump"}

    def __init__(self, run: Run, outset: Outset) -> None:
        self.run = run
        self.outset = outset
        self.story = outset.story
        self.directory = run.directory
        self.board = Board()
        self.dashboards = Dashboards()
        self.ghost = Ghost()
        self.debrief: Debrief | None = None
        self.verdict: dict[str, Any] | None = None
        """Once it is over."""
        self.trouble = ""
        self.ready = threading.Event()
        self.over = threading.Event()
        self._ending = threading.Event()
        self._orders: queue.SimpleQueue[tuple[Callable[[], str], Future[str]]] = queue.SimpleQueue()
        self._healing: dict[str, contextlib.ExitStack] = {}
        self._numbers = itertools.count(1)
        self._planned = {next(self._numbers): inject for inject in outset.story.injects}
        self._scenario = run.scenario
        stack = run.scenario.stack
        assert isinstance(stack, ProcessesStack), "people act in real time"
        self._stack = stack
        self._haunting: Haunting | None = None
        self._tools = Toolbox(self._scenario, stack, description=run.directory / DESCRIPTION_FILE)

    @property
    def now(self) -> datetime:
        """The incident clock."""
        return self._stack.clock.now()

    @property
    def lived(self) -> timedelta:
        """How long it has been going on."""
        return self.now - self.began

    @property
    def pace(self) -> str:
        """How fast time goes, in words."""
        return f"speed {self.board.speed:g}" if self.board.speed else "paused"

    @property
    def fixed_pace(self) -> str:
        """Why time can neither be paused nor go faster or slower here; "" where it can."""
        return held_by_the_wall(self.run.plan.settings, stack=self._stack.name)

    @property
    def waiting(self) -> Sequence[Waiting]:
        """What happens by itself, the next first."""
        waiting = [Waiting(number, self.began + one.after, one.words) for number, one in tuple(self._planned.items())]
        return sorted(waiting, key=lambda one: one.at)

    @property
    def ghost_plays(self) -> bool:
        """Whether it is still to come what the ghost comes to."""
        return self._haunting is not None and self._haunting.goes_on

    def leave(self) -> None:
        """Let go of everything, once nobody looks at the debrief any more."""
        if self._haunting is not None:
            self._haunting.close()

    # In the session's thread

    def play(self) -> None:
        """Start the system, live until somebody ends it or the time is up, then heal, judge and write the reports."""
        error: BaseException | None = None
        try:
            self._prepare()
            self._live()
        except (ScenarioError, HarnessError) as trouble:
            error, self.trouble = trouble, str(trouble)
        finally:
            self.ready.set()
            try:
                self._conclude(error)
            finally:
                self.over.set()

    def _prepare(self) -> None:
        clock = self._stack.clock
        if not self.fixed_pace:
            clock.keep_pace_in(self.directory / PACE_FILE)
        self.board.speed = clock.speed
        self.run.start()
        self._stack.listen(self._hear)
        self.began = clock.now()
        Diners(self._scenario).arrive(self.outset.diners)
        self.ready.set()

    def _hear(self, event: Event) -> None:
        self.board.hear(event)
        self.dashboards.hear(event)
        self.ghost.hear(event)
        self._tools.hear(event)

    def _live(self) -> None:
        clock = self._stack.clock
        while not self._ending.is_set():
            if clock.is_standing_still:
                self._ending.wait(BREATH_SECONDS)
                self._stack.glance()
            else:
                self._stack.live(timedelta(seconds=BREATH_SECONDS * clock.speed))
            self._scenario.notice()
            lived = clock.now() - self.began
            if lived >= self.outset.longest:
                return
            for number in [number for number, inject in self._planned.items() if inject.after <= lived]:
                self._follow(self._planned.pop(number))
            panels = self.dashboards.read(self._stack.monitoring.store, clock.steady())
            if panels is not None:
                self._stack.record(panels)
            self._serve()

    def _serve(self) -> None:
        while True:
            try:
                order, answer = self._orders.get_nowait()
            except queue.Empty:
                return
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                answer.set_result(order())
            except Exception as error:
                answer.set_exception(error)

    def _conclude(self, error: BaseException | None) -> None:
        if self._stack.clock.is_standing_still:  # nothing heals in no time
            self._stack.clock.go(self._stack.clock.speed)
        with contextlib.suppress(HarnessError):
            for fault in tuple(self._healing):
                self.heal(fault)
        while not self._orders.empty():
            self._orders.get()[1].cancel()
        self.verdict = self.run.finish(error)
        if self.run.judged is not None and self.run.judgement is not None:
            try:
                self.debrief = Debrief.of(self.run.judged, self.run.judgement, directory=self.directory)
            except HarnessError as trouble:  # of the index of earlier teams; the verdict stands
                self.trouble = str(trouble)
        if self.debrief is not None and self.board.faults:
            self._haunting = Haunting(self.directory)

    def _follow(self, inject: Inject) -> None:
        if inject.hint:
            self._stack.record(NoteTaken(by="the facilitator", text=inject.hint, is_hint=True))
        if inject.fault is not None and not self.board.has(inject.fault.name):  # the facilitator may be ahead
            self.inject(inject.fault.name)

    # From people

    def order(self, action: Callable[[], str]) -> str:
        """Do something in the session's thread, and give what came of it.

        Raises:
            HarnessError: when it did not work, or the game day is over.
        """
        answer: Future[str] = Future()
        if self._ending.is_set() or self.over.is_set():
            message = "the game day is over."
            raise HarnessError(message)
        self._orders.put((action, answer))
        try:
            return answer.result(ANSWERS_WITHIN_SECONDS)
        except (TimeoutError, CancelledError) as error:
            message = "the game day did not get to it. Try again."
            raise HarnessError(message) from error

    def end(self) -> None:
        """Let it end: healed, judged, reported."""
        self._ending.set()

    def pull_lever(self, who: str) -> str:
        """Stop at once, as `pizza-chaos stop` would: everything is healed, and the run counts as aborted."""
        self._stack.record(NoteTaken(by=who, text="pulled the safety lever"))
        (self.directory / STOP_FILE).touch()
        return "stopping: everything is healed"

    def join(self, who: str, role: str) -> str:
        """Let somebody in."""
        self._stack.record(ParticipantJoined(by=who, role=role))
        return f"{who} joined"

    def note(self, who: str, text: str, *, is_hint: bool = False) -> str:
        """Write into the incident channel."""
        said = " ".join(text.split())[:NOTE_AT_MOST]
        if not said:
            message = "the note is empty. Write something."
            raise ScenarioError(message)
        self._stack.record(NoteTaken(by=who, text=said, is_hint=is_hint))
        return "noted"

    # The responders' orders

    def acknowledge(self, who: str) -> str:
        """Take every page that is open."""
        taken = self._stack.acknowledge(who)
        if not taken:
            return "there is no open page to take"
        return f"{who} took {taken} pages" if taken != 1 else f"{who} took the page"

    def escalate(self, who: str) -> str:
        """Page the next level at once about every page that is not over."""
        paged = ", ".join(dict.fromkeys(self._stack.escalate()))
        if not paged:
            return "there is no page that could go higher"
        self._stack.record(NoteTaken(by=who, text=f"escalated: {paged} paged"))
        return f"{paged} paged"

    def dismiss(self, who: str, reason: str) -> str:
        """See every page from now on, and do nothing about it."""
        self._stack.ignore_pages(reason or "dismissed", by=who)
        return "pages are left alone from now on, until somebody acknowledges"

    def remedy(self, who: str, name: str) -> str:
        """Perform a remedy for real."""
        responder = OnCall(self._scenario, name=who)
        if name == FOLLOW:
            responder.follows_the_report_url()
            return "the reportUrl was opened"
        if name not in REMEDIES:
            raise ScenarioError(unknown_name("remedy", name, known=[*REMEDIES, FOLLOW]))
        return responder.performs(name)

    def tool(self, who: str, name: str) -> str:
        """Look at something, as an engineer would, and give what it says."""
        return self._tools.use(who, name)

    def search(self, who: str, text: str) -> str:
        """Find log lines that hold every word of a text."""
        return self._tools.use(who, SEARCH, text)

    # The facilitator's orders

    def inject(self, name: str, *, after: timedelta = timedelta()) -> str:
        """Hurt the system, now or later."""
        inject = inject_of(name, after=after)
        if after:
            self._planned[next(self._numbers)] = Inject(self.lived + after, fault=inject.fault)
            return f"{name} begins in {spoken(after)}"
        if self.board.has(name):  # a second one's healing would undo the first
            message = f"{name} is there already. Heal it before you begin it again, or let another fault come on top."
            raise ScenarioError(message)
        standing = {each.id for each in self.board.standing}
        for gone in self._healing.keys() - standing:
            self._healing.pop(gone).close()
        healing = contextlib.ExitStack()
        assert inject.fault is not None, "it is one of a fault"
        active: ActiveFault = healing.enter_context(self._scenario.fault(inject.fault))
        self._healing[active.id] = healing
        return f"{name} began: {inject.fault.sees}"

    def cancel(self, number: int) -> str:
        """Let something that waits not happen."""
        planned = self._planned.pop(number, None)
        if planned is None:
            message = f"nothing waits under number {number}: it has happened, or was called off."
            raise ScenarioError(message)
        return f"called off: {planned.words}"

    def heal(self, fault: str) -> str:
        """End a fault that the facilitator began."""
        healing = self._healing.pop(fault, None)
        if healing is None:
            raise ScenarioError(unknown_name("fault", fault, known=list(self._healing)))
        healing.close()
        return f"{fault} is healed"

    def diners(self, count: int) -> str:
        """Change how many diners there are."""
        Diners(self._scenario).arrive(count)
        return f"{count} diners"

    def pause(self, who: str) -> str:
        """Let time stand still, for the system, the alerts, the diners and the schedule.

        Raises:
            ScenarioError: when something here goes by the wall's time.
        """
        self._require_pace()
        self._stack.clock.stand_still()
        self._stack.record(PaceChanged(by=who, speed=0.0))
        return "time stands still"

    def resume(self, who: str) -> str:
        """Let time go on as fast as before."""
        return self.set_speed(who, self._stack.clock.speed)

    def set_speed(self, who: str, speed: float) -> str:
        """Let time go at another speed.

        Raises:
            ScenarioError: when the speed is out of range while load flows, or something here goes by the wall's time.
        """
        self._require_pace()
        self._stack.clock.go(speed)
        self._stack.record(PaceChanged(by=who, speed=speed))
        return f"time goes at speed {speed:g}"

    def _require_pace(self) -> None:
        if self.fixed_pace:
            raise ScenarioError(self.fixed_pace)


def held_by_the_wall(settings: Settings, *, stack: str) -> str:
    """Say what of a game day goes by the wall's time, and why it is not stopped; "" where nothing does.

    Stopping such a process would not let its time stand still: it would find all of it gone by when it goes on.
    """
    if settings.service:
        why = f"{settings.service} has timers of its own, and after a stop all of them would run out at once"
    elif settings.alerting == REAL_ALERTING:
        why = "Prometheus goes by the wall's clock, and would take a pause for a service that has gone silent"
    elif stack != ProcessesStack.name:
        why = f"what runs in {stack} goes by the wall's clock, and after a stop its connections would have timed out"
    else:
        return ""
    return f"time goes as the wall's does here: {why}. The load can be taken away instead: 0 diners."
