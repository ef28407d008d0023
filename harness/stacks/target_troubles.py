"""What can be wrong with where the load balancer forwards, while the tasks behind it are well.

Runs in the stack's loop.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

from harness.faults.troubles import TargetsHalfDead, TargetsWithheld
from harness.ingress.records import Address

Targets = tuple[Address, ...]
"""Where a load balancer forwards."""


class Cloud(Protocol):
    """What tells the load balancer its targets."""

    detours: dict[str, Callable[[Targets], Targets]]
    """What is changed about them, by the name of the trouble that wants it."""

    def tell_targets(self) -> None:
        """Tell it anew."""
        ...


TargetTrouble = TargetsWithheld | TargetsHalfDead


class TargetTroubles:
    """Tells the load balancer other targets than there are."""

    def __init__(self) -> None:
        self.cloud: Cloud | None = None
        """Whose load balancer it is, once there is one."""
        self._dead: socket.socket | None = None

    async def begin(self, trouble: TargetTrouble) -> None:
        """Withhold all targets, or add a dead one for each."""
        if isinstance(trouble, TargetsWithheld):
            self._there.detours[trouble.name] = _none
        else:
            dead = self._refusing()
            self._there.detours[trouble.name] = lambda targets: tuple(both for one in targets for both in (one, dead))
        self._there.tell_targets()

    async def end(self, trouble: TargetTrouble) -> None:
        """Tell it the targets that there are."""
        self._there.detours.pop(trouble.name, None)
        self._there.tell_targets()
        if self._dead is not None:
            self._dead.close()
            self._dead = None

    def stands(self, trouble: TargetTrouble) -> bool:
        """Say whether it is told something else than there is."""
        return trouble.name in self._there.detours

    @property
    def _there(self) -> Cloud:
        assert self.cloud is not None, "targets are changed after the start"
        return self.cloud

    def _refusing(self) -> Address:
        """Take a port at which nobody listens, so that it refuses for as long as we have it."""
        self._dead = socket.socket()
        self._dead.bind(("127.0.0.1", 0))
        return Address(*self._dead.getsockname())


def _none(_targets: Targets) -> Targets:
    return ()
