"""`pizza-chaos gameday`: starts the system and the page, hands out the links, and ends with the debrief."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness.checks import acknowledged_within, detected_within, reset_within
from harness.durations import duration
from harness.errors import HarnessError
from harness.gameday.roles import Role, Tokens
from harness.gameday.session import Outset, Session
from harness.gameday.stories import story
from harness.gameday.web import GameDayWeb
from harness.progress import Screen
from harness.report.verdict import summary
from harness.run import Plan, Run
from harness.settings import Settings
from harness.telemetry.receiver import Server

REAL_SPEED = 1.0
"""People are not faster than people."""

BUDGETS = {"detected": "5m", "acknowledged": "10m", "reset": "60m"}
"""What a team is held to, unless it says otherwise."""

LOOKS_EVERY_SECONDS = 0.2
LINGERS_SECONDS = 1800.0
"""How long the debrief stays to be read, unless somebody presses Ctrl-C before."""


def plan_of(name: str, settings: Settings) -> Plan:
    """Make the plan of a game day that begins now."""
    begins = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"  # noqa: TID251 - people play it now
    return Plan(
        name=f"gameday-{name}",
        source=Path(__file__),
        hypothesis="The people on call notice what is wrong, find out why, and bring the shop back.",
        begins=begins,
        expects_no_fault=False,
        settings=settings,
        again=("gameday", name),
    )


def session_of(name: str, settings: Settings, *, outset: tuple[int, str], screen: Screen) -> Session:
    """Make a game day, not started.

    Args:
        name: of the story.
        settings: stack, speed, seed, where runs are kept.
        outset: how many diners there are, and when it ends by itself.
        screen: where progress goes.

    Raises:
        ScenarioError: when there is no such story.
    """
    diners, longest = outset
    told = story(name, seed=settings.seed)
    run = Run(plan_of(name, settings), screen=screen)
    for check, budget in zip((detected_within, acknowledged_within, reset_within), BUDGETS.values(), strict=True):
        run.scenario.expect(check, budget)
    return Session(run, Outset(told, diners, duration(longest)))


def play(session: Session, *, port: int, say: Callable[[str], None], browser: bool = False) -> int:
    """Serve the page until the game day is over or somebody presses Ctrl-C; gives the exit code.

    Raises:
        HarnessError: when the system did not come up, or the port is taken.
    """
    player = threading.Thread(target=session.play, name="game day")
    player.start()
    say("starting the shop …")
    try:
        session.ready.wait()
        if session.trouble:
            raise HarnessError(session.trouble)
        asyncio.run(_serve(session, port=port, say=say, browser=browser))
    finally:
        session.end()
        player.join()
    if session.verdict is None:
        raise HarnessError(session.trouble or "the game day left no verdict.")
    return {"passed": 0, "failed": 1}.get(str(session.verdict["verdict"]), 2)


async def _serve(session: Session, *, port: int, say: Callable[[str], None], browser: bool) -> None:
    tokens = Tokens()
    web = GameDayWeb(session, tokens, hosts=lambda: _hosts(server.port))
    server = Server(web.app, port=port)
    await server.start()
    for line in invitations(server.url, tokens):
        say(line)
    if browser:
        webbrowser.open(f"{server.url}/?token={tokens.of(Role.FACILITATOR)}")
    leaving = asyncio.Event()

    def leave() -> None:
        session.end()
        leaving.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leave)
    try:
        while not session.over.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(LOOKS_EVERY_SECONDS)  # noqa: TID251 - of the wall
        if session.verdict is not None:
            say(summary(session.verdict))
        if not leaving.is_set():
            say(f"the debrief is open at {server.url}/debrief for {LINGERS_SECONDS / 60:.0f} minutes; Ctrl-C closes it")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(leaving.wait(), LINGERS_SECONDS)
    finally:
        await server.stop()


def invitations(url: str, tokens: Tokens) -> Sequence[str]:
    """Give a link for each role, to hand out."""
    width = max(len(role.value) for role in Role)
    return [f"{role.value:>{width}}: {url}/?token={tokens.of(role)}" for role in Role]


def settings_of(settings: Settings, *, speed: float | None) -> Settings:
    """Let a game day run at the speed of people, unless another is asked for."""
    return replace(settings, speed=speed or REAL_SPEED)


def _hosts(port: int) -> frozenset[str]:
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"})
