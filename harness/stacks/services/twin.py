"""The bundled twin of the public jwt-pizza-service, with the bundled factory and the course's alert rules."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from harness.errors import ScenarioError, unknown_name
from harness.ingress.control_plane import Site
from harness.stacks.children import Launch
from harness.stacks.services.service import Companion, Surroundings
from pizza_service.settings import Flaw

PUSH_INTERVAL = timedelta(seconds=15)
"""How often the twin pushes metrics and logs: between the course's 10 s and the 60 s that some teams chose."""

COURSE_RULES = Path(__file__).with_name("pizza_alerts.yaml")
"""What the course's teams alert on."""

BCRYPT_COST = 4
"""Cheap on purpose: at speed 20 the real cost of 10 would read as a second of waiting for each log-in."""

DATABASE_FILE = "pizza.sqlite"
"""What all its tasks share, in the run's directory."""

VENDOR_KEY = "pizza-chaos-vendor"
ADMIN_KEY = "pizza-chaos-admin"


def factory_twin(*, vendor_key: str, admin_key: str) -> Launch:
    """Say how to start the factory twin."""
    keys = ["--vendor-key", vendor_key, "--admin-key", admin_key]
    return Launch("factory", [sys.executable, "-m", "fake_factory", "--port", "0", *keys])


@dataclass(frozen=True, slots=True)
class TwinService:
    """The pizza service that comes with the harness."""

    fixes: tuple[str, ...] = ()
    """Flaws of the real service that are turned off."""
    site: Site = field(
        default_factory=lambda: Site(
            name="pizza-service.pizza.test", service="pizza-service", ttl=timedelta(seconds=30)
        )
    )
    rules: Path = COURSE_RULES
    push_interval: timedelta = PUSH_INTERVAL
    vendor_key: str = VENDOR_KEY
    admin_key: str = ADMIN_KEY
    signing_key: str = ""
    keeps_wall_time: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {"all", *(flaw.value for flaw in Flaw)}
        for fix in self.fixes:
            if fix not in known:
                raise ScenarioError(f"fix: {unknown_name('flaw', fix, known=known)}")

    def factory(self) -> Launch:
        """Say how to start the factory twin."""
        return factory_twin(vendor_key=self.vendor_key, admin_key=self.admin_key)

    def companions(self) -> tuple[Companion, ...]:
        """Need nothing else: its database is a file."""
        return ()

    def seed(self, url: str) -> None:
        """Do nothing: it comes up with the course's data."""

    def close(self) -> None:
        """Do nothing: what it has made is in the run's directory."""

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:
        """Say how to start a service twin; all tasks share one SQLite file, or what else `database_for` names."""
        argv = [sys.executable, "-m", "pizza_service", "--port", "0", "--version-name", version]
        argv += ["--database", self.database_for(surroundings), "--seed", "course"]
        argv += ["--factory-url", surroundings.factory_url, "--factory-key", self.vendor_key]
        argv += ["--metrics-url", f"{surroundings.telemetry_url}/otlp/v1/metrics", "--metrics-key", "1:pizza"]
        argv += ["--logs-url", f"{surroundings.telemetry_url}/loki/api/v1/push", "--logs-key", "1:pizza"]
        argv += ["--push-interval", f"{self.push_interval.total_seconds():g}s", "--bcrypt-cost", str(BCRYPT_COST)]
        for fix in self.fixes:
            argv += ["--fix", fix]
        return Launch(name, argv)

    def database_for(self, surroundings: Surroundings) -> str:
        """Say where a task keeps its data."""
        return str(surroundings.directory / DATABASE_FILE)
