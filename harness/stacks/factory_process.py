"""The factory as a process that can be killed, and comes back where it was.

It keeps nothing on disk: a factory that comes back has forgotten its chaos, and signs with a new key.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from harness.errors import HarnessError
from harness.faults.troubles import FactoryDown
from harness.stacks.children import Child, Children, Launch

GONE_WITHIN_SECONDS = 3.0


class FactoryProcess:
    """The one factory of a run, through all its lives."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._launch = Launch("factory", [])
        self._children: Children | None = None

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.is_alive

    def start(self, launch: Launch, *, children: Children) -> Child:
        """Start it for the first time."""
        self._launch, self._children = launch, children
        self._child = children.start(launch)
        return self._child

    async def begin(self, trouble: FactoryDown) -> None:  # noqa: ARG002 - there is one factory, and one way to kill it
        """Kill it."""
        child = self._there
        child.stop(kill=True)
        if not await asyncio.to_thread(child.wait, GONE_WITHIN_SECONDS):
            message = f"the factory ({child.pid}) was killed and is still there."
            raise HarnessError(message)

    async def end(self, trouble: FactoryDown) -> None:  # noqa: ARG002
        """Start it again at the address it had."""
        if self.is_up or self._children is None:
            return
        port = self._there.address.rpartition(":")[2]
        self._child = self._children.start(replace(self._launch, argv=[*self._launch.argv, "--port", port]))
        await asyncio.to_thread(self._child.wait_until_ready)

    def stands(self, trouble: FactoryDown) -> bool:  # noqa: ARG002
        """Say whether it is down."""
        return not self.is_up

    @property
    def _there(self) -> Child:
        assert self._child is not None, "the factory is killed after it was started"
        return self._child
