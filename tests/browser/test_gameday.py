"""A game day in two browsers: the night of 2024-12-01 is played to recovery, the responder by keyboard alone."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.events import NoteTaken, PageSent, PanelsRead
from harness.history import History
from harness.kept import HISTORY_FILE
from tests.browser.axe import axe_source, violations
from tests.browser.chromium import Page, chromium, kept
from tests.end_to_end.runs import ROOT, command, environment, latest, left_alive

pytestmark = pytest.mark.slow

WAITS_SECONDS = 60.0
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
"""A window of Chromium cannot be as narrow as a phone, so the page is told that it is."""


class GameDay:
    """A game day that runs, or one that is played back."""

    def __init__(self, *words: str | Path, roles: int) -> None:
        self.process = subprocess.Popen(
            command("gameday", *words, "--no-browser", "--port", "0"),
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(),
        )  # fmt: skip
        self.links: dict[str, str] = {}
        assert self.process.stdout is not None
        while len(self.links) < roles:
            line = self.process.stdout.readline()
            assert line, "the game day ended before it began"
            if found := re.match(r"\s*(\w+): (http\S+)", line):
                self.links[found[1]] = found[2]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal, and give the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextmanager
def gameday(*words: str | Path, roles: int = 3) -> Iterator[GameDay]:
    made = GameDay(*words, roles=roles)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
            made.process.communicate()


def join(page: Page, link: str, name: str) -> None:
    """Type one's name and press Enter."""
    page.visit(link)
    page.drawn()  # the field is given the focus only then
    page.tab_to("#who")
    page.type(name)
    with page.loading():
        page.key("Enter")


def do(page: Page, action: str, **fields: str) -> str:
    """Send one of the desk's forms as the page does, and give its answer."""
    body = f"new URLSearchParams({json.dumps(fields)})"
    headers = "{accept: 'application/json'}"
    seat = "'/' + location.pathname.split('/')[1]"
    asked = f"fetch({seat} + '/do/{action}', {{method: 'POST', headers: {headers}, body: {body}}})"
    return str(page.ask(f"{asked}.then((reply) => reply.json()).then((answer) => answer.said)"))


def by_keyboard(page: Page, action: str, *, choose: str = "", write: str = "") -> str:
    """Reach a form by Tab, choose from its list or write into its field, press its button, and give the answer."""
    form = f"form[action$='/do/{action}']"
    page.ask("document.getElementById('said').textContent = ''")
    if choose:
        page.tab_to(f"{form} select")
        page.key("Home")
        while page.ask("document.activeElement.value") != choose:
            page.key("ArrowDown")
    if write:
        page.tab_to(f"{form} input")
        page.type(write)
    page.tab_to(f"{form} button")
    page.key("Enter")
    wait(lambda: text(page, "said"), f"the answer to {action}")
    return text(page, "said")


