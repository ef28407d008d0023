"""The diners of a simulation: the lives of harness/load/diners.py, lived in virtual time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from random import Random

from harness.errors import ScenarioError
from harness.events import DinersChanged
from harness.load.diners import Call, Habits, Life, diner
from harness.load.outcomes import Reply, Trouble, unanswered
from harness.stacks.simulated.browser import SimulatedBrowser
from harness.stacks.simulated.world import World

GRACE_SECONDS = 1.0
"""How long a diner who is to leave may wait for a reply that is under way."""


class SimulatedDiners:
    """Everyone who wants pizza.

    Args:
        browser: gives each diner, by name, a browser of their own.
        habits: what all diners have in common.
        world: where they live.

    Evidence: RequestFinished, DinersChanged.
    """

    def __init__(self, browser: Callable[[str], SimulatedBrowser], *, habits: Habits, world: World) -> None:
        self._browser = browser
        self._habits = habits
        self._world = world
        self._numbers = itertools.count(1)
        self._present: list[_Guest] = []
        _rehearse(habits)

    def be(self, count: int) -> None:
        """Let diners come or go until there are so many; who came last leaves first, and does not come back.

        Raises:
            ScenarioError: when the count is negative.
        """
        if count < 0:
            message = f"there cannot be {count} diners. Write 0 or more."
            raise ScenarioError(message)
        if count == len(self._present):
            return
        while len(self._present) > count:
            self._present.pop().leave()
        while len(self._present) < count:
            self._present.append(self._arrival())
        self._world.record(DinersChanged(count=count))

    def _arrival(self) -> _Guest:
        name = f"diner-{next(self._numbers)}"
        life = diner(name, rng=self._world.chance(name), habits=self._habits)
        return _Guest(name, life, browser=self._browser(name), world=self._world)


class _Guest:
    """One diner's life as it is lived."""

    def __init__(self, name: str, life: Life, *, browser: SimulatedBrowser, world: World) -> None:
        self._life = life
        self._browser = browser
        self._world = world
        self._waits = False
        self._leaves = False
        self._living = world.background.run(name, self._live())

    async def _live(self) -> None:
        step = next(self._life)
        while not self._leaves:
            if isinstance(step, Call):
                step = self._life.send(await self._make(step))
            else:
                await self._world.loop.sleep(step.length.total_seconds())
                step = next(self._life)

    def leave(self) -> None:
        self._leaves = True
        if self._waits:
            self._world.loop.call_later(GRACE_SECONDS, self._living.cancel)
        else:
            self._living.cancel()

    async def _make(self, call: Call) -> Reply:
        started = self._world.clock.steady()
        self._waits = True
        try:
            reply, finished = await self._browser.make(call)
        except asyncio.CancelledError:
            left = unanswered(Trouble.LEFT, method=call.method, sent=True)
            self._world.record(self._browser.finished(call, left, started=started))
            raise
        finally:
            self._waits = False
        self._world.record(finished)
        return reply


def _rehearse(habits: Habits) -> None:
    """Live up to the first call, before the world is closed: whatever makes up names reads the clock when it loads."""
    life = diner("nobody", rng=Random(0), habits=habits)
    while not isinstance(next(life), Call):
        continue
