"""A game day while it runs: the system under load in a thread of its own, and orders to it from the web.

Rules of this file: the stack is touched by the session's thread only; whoever gives an order waits for its answer;
however it ends, everything is healed, stopped and judged, and the history is whole.
"""

from __future__ import annotations

import contextlib
import itertools
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from harness.errors import HarnessError, RunStopped, ScenarioError, unknown_name
from harness.events import NoteTaken, ParticipantJoined, RequestFinished, ToolUsed
from harness.gameday import console
from harness.gameday.board import Board
from harness.gameday.dashboards import Dashboards
from harness.gameday.stories import Inject, Story, injectable
from harness.ingress.description import Description
from harness.ingress.records import Address
from harness.ingress.resolver import NameNotFound, Resolver, ResolverTroubled
from harness.run import Run
from harness.scenario import Diners, OnCall
from harness.scenario.story import ActiveFault
from harness.stacks.console import DESCRIPTION_FILE
from harness.stacks.remedies import REMEDIES

BREATH_SECONDS = 0.2
"""Wall seconds between two looks at the orders."""

ANSWERS_WITHIN_SECONDS = 40.0
CURL_WITHIN_SECONDS = 5.0
NOTE_AT_MOST = 500

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

    Resource handling: `play` in a thread of its own until it returns; `end` lets it return, from any thread.

    Args:
        run: the run, not started.
        outset: story, load and length.
    """

    def __init__(self, run: Run, outset: Outset) -> None:
        self.run = run
        self.outset = outset
        self.board = Board()
        self.dashboards = Dashboards()
        self.verdict: dict[str, Any] | None = None
        """Once it is over."""
        self.trouble = ""
        """Why it ended early, if it did."""
        self.ready = threading.Event()
        self.over = threading.Event()
        self._ending = threading.Event()
        self._orders: queue.SimpleQueue[tuple[Callable[[], str], Future[str]]] = queue.SimpleQueue()
        self._healing: dict[str, contextlib.ExitStack] = {}
        self._ids = itertools.count(1)

    @property
    def now(self) -> datetime:
        """The incident clock."""
        return self._stack.clock.now()

    @property
    def lived(self) -> timedelta:
        """How long it has been going on."""
        return self.now - self.began

    # In the session's thread

    def play(self) -> None:
        """Start the system, live until somebody ends it or the time is up, then heal, judge and write the reports."""
        error: BaseException | None = None
        try:
            self._scenario = self.run.start()
            self._stack = self._scenario.stack
            self._stack.listen(self.board.hear)
            self.began = self._stack.clock.now()
            Diners(self._scenario).arrive(self.outset.diners)
            self.ready.set()
            self._live()
        except (RunStopped, HarnessError) as trouble:
            error, self.trouble = trouble, str(trouble)
        finally:
            self.ready.set()
            try:
                self._debrief(error)
            finally:
                self.over.set()

    def _live(self) -> None:
        waiting = list(self.outset.story.injects)
        breath = timedelta(seconds=BREATH_SECONDS * self._stack.clock.speed)
        while not self._ending.is_set():
            self._stack.live(breath)
            lived = self._stack.clock.now() - self.began
            if lived >= self.outset.longest:
                return
            for inject in [each for each in waiting if each.after <= lived]:
                waiting.remove(inject)
                self._follow(inject)
            self.dashboards.take(self._monitoring.store, self._stack.clock.steady())
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

    def _debrief(self, error: BaseException | None) -> None:
        with contextlib.suppress(HarnessError):
            for fault in tuple(self._healing):
                self._heal(fault)
        while not self._orders.empty():
            self._orders.get()[1].cancel()
        self.verdict = self.run.finish(error)

    def _follow(self, inject: Inject) -> None:
        if inject.hint:
            self._stack.record(NoteTaken(by="the facilitator", text=inject.hint, is_hint=True))
        if inject.fault is not None:
            self._inject(inject.fault.name)

    # From the web

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

    def acknowledge(self, who: str) -> str:
        """Take every page that is open."""
        taken = self._stack.acknowledge(who)
        return f"{who} took {taken} pages" if taken != 1 else f"{who} took the page"

    def dismiss(self, who: str, reason: str) -> str:
        """See every page from now on, and do nothing about it."""
        self._stack.ignore_pages(f"{who}: {reason or 'dismissed'}")
        return "pages are left alone from now on"

    def remedy(self, who: str, name: str) -> str:
        """Perform a remedy for real."""
        responder = OnCall(self._scenario, name=who)
        if name == FOLLOW:
            responder.follows_the_report_url()
            return "the reportUrl was opened"
        if name not in REMEDIES:
            raise ScenarioError(unknown_name("remedy", name, known=[*REMEDIES, FOLLOW]))
        return responder.performs(name)

    def tool(self, who: str, name: str, text: str = "") -> str:
        """Look at something, as an engineer would, and give what it says."""
        tools: dict[str, Callable[[], str]] = {
            "dig": self._dig,
            "curl": self._curl,
            "search logs": lambda: console.logs(self._monitoring.logs.search(text)),
            "buy a pizza": lambda: self._buy(who),
        }
        if name in console.DESCRIBE:
            said = console.DESCRIBE[name](self._console())
        elif name in tools:
            said = tools[name]()
        else:
            raise ScenarioError(unknown_name("tool", name, known=[*tools, *console.DESCRIBE]))
        self._stack.record(ToolUsed(by=who, tool=f"{name} {text}".strip(), said=said[:2000]))
        return said

    def inject(self, name: str) -> str:
        """Hurt the system."""
        return self._inject(name)

    def heal(self, fault: str) -> str:
        """End a fault that the facilitator began."""
        return self._heal(fault)

    def diners(self, count: int) -> str:
        """Change how many diners there are."""
        Diners(self._scenario).arrive(count)
        return f"{count} diners"

    # Within

    @property
    def _monitoring(self) -> Any:  # noqa: ANN401 - both stacks have one
        return self._stack.monitoring  # type: ignore[attr-defined]

    def _inject(self, name: str) -> str:
        faults = {fault.name: fault for fault in injectable()}
        if name not in faults:
            raise ScenarioError(unknown_name("fault", name, known=list(faults)))
        for fault, healing in tuple(self._healing.items()):
            if self.board.faults[fault].gone:
                healing.close()
                del self._healing[fault]
        healing = contextlib.ExitStack()
        active: ActiveFault = healing.enter_context(self._scenario.fault(faults[name]))
        self._healing[active.id] = healing
        return f"{name} began: {faults[name].sees}"

    def _heal(self, fault: str) -> str:
        healing = self._healing.pop(fault, None)
        if healing is None:
            raise ScenarioError(unknown_name("fault", fault, known=list(self._healing)))
        healing.close()
        return f"{fault} is healed"

    def _console(self) -> Description:
        path: Path = self.run.directory / DESCRIPTION_FILE
        return msgspec.json.decode(path.read_bytes(), type=Description)

    def _dig(self) -> str:
        shown = self._console()
        try:
            address = Resolver(Address.parse(shown.dns), self._stack.clock.steady).resolve(shown.site)
        except (NameNotFound, ResolverTroubled) as error:
            return f"{shown.site}: {error}"
        return f"{shown.site}.  IN  A  {address}"

    def _curl(self) -> str:
        shown = self._console()
        found = self._dig()
        if " A " not in found:
            return f"curl: (6) could not resolve host: {shown.site}"
        address = found.rpartition(" ")[2]
        began = time.monotonic()
        try:
            with httpx.Client(timeout=CURL_WITHIN_SECONDS, trust_env=False) as client:
                reply = client.get(f"http://{address}/", headers={"host": shown.site})
        except httpx.ConnectError:
            return f"curl: (7) failed to connect to {shown.site} ({address}): connection refused"
        except httpx.HTTPError as error:
            return f"curl: (28) {error} after {time.monotonic() - began:.1f} s"
        return f"HTTP {reply.status_code}\n{reply.text[:400]}"

    def _buy(self, who: str) -> str:
        since = len(self._stack.so_far().events)
        OnCall(self._scenario, name=who).buys_a_pizza()
        made = [each for each in self._stack.so_far().events[since:] if isinstance(each, RequestFinished)]
        mine = [each for each in made if each.diner == who]
        return "\n".join(
            f"{each.method} {each.path}  {each.status or 'no reply'}  {each.error or 'ok'}"
            + (f"\n  reportUrl: {each.report_url}" if each.report_url else "")
            for each in mine
        )
