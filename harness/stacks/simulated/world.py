"""The world of one simulation: its time, its network, what runs in it, and what goes wrong with it.

Between two stretches of virtual time the loop stands still, so that everything may be touched without a lock.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from random import Random
from typing import Any, TypeVar

from harness.clock import VirtualClock
from harness.errors import HarnessError
from harness.events import Event, HarnessTroubled
from harness.stacks.simulated.background import Background
from harness.stacks.simulated.garbage import garbage
from harness.stacks.simulated.model import Model
from harness.testing import BlockingTransport, Network, Seal, VirtualLoop

Result = TypeVar("Result")


class World:
    """A loop, a network and a seal around both.

    Resource handling: `open`, then `close`, which may be called twice, and of a world that was never opened.

    Error handling: whatever fails unheard (a coroutine in the background, a callback, an application, a leak) is kept
    as HarnessTroubled, and raised by the next `call` or `live`.

    Args:
        clock: the scenario's; only this world moves it.
        seed: of all chance.
        model: how long things take.
        record: keeps an event.
        network: makes the network, from what is told of applications that fail.
    """

    def __init__(
        self,
        clock: VirtualClock,
        *,
        seed: int,
        model: Model,
        record: Callable[[Event], object],
        network: type[Network] = Network,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.model = model
        self.record = record
        self.loop = VirtualLoop(moved=clock.move_to)
        self.loop.set_exception_handler(self._escaped)
        self.background = Background(self.loop, trouble=self.troubled)
        self.network = network(on_error=lambda address, error: self.troubled(f"the application at {address}", error))
        self.transport = BlockingTransport(self.network, loop=self.loop)
        self._seal = Seal(seed=seed)
        self._trouble = ""
        self.is_open = False
        """Whether it is between `open` and `close`."""

    def open(self) -> None:
        """Close the world off from the real one."""
        self._seal.__enter__()
        garbage.seldom()
        self.is_open = True

    def close(self) -> None:
        """End whatever still runs, and let the real world in again."""
        try:
            self.loop.end()
        finally:
            if self.is_open:
                self.is_open = False
                garbage.as_usual()
                self._seal.__exit__()
        self._notice_a_leak()

    def chance(self, of: str) -> Random:
        """Give a source of chance that nobody else draws from."""
        return Random(f"{self.seed}/{of}")

    def call(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Let virtual time pass until a coroutine has ended, and give its result."""
        result = self.loop.run_until_complete(coroutine)
        self.check()
        return result

    def live(self, length: timedelta, *, glance: Callable[[], object], every: timedelta) -> None:
        """Let so much virtual time pass, with a glance at it every so often.

        Raises:
            HarnessError: when something has gone wrong meanwhile.
        """
        now = self.loop.time()
        ends, pause = now + length.total_seconds(), every.total_seconds()
        while now < ends:
            now = min(now + pause, ends)
            self.loop.run_until_complete(_until(now))
            glance()
            self.check()

    def repeat(self, name: str, what: Callable[[], object], *, every: timedelta) -> None:
        """Do something at once and every so often; when it fails that is noted, and it is not done again."""
        seconds, later = every.total_seconds(), self.loop.call_later  # no task: a day has 86,400 seconds

        def again() -> None:
            try:
                what()
            except Exception as error:
                self.troubled(name, error)
            else:
                later(seconds, again)

        again()

    def settle(self, seconds: float) -> None:
        """Let what is under way come to an end, and raise nothing."""
        self.loop.run_until_complete(_until(self.loop.time() + seconds))

    def check(self) -> None:
        """Raise a HarnessError if anything has gone wrong so far."""
        self._notice_a_leak()
        if self._trouble:
            raise HarnessError(self._trouble)

    def troubled(self, where: str, error: BaseException) -> None:
        """Note that something failed which must not: no run with such a note is ever green."""
        what = str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
        self._trouble = self._trouble or f"{where}: {what}"
        with contextlib.suppress(HarnessError):
            self.record(HarnessTroubled(where=where, error=what))

    def _escaped(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.troubled(context["message"], context.get("exception") or HarnessError(str(context)))

    def _notice_a_leak(self) -> None:
        leak, self._seal.leak = self._seal.leak, None
        if leak is not None:
            self.troubled("the seal on this simulation", leak)


async def _until(when: float) -> None:
    loop = asyncio.get_running_loop()
    reached = loop.create_future()
    loop.call_at(when, reached.set_result, None)
    await reached
