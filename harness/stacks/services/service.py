"""What a stack must know of the service under test, and nothing about how it is written."""

from __future__ import annotations

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

    def factory(self) -> Launch:
        """Say how to start the factory that it orders from."""
        ...

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:
        """Say how to start one task of it, which runs this version of the code."""
        ...
