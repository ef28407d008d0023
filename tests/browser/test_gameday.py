"""A game day in two browsers: the night of 2024-12-01 is played through to recovery, by keyboard where one would."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Page, chromium
from tests.end_to_end.runs import ROOT, command, environment, latest, left_alive

pytestmark = pytest.mark.slow

WAITS_SECONDS = 60.0


class GameDay:
    """A game day that runs."""

    def __init__(self, directory: Path) -> None:
        self.runs = directory / "runs"
        words = command("gameday", "incident", "--no-browser", "--port", "0", "--speed", "20", "--runs", self.runs)
        self.process = subprocess.Popen(
            words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
        )
        self.links: dict[str, str] = {}
        assert self.process.stdout is not None
        while len(self.links) < 3:
            line = self.process.stdout.readline()
            assert line, "the game day ended before it began"
            if found := re.match(r"\s*(\w+): (http\S+)", line):
                self.links[found[1]] = found[2]

    def end(self) -> str:
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=60)
        return said


@pytest.fixture
def gameday(tmp_path: Path) -> Iterator[GameDay]:
    made = GameDay(tmp_path)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
            made.process.communicate()


def join(page: Page, link: str, name: str) -> None:
    """Type one's name and press Enter."""
    page.visit(link)
    page.command("Input.insertText", text=name)
    page.command("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r", windowsVirtualKeyCode=13)
    page.loaded()


def do(page: Page, action: str, **fields: str) -> str:
    """Send one of the desk's forms as the page does, and give its answer."""
    body = f"new URLSearchParams({json.dumps(fields)})"
    headers = "{accept: 'application/json'}"
    asked = f"fetch('/do/{action}', {{method: 'POST', headers: {headers}, body: {body}}})"
    return str(page.ask(f"{asked}.then((reply) => reply.json()).then((answer) => answer.said)"))


def wait(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAITS_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        threading.Event().wait(0.2)


def text(page: Page, part: str) -> str:
    return str(page.ask(f"document.getElementById('{part}').textContent"))


def test_night_is_played_through_by_two_roles_in_two_browsers(gameday: GameDay, tmp_path: Path) -> None:
    profiles = tmp_path / "ana", tmp_path / "bo"
    with chromium(profiles[0], size="1200,1400") as ana, chromium(profiles[1], size="390,844") as bo:
        join(ana, gameday.links["responder"], "Ana")
        join(bo, gameday.links["facilitator"], "Bo")
        wait(lambda: "balancer_missing" in text(bo, "faults"), "the fault")
        wait(lambda: "Heartbeat" in text(ana, "pager"), "the page")
        assert "no data" in text(ana, "dashboards")
        assert "balancer_missing" not in str(ana.ask("document.documentElement.outerHTML"))
        ana.picture(tmp_path / "responder.png")
        bo.picture(tmp_path / "facilitator-on-a-phone.png")
        assert bo.ask("document.documentElement.scrollWidth <= window.innerWidth")

        assert do(ana, "acknowledge") == "Ana took the page"
        assert "connection refused" in do(ana, "tool", what="curl")
        assert do(ana, "tool", what="describe load balancers") == "there are no load balancers"
        assert "inject is not for you" in do(ana, "inject", what="task_killed")
        do(ana, "remedy", what="recreate load balancer")
        wait(lambda: "127.0.0.12" in do(ana, "tool", what="describe load balancers"), "the new balancer")
        assert "pointed pizza-service.pizza.test at" in do(ana, "remedy", what="update DNS")
        wait(lambda: "Failed to fulfill order" in do(ana, "tool", what="buy a pizza"), "the second failure")
        assert do(ana, "remedy", what="follow reportUrl") == "the reportUrl was opened"
        wait(lambda: "Nothing is broken" in text(bo, "faults"), "the shop to be whole")
        do(ana, "note", text="<b>all is well</b>")
        wait(lambda: "<b>all is well</b>" in text(bo, "channel"), "the note")
        threading.Event().wait(6)  # two minutes in which the shop stays well

        do(bo, "abort")
        wait(lambda: ana.ask("location.pathname") == "/debrief", "the debrief")
        assert "PASSED gameday-incident" in str(ana.ask("document.body.textContent"))
        ana.picture(tmp_path / "debrief.png")
    gameday.end()
    assert gameday.process.returncode == 0
    assert left_alive(latest(tmp_path)) == []
