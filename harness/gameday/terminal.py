"""The responder's desk in a terminal, for those without a browser: the same game day, the same orders.

Rules of this file: whatever came from outside is shown as it is, never as markup or control characters.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.errors import HarnessError, ScenarioError
from harness.gameday.board import UP
from harness.gameday.orders import Form, carry_out
from harness.gameday.roles import Role, may
from harness.gameday.session import FOLLOW
from harness.gameday.stage import Stage
from harness.gameday.toolbox import TOOLS
from harness.stacks.remedies import REMEDIES

DRAWN_EVERY_SECONDS = 0.25
CHANNEL_LINES = 8
VISIT_LINES = 6
ANSWER_LINES = 14
SPARKS = "▁▂▃▄▅▆▇█"
SPARK_POINTS = 24

Row = tuple[str, str, str]
"""When, what in bold, and the rest."""


def _words(action: str, field: str) -> Callable[[str], tuple[str, Form]]:
    return lambda rest: (action, {field: rest})


COMMANDS: Mapping[str, tuple[str, Callable[[str], tuple[str, Form]]]] = {
    "ack": ("take every open page", _words("acknowledge", "text")),
    "escalate": ("page the next level now", _words("escalate", "text")),
    "dismiss": ("WHY: leave pages alone", _words("dismiss", "text")),
    "note": ("TEXT: write into the channel", _words("note", "text")),
    "look": (f"at one of: {', '.join(TOOLS)}", _words("tool", "what")),
    "logs": ("WORDS: find log lines", _words("search", "text")),
    "do": (f"one of: {', '.join((*REMEDIES, FOLLOW))}", _words("remedy", "what")),
}
"""What can be typed: its help, and how it becomes an order."""


def order_of(line: str) -> tuple[str, Form] | None:
    """Read a line that was typed; None where it is no command."""
    word, _, rest = line.strip().partition(" ")
    known = COMMANDS.get(word.casefold())
    return known[1](rest.strip()) if known else None


LINKS = "links"
"""What is typed to see the links for other people, which this desk hides."""


def help_text() -> str:
    """Say what can be typed."""
    known = [*((name, what) for name, (what, _) in COMMANDS.items()), (LINKS, "for other people, and for other desks")]
    return "\n".join(f"{name:>9}  {what}" for name, what in [*known, ("Ctrl-C", "end the game day")])


class Desk:
    """What the terminal shows, and what comes of each key.

    Args:
        day: the game day.
        links: to its other desks, a line each.
    """

    def __init__(self, day: Stage, links: Sequence[str] = ()) -> None:
        self._day = day
        self._links = links
        self.who = ""
        """Who sits here, once they have said so."""
        self.typed = ""
        """The line so far."""
        self.said = help_text()
        """The answer to the last order."""

    def press(self, key: str) -> None:
        """Take one key: a letter, Enter or Backspace; all others do nothing."""
        if key in "\r\n":
            line, self.typed = self.typed.strip(), ""
            if line:
                self._enter(line)
        elif key in "\x7f\b":
            self.typed = self.typed[:-1]
        elif key.isprintable():
            self.typed += key

    def _enter(self, line: str) -> None:
        if not self.who:
            self.who = line
            self._day.join(line, Role.RESPONDER.value)
            return
        if line.casefold() == LINKS:
            self.said = "\n".join(self._links)
            return
        order = order_of(line)
        if order is None or not may(Role.RESPONDER, order[0]):
            self.said = f"{line!r} is no command\n{help_text()}"
            return
        try:
            self.said = carry_out(self._day, order[0], who=self.who, form=order[1])
        except (ScenarioError, HarnessError) as error:
            self.said = str(error)

    def drawn(self) -> RenderableType:
        """Draw all of it."""
        day, board = self._day, self._day.board
        head = Text(f"{day.now:%H:%M:%S}  {day.pace}  {self.who or 'nobody yet'}, responder")
        pages = [(_clock(page.sent), page.state, ", ".join(page.alerts)) for page in tuple(board.pages.values())]
        alerts = [("", UP[state], rule) for rule, state in board.rules().items()]
        visits = [(_clock(one.at), one.error or "ok", f"{one.diner}: {one.operation}") for one in tuple(board.visits)]
        channel = [(_clock(line.at), line.who, line.text) for line in tuple(board.channel)]
        top = Table.grid(expand=True)
        for _ in range(3):
            top.add_column(ratio=1)
        top.add_row(
            _panel("pager", pages[-VISIT_LINES:]),
            _panel("alerts", alerts[:VISIT_LINES]),
            _panel("the site, as diners see it", visits[-VISIT_LINES:]),
        )
        prompt = f"{self.who}> " if self.who else "Your name, for the timeline: "
        laps = [f"{lap.deed}: {lap.words}" for lap in day.ghost.laps() if lap.team is not None]
        # What a small terminal has no room for is at the end.
        return Group(
            head,
            Text(f"{prompt}{self.typed}▏"),
            top,
            Panel(Text(_last(self.said, ANSWER_LINES)), title="answer", title_align="left"),
            Panel(self._dashboards(), title="dashboards", title_align="left"),
            _panel("incident channel", channel[-CHANNEL_LINES:]),
            Text("\n".join([day.ghost.words(day.now), *laps]), style="dim"),
        )

    def _dashboards(self) -> RenderableType:
        table = Table.grid(expand=True, padding=(0, 2))
        panels = self._day.dashboards.panels
        for pair in zip(panels[::2], panels[1::2], strict=True):
            table.add_row(*(Text(f"{one.title:26} {one.now:>8} {sparks(tuple(one.values))}") for one in pair))
        return table


def sparks(values: Sequence[float | None]) -> str:
    """Draw a course in one line; where there was no data, there is a gap."""
    shown = values[-SPARK_POINTS:]
    most = max((value for value in shown if value is not None), default=0.0) or 1.0
    last = len(SPARKS) - 1
    return "".join(" " if value is None else SPARKS[min(last, int(value / most * last))] for value in shown)


def _panel(title: str, rows: Sequence[Row]) -> Panel:
    lines = [Text.assemble(f"{at} " if at else "", (what, "bold"), f" {rest}") for at, what, rest in rows]
    shown = Text("\n").join(lines) if lines else Text("nothing so far", style="dim")
    return Panel(shown, title=title, title_align="left")


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}"


def _last(text: str, lines: int) -> str:
    """Give the last lines of what a tool said, without control characters."""
    return "\n".join("".join(filter(str.isprintable, line)) for line in text.splitlines()[-lines:])


def require_terminal() -> None:
    """Make sure that there is a terminal to sit at.

    Raises:
        ScenarioError: when there is none.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        message = "--terminal needs a terminal: standard input and output are none. Leave it out for the page."
        raise ScenarioError(message)


class TerminalDesk:
    """A desk on this process's own terminal, for as long as the block runs.

    Cleanup: leaving the block gives the terminal back as it was.
    """

    def __init__(self, day: Stage, links: Sequence[str]) -> None:
        self._desk = Desk(day, links)
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._sit, name="terminal desk")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._leaving.set()
        self._thread.join()

    def _sit(self) -> None:
        keyboard = sys.stdin.fileno()
        with _key_by_key(keyboard), Live(console=Console(), screen=True, auto_refresh=False) as live:
            while not self._leaving.is_set():
                live.update(self._desk.drawn(), refresh=True)
                if select.select([keyboard], [], [], DRAWN_EVERY_SECONDS)[0]:
                    for key in os.read(keyboard, 1024).decode("utf-8", "replace"):
                        self._desk.press(key)


@contextlib.contextmanager
def _key_by_key(keyboard: int) -> Iterator[None]:
    """Let keys come one by one and unseen; Ctrl-C still interrupts."""
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
