"""The harness's end of the edge: what it says is heard, what it is asked is answered."""

from __future__ import annotations

import asyncio
import itertools
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import HarnessError
from harness.events import Event
from harness.ingress.records import Address
from harness.stacks.children import Child, Children, Ears, Launch
from harness.stacks.containers.launch import ContainerLaunch, InsideLaunch
from harness.stacks.containers.messages import Answered, Ask, Behave, Done, Happened, Point, Said, Told
from harness.stacks.looping import LoopThread
from harness.stacks.run_links import heard

EDGE = "edge"
"""What it is called in the history."""

IMAGE = "pizza-chaos/harness:latest"

OBEYS_WITHIN_SECONDS = 10.0
"""Wall seconds; a quiet machine needs a few thousandths of one."""


class EdgeContainer:
    """The container in which a run's name server, load balancers and links live.

    `ask` runs in the stack's loop; everything else may be called from anywhere.

    Args:
        loop: the stack's.
        record: keeps what happens in it.
        trouble: told when it ends without having been asked to.

    Cleanup: the container belongs to the children it was started among.
    """

    def __init__(
        self, *, loop: LoopThread, record: Callable[[Event], object], trouble: Callable[[str, str], object]
    ) -> None:
        self.names = Address("", 0)
        """Where its name server listens; its host is the container's own address."""
        self.noticed: Callable[[], object] = lambda: None
        """Called for each question that was not answered as it should have been."""
        self._loop = loop
        self._record = record
        self._trouble = trouble
        self._child: Child | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answered]] = {}
        self._ordered: dict[int, threading.Event] = {}
        self._is_needed = True

    def start(self, children: Children, *, host: str, seed: int, directory: Path) -> None:
        """Start it; `ready` says when it listens.

        Args:
            children: among whom it lives.
            host: this machine, as containers find it.
            seed: of what toxics leave to chance.
            directory: the run's own, where certificates are.
        """
        argv = [sys.executable, "-m", "harness.stacks.containers.edge", "--host", host, "--seed", str(seed)]
        launch = ContainerLaunch(EDGE, argv, image=IMAGE, folders=(directory.resolve(),), hears=True)
        self._child = children.start(launch, ears=Ears(line=self._hear, exited=self._exited))

    async def ready(self) -> None:
        """Come back when it listens.

        Raises:
            HarnessError: with its last words, when it does not come up.
        """
        assert self._child is not None, "an edge is ready after it was started"
        self.names = Address.parse(await asyncio.to_thread(self._child.wait_until_ready))

    def beside(self, launch: Launch) -> Launch:
        """Let a program run in its container, instead of on this machine."""
        return InsideLaunch(launch.component, launch.argv, launch.environment, within=EDGE)

    @property
    def is_alive(self) -> bool:
        """Whether it runs; in one that has ended there is nothing left to heal."""
        return self._child is not None and self._child.is_alive

    def order(self, told: Callable[[int], Point | Behave]) -> None:
        """Tell its name server something, and come back when it does so, for whoever asks a name next must see it.

        Args:
            told: given the order's number, the line.

        Raises:
            HarnessError: when it does not obey. One that has ended is trouble already, and obeys nobody.
        """
        number, done = next(self._numbers), threading.Event()
        self._ordered[number] = done
        self._tell(told(number))
        if self.is_alive and not done.wait(OBEYS_WITHIN_SECONDS):
            message = f"the edge did not do what it was told within {OBEYS_WITHIN_SECONDS:g} s: {told(number)}."
            raise HarnessError(message)

    async def ask(self, method: str, path: str, *, headers: Mapping[str, str], body: str) -> Answered:
        """Send a request to the control API of its links.

        Raises:
            HarnessError: when it is gone.
        """
        number = next(self._numbers)
        waiting: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._asked[number] = waiting
        self._tell(Ask(number, method, path, dict(headers), body))
        if not self.is_alive:
            self._forget_all()
        return await waiting

    def let_go(self) -> None:
        """Need it no longer, so that its end is no trouble."""
        self._is_needed = False

    def _tell(self, told: Told) -> None:
        assert self._child is not None, "an edge is told something once it was started"
        self._child.tell(msgspec.to_builtins(told))

    def _hear(self, line: dict[str, Any]) -> None:
        said = msgspec.convert(line, Said)
        match said:
            case Happened(what=event):
                for kept in heard(event):
                    self._record(kept)
            case Answered():
                self._loop.soon(self._answer, said)
            case Done(number=number):
                self._ordered.pop(number).set()
            case _:
                self.noticed()

    def _answer(self, answered: Answered) -> None:
        waiting = self._asked.pop(answered.number, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answered)

    def _exited(self, code: int) -> None:
        for done in tuple(self._ordered.values()):
            done.set()
        self._loop.soon(self._forget_all)
        if self._is_needed:
            self._trouble(
                EDGE, f"its container ended by itself with code {code}. Look at its log in the run's directory."
            )

    def _forget_all(self) -> None:
        while self._asked:
            _, waiting = self._asked.popitem()
            if not waiting.done():
                waiting.set_exception(HarnessError("the edge has ended, and its links with it."))
