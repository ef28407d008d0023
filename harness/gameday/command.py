"""`pizza-chaos gameday`: starts the system and the page, hands out the links, and ends with the debrief."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.durations import duration
from harness.errors import HarnessError, ScenarioError
from harness.gameday.aws import aws_endpoint, settings_to_call
from harness.gameday.debrief import BUDGETS
from harness.gameday.replay import Replay
from harness.gameday.roles import Role, Tokens
from harness.gameday.session import Outset, Session
from harness.gameday.stage import Stage
from harness.gameday.stories import story
from harness.gameday.terminal import TerminalDesk
from harness.gameday.web import GameDayWeb
from harness.progress import Screen
from harness.run import Plan, Run
from harness.settings import Settings
from harness.stacks.simulated.stack import SimulatedStack
from harness.telemetry.receiver import Server

LOOPBACK = "127.0.0.1"
REAL_SPEED = 1.0
"""People are not faster than people."""

LOOKS_EVERY_SECONDS = 0.2
LINGERS_SECONDS = 1800.0
"""How long the debrief stays to be read, unless somebody presses Ctrl-C before."""


@dataclass(frozen=True, slots=True)
class Venue:
    """Where people meet."""

    port: int
    """Of the page; 0 for any that is free."""
    say: Callable[[str], None]
    """Prints a line."""
    browser: bool = False
    """Whether the facilitator's desk is opened at once."""
    terminal: bool = False
    """Whether this terminal becomes a responder's desk."""
    aws: bool = False
    """Whether the deployment is served to AWS's own tools too."""


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
        ScenarioError: when there is no such story, or the stack has no wall clock.
    """
    if settings.stack == SimulatedStack.name:
        message = f"a game day is played in real time: stack processes or containers, not {settings.stack}."
        raise ScenarioError(message)
    diners, longest = outset[0], duration(outset[1])
    told = story(name, seed=settings.seed)
    run = Run(plan_of(name, settings), screen=screen)
    for budget in BUDGETS:
        run.scenario.expect(budget.check, budget.most)
    return Session(run, Outset(told, diners, longest))


def require_port(port: int) -> None:
    """Make sure that the page can be served at a port, before anything is begun for it.

    Raises:
        ScenarioError: when it is taken, or not for everybody.
    """
    instead = "Give another with --port, or --port 0 for any that is free."
    try:
        socket.create_server((LOOPBACK, port)).close()
    except PermissionError as error:
        message = f"the page may not be served at port {port}, which is the administrator's. {instead}"
        raise ScenarioError(message) from error
    except OSError as error:
        message = f"the page cannot be served at port {port}: something else is there. {instead}"
        raise ScenarioError(message) from error


def play(session: Session, venue: Venue) -> int:
    """Serve the page until the game day is over or somebody presses Ctrl-C; gives the exit code.

    Raises:
        HarnessError: when the system did not come up, or the port is taken.
    """
    try:
        show(session, venue, roles=tuple(Role))
    finally:
        session.leave()
    if session.verdict is None:
        raise HarnessError(session.trouble or "the game day left no verdict.")
    return {"passed": 0, "failed": 1}.get(str(session.verdict["verdict"]), 2)


def play_back(directory: Path, venue: Venue) -> None:
    """Serve a recorded game day until somebody presses Ctrl-C.

    Raises:
        HarnessError: when there is no history in that directory, or the port is taken.
    """
    show(Replay(directory), venue, roles=(Role.FACILITATOR, Role.OBSERVER))


def show(day: Stage, venue: Venue, *, roles: Sequence[Role]) -> None:
    """Let a game day go on, and serve its desks until it is over and its debrief was read.

    Raises:
        HarnessError: when the system did not come up, or the port is taken.
    """
    asyncio.run(_serve(day, venue, roles=roles))


async def _serve(day: Stage, venue: Venue, *, roles: Sequence[Role]) -> None:
    tokens = Tokens()
    web = GameDayWeb(day, tokens, hosts=lambda: _hosts(server.port))
    server = Server(web.app, port=venue.port)
    await server.start()  # before the shop: a port that is taken should be told of at once
    try:
        async with _played(day, venue) as leaving:
            links = invitations(server.url, tokens, roles=roles)
            venue.say("\n".join(links))
            if venue.browser:
                webbrowser.open(f"{server.url}/?token={tokens.of(Role.FACILITATOR)}")
            desk = TerminalDesk(day, links) if venue.terminal else None
            await _meet(day, venue, desk=desk, leaving=leaving)
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def _played(day: Stage, venue: Venue) -> AsyncIterator[asyncio.Event]:
    """Let it go on in a thread of its own for as long as the block runs; gives what Ctrl-C sets."""
    leaving = asyncio.Event()

    def leave() -> None:
        day.end()
        if not (day.over.is_set() or venue.terminal):
            venue.say("ending: healing everything and writing the reports …")
        leaving.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leave)
    player = threading.Thread(target=day.play, name="game day")
    player.start()
    try:
        if not day.ready.is_set():
            venue.say("starting the shop …")
        await _until(day.ready)
        if day.trouble:
            raise HarnessError(day.trouble)
        yield leaving
    finally:
        day.end()
        await asyncio.to_thread(player.join)


async def _meet(day: Stage, venue: Venue, *, desk: TerminalDesk | None, leaving: asyncio.Event) -> None:
    """Let people at it until it is over, and leave the debrief to be read."""
    aws = Server(aws_endpoint(day).app) if venue.aws else None
    if aws is not None:
        await aws.start()
        venue.say("\n".join(["the AWS CLI and boto3 see the shop after:", *settings_to_call(aws.url)]))
    try:
        with desk or contextlib.nullcontext():
            await _until(day.over)
        if day.trouble:
            venue.say(day.trouble)
        if day.debrief is not None:
            venue.say(day.debrief.summary)
        if not leaving.is_set():
            minutes = f"{LINGERS_SECONDS / 60:.0f} minutes"
            venue.say(f"the debrief is open at the same links for {minutes}; Ctrl-C closes it")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(leaving.wait(), LINGERS_SECONDS)
    finally:
        if aws is not None:
            await aws.stop()


async def _until(event: threading.Event) -> None:
    while not event.is_set():  # noqa: ASYNC110 - set by another thread
        await asyncio.sleep(LOOKS_EVERY_SECONDS)  # noqa: TID251 - of the wall


def invitations(url: str, tokens: Tokens, *, roles: Iterable[Role] = Role) -> Sequence[str]:
    """Give a link for each role, to hand out."""
    width = max(len(role.value) for role in Role)
    return [f"{role.value:>{width}}: {url}/?token={tokens.of(role)}" for role in roles]


def settings_of(settings: Settings, *, speed: float | None) -> Settings:
    """Let a game day run at the speed of people, unless another is asked for."""
    return settings.overridden({"speed": speed or REAL_SPEED}, where="command line")


def _hosts(port: int) -> frozenset[str]:
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"})
