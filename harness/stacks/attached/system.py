"""A system that is up, as the service under test: where its parts are, and that each of them answers.

Without settings its parts are where `docker compose up` puts them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import httpx

from fake_factory.settings import DEFAULT_ADMIN_KEY, DEFAULT_VENDOR_KEY
from harness.errors import HarnessError
from harness.ingress.control_plane import Site
from harness.load.diners import stores_in
from harness.settings import NOWHERE, Settings
from harness.stacks.children import Launch
from harness.stacks.safety import refuse_unless_ours
from harness.stacks.services.node.service import BLACK_BOX_RULES
from harness.stacks.services.service import Companion, Surroundings
from harness.stacks.services.twin import COURSE_RULES

SITE = "http://127.0.0.1:3000"
FACTORY = "http://127.0.0.1:4000"
CONTROL = "http://127.0.0.1:8474"
CONTROL_TOKEN = "pizza-chaos"  # noqa: S105 - the compose file's, which guards nothing but this machine's own
"""Where, and under which token, the compose file has it."""

SLOWEST_PUSH = timedelta(seconds=60)
"""Taken for how often an unknown service pushes; the slowest that is known."""

ANSWERS_WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class AttachedSystem:
    """A pizza service, its factory and its links, all of which run already."""

    url: str
    """Of the site, as its diners reach it."""
    factory_url: str
    """Where pizzas are verified, and chaos begins; "" where nobody can reach that."""
    control_url: str
    """Of the API that drives its links; "" where there are none."""
    prometheus_url: str
    """Of the Prometheus that judges its alerts; "" where the harness judges what diners experience."""
    rules: Path
    """What is alerted on."""
    vendor_key: str = field(repr=False)
    admin_key: str = field(repr=False)
    token: str = field(repr=False)
    """Of the control API."""
    site: Site = field(
        default_factory=lambda: Site(
            name="pizza-service.pizza.test", service="pizza-service", ttl=timedelta(seconds=10)
        )
    )
    push_interval: timedelta = SLOWEST_PUSH
    signing_key: str = ""
    keeps_wall_time: bool = True
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def found(cls, settings: Settings) -> AttachedSystem:
        """Give the system that the settings name.

        Raises:
            SafetyError: when a part of it is not on this machine, or is a public pizza site.
            HarnessError: when a part does not answer, or nobody could buy a pizza there.
        """
        system = cls(
            _url(settings.site, SITE),
            _url(settings.factory, FACTORY),
            _url(settings.control, CONTROL),
            _url(settings.prometheus, ""),
            COURSE_RULES if settings.prometheus else BLACK_BOX_RULES,
            os.environ.get("PIZZA_CHAOS_VENDOR_KEY", DEFAULT_VENDOR_KEY),
            os.environ.get("PIZZA_CHAOS_ADMIN_KEY", DEFAULT_ADMIN_KEY),
            os.environ.get("PIZZA_CHAOS_TOKEN", CONTROL_TOKEN),
        )
        for url in (system.url, system.factory_url, system.control_url, system.prometheus_url):
            if url:
                refuse_unless_ours(url)
        system.require_menu()
        return system

    def require_menu(self) -> None:
        """Make sure that a diner would find pizzas and a store.

        Raises:
            HarnessError: when nobody answers, or there is nothing to eat.
        """
        with httpx.Client(base_url=self.url, timeout=ANSWERS_WITHIN_SECONDS, trust_env=False) as http:
            menu, franchises = (_look(http, path) for path in ("/api/order/menu", "/api/franchise"))
        lacking = "menu" if not menu else "store" if not stores_in(franchises) else ""
        if lacking:
            message = f"the site at {self.url} has no {lacking}, so nobody can order there. Give it one first."
            raise HarnessError(message)

    def factory(self) -> Launch:
        """Refuse: it runs already."""
        _started_elsewhere()

    def task(self, name: str, *, version: str, surroundings: Surroundings) -> Launch:  # noqa: ARG002
        """Refuse: they run already."""
        _started_elsewhere()

    def companions(self) -> tuple[Companion, ...]:
        """Start nothing: all of them run already."""
        return ()

    def seed(self, url: str) -> None:
        """Leave its menu as it is."""

    def close(self) -> None:
        """Leave it up."""


def _url(setting: str, usual: str) -> str:
    return "" if setting == NOWHERE else (setting or usual).rstrip("/")


def _look(http: httpx.Client, path: str) -> Any:  # noqa: ANN401 - whatever a site says
    said: object
    try:
        reply = http.get(path)
        if not reply.is_error:
            return reply.json()
        said = f"{reply.status_code} {reply.text.strip()}"
    except (httpx.HTTPError, ValueError) as error:
        said = error or type(error).__name__
    message = (
        f"the site does not answer at {http.base_url}: GET {path}: {said}. "
        "Bring it up (docker compose up), or say where it is: --site URL."
    )
    raise HarnessError(message)


def _started_elsewhere() -> NoReturn:
    message = "the stack 'attached' starts nothing of the system: it is up already."
    raise HarnessError(message)
