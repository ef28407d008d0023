"""What responders look with: dig, curl, the console's descriptions, the logs, and a pizza bought by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec

from harness.errors import ScenarioError, unknown_name
from harness.events import Event, RequestFinished, ToolUsed
from harness.gameday import console
from harness.ingress.description import Description
from harness.ingress.records import Address
from harness.ingress.resolver import NameNotFound, Resolver, ResolverTroubled
from harness.scenario import OnCall, Scenario
from harness.stacks.processes import ProcessesStack

CURL_WITHIN_SECONDS = 5.0
DIG_WITHIN = timedelta(seconds=10)
"""How long one question to DNS may take, on the wall; it is asked twice, and whoever asked still gets an answer."""

KEPT_AT_MOST = 2000
"""How much of an answer the history keeps."""

SEARCH = "search logs"
EVENTS = "stack events"


class Toolbox:
    """Looks at the system under test from where on-call stands.

    Args:
        scenario: the game day's.
        stack: what it runs on.
        description: the file that holds what the console shows.
    """

    def __init__(self, scenario: Scenario, stack: ProcessesStack, *, description: Path) -> None:
        self._scenario = scenario
        self._stack = stack
        self._description = description
        self._buyer = ""
        self._bought: list[RequestFinished] = []

    def hear(self, event: Event) -> None:
        """Take note of the requests of whoever buys a pizza just now."""
        if isinstance(event, RequestFinished) and event.diner == self._buyer:
            self._bought.append(event)

    def use(self, who: str, name: str, text: str = "") -> str:
        """Look at something, and give what it says.

        Evidence: ToolUsed.

        Raises:
            ScenarioError: when there is no such tool.
        """
        tools: Mapping[str, Callable[[], str]] = {
            "dig": self._dig,
            "curl": self._curl,
            "buy a pizza": lambda: self._buy(who),
            EVENTS: self._events,
            SEARCH: lambda: self._search(text),
        }
        if name in console.DESCRIBE:
            said = console.DESCRIBE[name](self._console())
        elif name in tools:
            said = tools[name]()
        else:
            raise ScenarioError(unknown_name("tool", name, known=TOOLS))
        self._stack.record(ToolUsed(by=who, tool=f"{name} {text}".strip(), said=said[:KEPT_AT_MOST]))
        return said

    def _console(self) -> Description:
        return msgspec.json.decode(self._description.read_bytes(), type=Description)

    def _events(self) -> str:
        return console.stack_events(self._console(), incident=self._stack.clock.timeline.incident)

    def _search(self, text: str) -> str:
        found = console.holding(self._stack.monitoring.logs.search(), text)
        return console.logs(found, incident=self._stack.clock.timeline.incident)

    def _dig(self) -> str:
        shown = self._console()
        try:
            resolver = Resolver(Address.parse(shown.dns), self._stack.clock.steady, timeout=DIG_WITHIN)
            address = resolver.resolve(shown.site)
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
        self._buyer, self._bought = who, []
        try:
            OnCall(self._scenario, name=who).buys_a_pizza()
        finally:
            self._buyer, mine = "", self._bought
        return "\n".join(
            f"{each.method} {each.path}  {each.status or 'no reply'}  {each.error or 'ok'}"
            + (f"\n  reportUrl: {each.report_url}" if each.report_url else "")
            for each in mine
        )


TOOLS = ("dig", "curl", "buy a pizza", *console.DESCRIBE, EVENTS)
"""Every tool that takes nothing; searching the logs takes words."""
