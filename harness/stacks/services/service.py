"""What a stack must know of the service under test, and nothing about how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from harness.ingress.control_plane import Site
from harness.stacks.children import Launch


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a service task is told about the world."""

    directory: Path
    """The run's own directory, for its database."""
    factory_url: str
    """Where orders are fulfilled."""
    telemetry_url: str
    """Where metrics and logs go."""


@dataclass(frozen=True, slots=True)
class Companion:
    """Something that every task needs besides the factory, behind a link that faults can hurt."""

    name: str
    """What it is called in the history, and its link: `database`."""
    address: str
    """Where it listens, `host:port`; "" where only its child will know."""
    sought_at: str
    """Where tasks look for it, and so where its link listens; "" where they find it without one."""
    launch: Launch | None = None
    """How to start it; None when it runs already."""


class ServiceUnderTest(Protocol):
    """A service, its factory, and the alert rules that its team lives with."""

    @property
    def site(self) -> Site:
        """Its name, and how it is deployed."""
        ...

    @property
    def rules(self) -> Path:
        """Alert rules in Prometheus rule-file YAML."""
        ...

    @property
    def push_interval(self) -> timedelta:
        """How often it pushes metrics and logs."""
        ...

    @property
    def vendor_key(self) -> str:
        """Its key at the factory."""
        ...

    @property
    def admin_key(self) -> str:
        """The factory's own key, to undo what a vendor cannot."""
        ...

    @property
    def signing_key(self) -> str:
        """What it wants bodies to be signed with; "" where it wants no signature."""
        ...

    @property
    def keeps_wall_time(self) -> bool:
        """Whether its clock is this machine's own, because it cannot be told the scenario's."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Of what is tested, and what that runs on, for the record."""
        ...

    def factory(self) -> Launch:
        """Say how to start the factory that it orders from."""
        ...

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:
        """Say how to start one task of it, which runs this version of the code."""
        ...

    def companions(self) -> tuple[Companion, ...]:
        """Say what its tasks need besides the factory, such as a database.

        Raises:
            HarnessError: when it cannot be prepared.
        """
        ...

    def seed(self, url: str) -> None:
        """Give a service that has just come up what diners need: a menu and a store.

        Raises:
            HarnessError: when it refuses.
        """
        ...

    def close(self) -> None:
        """Remove what was made for it; everything that was started has ended by then. Closing twice is fine."""
        ...