def wait(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAITS_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        threading.Event().wait(0.1)


def text(page: Page, part: str) -> str:
    return str(page.ask(f"document.getElementById('{part}').textContent"))


def fits(page: Page) -> bool:
    return bool(page.ask("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe_source(tmp_path_factory.mktemp("axe"))


def test_night_is_played_through_by_keyboard_and_phone_and_then_played_back(axe: str, tmp_path: Path) -> None:
    profiles = tmp_path / "ana", tmp_path / "bo"
    with (
        gameday("incident", "--speed", "20", "--runs", tmp_path / "runs") as day,
        chromium(profiles[0], size="1200,1400") as ana,
        chromium(profiles[1]) as bo,
    ):
        bo.command("Emulation.setDeviceMetricsOverride", **PHONE)
        join(ana, day.links["responder"], "Ana")
        join(bo, day.links["facilitator"], "Bo")
        wait(lambda: "balancer_missing" in text(bo, "faults"), "the fault")
        assert "Hurt now: " in text(bo, "faults")
        wait(lambda: "Heartbeat" in text(ana, "pager"), "the page")
        assert "no data" in text(ana, "dashboards")
        assert "it takes the alerts for misconfigured" in text(ana, "ghost")
        assert "balancer_missing" not in str(ana.ask("document.documentElement.outerHTML"))
        the_facilitator_holds_the_clock(ana, bo)
        for page, name in ((ana, "responder.png"), (bo, "facilitator-on-a-phone.png")):
            assert violations(page, axe) == []
            page.picture(kept(tmp_path, name))
            assert fits(page)
        ana.night()
        assert violations(ana, axe) == []
        ana.picture(kept(tmp_path, "responder-night.png"))

        by_keyboard(ana, "escalate")
        assert by_keyboard(ana, "acknowledge") == "Ana took the page"
        assert "connection refused" in by_keyboard(ana, "tool", choose="curl")
        assert by_keyboard(ana, "tool", choose="describe load balancers") == "there are no load balancers"
        assert " lines" in by_keyboard(ana, "search", write="API POST")
        by_keyboard(ana, "remedy", choose="recreate load balancer")
        wait(lambda: "127.0.0.12" in do(ana, "tool", what="describe load balancers"), "the new balancer")
        assert "pointed pizza-service.pizza.test at" in by_keyboard(ana, "remedy", choose="update DNS")
        wait(lambda: "Failed to fulfill order" in do(ana, "tool", what="buy a pizza"), "the second failure")
        assert by_keyboard(ana, "remedy", choose="follow reportUrl") == "the reportUrl was opened"
        wait(lambda: "Nothing is broken" in text(bo, "faults"), "the shop to be whole")
        by_keyboard(ana, "note", write="<b>all is well</b>")
        wait(lambda: "<b>all is well</b>" in text(bo, "channel"), "the note")
        # Chromium itself complains of each order that was refused above.
        assert [said for said in ana.complaints + bo.complaints if "/do/" not in said] == []
        assert "inject is not for you" in do(ana, "inject", what="task_killed")
        threading.Event().wait(6)  # two minutes in which the shop stays well

        the_facilitator_is_asked_before_it_ends(bo)
        wait(lambda: ana.has_arrived("/debrief"), "the debrief")
        said = str(ana.ask("document.body.textContent"))
        for word in ("PASSED gameday-incident", "you are the first team", "ahead of the ghost", "## Impact"):
            assert word in said
        assert violations(ana, axe) == []
        ana.picture(kept(tmp_path, "debrief.png"))
        the_team_reflects(ana, bo, axe)
        assert day.end() == 0
    assert left_alive(latest(tmp_path)) == []
    the_night_is_played_back(tmp_path, axe)


def the_facilitator_holds_the_clock(ana: Page, bo: Page) -> None:
    """Pause, see that nothing can be done and nothing moves, change the speed, plan an inject and call it off."""
    assert do(bo, "pause") == "time stands still"
    wait(lambda: "paused" in text(ana, "status"), "the pause")
    assert "time stands still" in do(ana, "tool", what="curl")
    assert do(bo, "speed", speed="400").startswith("speed 400 is out of range")
    wait(lambda: stands_still(ana), "the last requests to end")
    assert do(bo, "speed", speed="10") == "time goes at speed 10"
    assert do(bo, "inject", what="task_killed", after="30m") == "task_killed begins in 30 min"
    wait(lambda: "task_killed" in text(bo, "faults"), "the plan")
    number = bo.ask("[...document.querySelectorAll('[action$=\"/do/cancel\"] [name=what]')].at(-1).value")
    assert do(bo, "cancel", what=number).startswith("called off: task_killed")
    assert do(bo, "speed", speed="20") == "time goes at speed 20"


def the_facilitator_is_asked_before_it_ends(bo: Page) -> None:
    """Press the button that ends it for everybody, think better of it, and press it again."""
    button = "document.querySelector('[action$=\"/do/abort\"] button').click()"
    bo.ask(f"window.confirm = (words) => {{ window.asked = words; return false; }}; {button}")
    assert "for everybody?" in str(bo.ask("window.asked"))
    assert do(bo, "note", text="not yet") == "noted"
    bo.ask(f"window.confirm = () => true; {button}")


def stands_still(page: Page) -> bool:
    """Say whether neither the clock nor any diner has moved for a second, which is 20 s at speed 20."""
    before = text(page, "status"), text(page, "visits")
    threading.Event().wait(1)
    return before == (text(page, "status"), text(page, "visits"))


def the_team_reflects(ana: Page, bo: Page, axe: str) -> None:
    """Write an answer by keyboard, and read it on the other side."""
    ana.tab_to("a[href='retrospective']")
    with ana.loading():
        ana.key("Enter")
    assert violations(ana, axe) == []
    ana.tab_to("#answer-1")
    ana.type("DNS; it was <i>the balancer</i>")
    ana.tab_to("form button")
    with ana.loading():
        ana.key("Enter")
    wait(lambda: bo.has_arrived("/debrief"), "the debrief on the other side")
    bo.visit(str(ana.ask("location.href")).replace("/responder/", "/facilitator/"))
    assert "DNS; it was <i>the balancer</i>" in str(bo.ask("document.body.textContent"))


def the_night_is_played_back(tmp_path: Path, axe: str) -> None:
    """See the recorded night as an observer, jump within it, and find it unchanged."""
    run = latest(tmp_path)
    history = (run / HISTORY_FILE).read_bytes()
    told = History.read(run / HISTORY_FILE)
    paged = told.of(PageSent)[0].steady - told.run.steady
    with gameday("replay", run, roles=2) as day, chromium(tmp_path / "cy") as cy:
        cy.command("Emulation.setDeviceMetricsOverride", **PHONE)
        join(cy, day.links["facilitator"], "Cy")
        assert "No page so far" in text(cy, "pager")
        assert "is nothing that can be done here" in do(cy, "inject", what="task_killed")
        assert do(cy, "jump", to=f"{paged + 1:.0f}s").startswith("at ")
        wait(lambda: "balancer_missing" in text(cy, "faults"), "the fault")
        wait(lambda: "no data" in text(cy, "dashboards") and "Heartbeat" in text(cy, "pager"), "the page")
        assert violations(cy, axe) == []
        cy.picture(kept(tmp_path, "replay-on-a-phone.png"))
        assert fits(cy)
        do(cy, "jump", to="8h")
        wait(lambda: "It is over" in text(cy, "status"), "the end")
        cy.visit(str(cy.ask("document.querySelector('#status a').href")))
        assert "PASSED gameday-incident" in str(cy.ask("document.body.textContent"))
        assert day.end() == 0
    assert (run / HISTORY_FILE).read_bytes() == history


def one_browser_holds_another_role_too(ana: Page, day: GameDay) -> None:
    """Open a second role's link beside the first, and find each desk what it was."""
    desk = str(ana.ask("location.href"))
    join(ana, day.links["facilitator"], "Ana")
    assert do(ana, "hint", text="both at once") == "noted"
    ana.visit(desk)
    assert "both at once" in text(ana, "channel")
    assert "hint is not for you" in do(ana, "hint", text="from the wrong seat")


def test_killed_browser_and_killed_harness_lose_nothing_that_was_answered(tmp_path: Path) -> None:
    with gameday("free", "--speed", "20", "--runs", tmp_path / "runs") as day:
        with chromium(tmp_path / "ana") as ana:
            join(ana, day.links["responder"], "Ana")
            assert do(ana, "note", text="before the browser was killed") == "noted"
            one_browser_holds_another_role_too(ana, day)
        with chromium(tmp_path / "again") as ana:
            join(ana, day.links["responder"], "Ana")
            assert "before the browser was killed" in text(ana, "channel")
            with ana.loading():
                ana.command("Page.reload")
            assert "before the browser was killed" in text(ana, "channel")
            assert do(ana, "note", text="before the harness was killed") == "noted"
            day.end(signal.SIGKILL)
    run = latest(tmp_path)
    history = History.read(run / HISTORY_FILE)
    assert [note.text for note in history.of(NoteTaken)] == [
        "before the browser was killed",
        "both at once",
        "before the harness was killed",
    ]
    assert history.of(PanelsRead)
    assert not history.of(PageSent)
    with gameday("replay", run, roles=2) as day, chromium(tmp_path / "cy") as cy:
        join(cy, day.links["observer"], "Cy")
        assert "inject" not in str(cy.ask("document.documentElement.outerHTML"))
    wait(lambda: left_alive(run) == [], "the lease to lapse")
