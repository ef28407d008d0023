"""Walks a deployment from the outside in: gathers what can be seen, and has each layer judged.

Rules of this file: it looks and does not judge; no step begins after something is broken; all of it is over in five
seconds, whatever hangs; it writes nothing but a session that it ends, and an order if somebody asked for one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness.errors import SafetyError
from harness.ingress.diagnosis import Finding as Diagnosis
from harness.ingress.diagnosis import View, diagnose
from harness.ingress.records import Address
from harness.stacks.by_hand import accepts
from harness.stacks.safety import refuse_public_site, refuse_unless_ours
from harness.verify import layers
from harness.verify.asking import exchange
from harness.verify.certificates import look_at_certificate, trusting
from harness.verify.findings import Finding, Report, Standing
from harness.verify.latent import latent_faults
from harness.verify.names import look_up
from harness.verify.seen import NameSeen, ReplySeen
from harness.verify.sinks import look_at_sink
from harness.verify.wanted import Wanted, refuse_nonsense

PATIENCE_SECONDS = 4.8
"""Wall seconds for all of the walk."""

STEP_SECONDS = 2.0
"""Wall seconds for any step but the order, which may take what is left."""

LEAST_SECONDS = 0.05
"""Wall seconds that even the last step gets."""

STEPS = (
    ("name resolves", "DNS"),
    ("address accepts", "load balancer"),
    ("TLS", "TLS"),
    ("balancer answers", "load balancer"),
    ("targets healthy", "target group"),
    ("version", "version"),
    ("menu", "database"),
    ("login", "login"),
    ("order", "order"),
    ("pizza", "pizza"),
)
"""The walk, from outside in."""


def verify(wanted: Wanted, *, now: datetime) -> Report:
    """Walk a deployment from the outside in.

    Args:
        wanted: what to verify.
        now: the wall's time, for certificates.

    Raises:
        SafetyError: when it would have to talk to somebody who is not ours.
        ScenarioError: when what is wanted makes no sense.

    Timing: at most five seconds on the wall.
    """
    began = time.monotonic()
    visit = Visit(wanted, now=now, ends=began + PATIENCE_SECONDS)
    try:
        walked = list(_until_broken(visit.steps()))
    finally:
        visit.close()
    findings = (*walked, *_not_reached(walked), *visit.beside(walked[0]))
    return Report(wanted.url, findings, time.monotonic() - began)


def _until_broken(findings: Iterable[Finding]) -> Iterator[Finding]:
    for found in findings:
        yield found
        if found.standing is Standing.BROKEN:
            return


def _not_reached(walked: list[Finding]) -> Iterator[Finding]:
    done = {found.step for found in walked}
    for step, layer in STEPS:
        if step not in done:
            yield Finding(step, layer, Standing.SKIPPED, f"not reached: {walked[-1].step} is broken")


class Visit:
    """One visit to one deployment.

    Args:
        wanted: what to look at.
        now: the wall's time.
        ends: when it has to be over, in monotonic seconds.

    Cleanup: `close` logs out again.
    """

    def __init__(self, wanted: Wanted, *, now: datetime, ends: float) -> None:
        self._wanted = wanted
        self._now = now
        self._ends = ends
        self._site = urlsplit(wanted.url)
        self._token = ""
        self._menu: list[Any] = []
        self._jwt = ""
        refuse_nonsense(wanted)

    def steps(self) -> Iterator[Finding]:
        """Look at each layer, from outside in; whoever iterates stops when one is broken."""
        stranger = self._diagnosis.layer == "DNS" and self._accepts
        yield layers.name_resolves(self._name, self._diagnosis, serves=stranger and self._docs.ok)
        yield layers.address_accepts(self._name.address, self._diagnosis, accepts=self._accepts)
        yield self._tls()
        yield layers.balancer_answers(self._docs)
        yield layers.targets_healthy(self._docs, self._diagnosis)
        yield layers.version(self._docs, expected=self._wanted.version)
        yield self._read_menu()
        yield self._log_in()
        yield self._order()
        yield self._verify_pizza()

    def beside(self, name: Finding) -> Iterator[Finding]:
        """Look at what no diner sees yet: telemetry, and what the console shows.

        Args:
            name: what was found of the name, so that nothing is said twice.
        """
        wanted = self._wanted
        if wanted.sink:
            seen = look_at_sink(wanted.sink, series=wanted.series, within=self._left())
            yield layers.telemetry(seen, patience=wanted.fresh)
        if wanted.console is not None:
            known = {Standing.BROKEN, Standing.LATENT}
            said = name.standing in known
            yield from (
                found for found in latent_faults(wanted.console)
                if not (said and found.layer == name.layer and found.standing in known)
            )  # fmt: skip

    def close(self) -> None:
        """End the session that was begun."""
        if self._token:
            self._ask("DELETE", "/api/auth")
            self._token = ""

    # What can be seen, each looked at once

    @cached_property
    def _name(self) -> NameSeen:
        site, wanted = self._site, self._wanted
        port = site.port or (443 if self._is_secured else None)
        seen = look_up(str(site.hostname), port=port, server=wanted.dns, within=self._left())
        if seen.took > layers.SLOW_ANSWER and not seen.trouble:
            again = look_up(str(site.hostname), port=port, server=wanted.dns, within=self._left())
            seen = min(seen, again, key=lambda each: (bool(each.trouble), each.took))
        for alias in seen.aliases:
            refuse_public_site(alias)
        if seen.address and site.hostname not in wanted.allowed:
            refuse_unless_ours(f"http://{seen.address}")
        return seen

    @cached_property
    def _accepts(self) -> bool:
        return accepts(self._name.address)

    @cached_property
    def _diagnosis(self) -> Diagnosis:
        name, console = self._name, self._wanted.console
        if name.is_literal and console is not None:
            owned = {balancer.address for balancer in console.balancers if balancer.exists}
            console = console if name.address in owned else None
        return diagnose(View(name.name, name.address, self._accepts, console))

    @cached_property
    def _docs(self) -> ReplySeen:
        return self._ask("GET", "/api/docs")

    def _tls(self) -> Finding:
        if not self._is_secured:
            return Finding("TLS", "TLS", Standing.SKIPPED, "the URL is plain http")
        host, address = str(self._site.hostname), Address.parse(self._name.address)
        seen = look_at_certificate(address, host=host, context=self._trust, within=self._left() / 2)
        return layers.tls(seen, host=host, now=self._now)

    def _read_menu(self) -> Finding:
        reply = self._ask("GET", "/api/order/menu")
        self._menu = reply.body if isinstance(reply.body, list) else []
        return layers.forwarded("menu", reply) or layers.menu(reply)

    def _log_in(self) -> Finding:
        email, _, password = self._wanted.login.partition(":")
        reply = self._ask("PUT", "/api/auth", {"email": email, "password": password})
        self._token = str(reply.member("token") or "")
        return layers.forwarded("login", reply) or layers.login(reply)

    def _order(self) -> Finding:
        if not self._wanted.with_order:
            return Finding("order", "order", Standing.SKIPPED, "nothing is ordered without --with-order")
        dish = self._menu[0]
        item = {"menuId": dish.get("id"), "description": dish.get("title"), "price": dish.get("price")}
        body = {"franchiseId": 1, "storeId": 1, "items": [item]}
        reply = self._ask("POST", "/api/order", body, within=self._ends - time.monotonic())
        self._jwt = str(reply.member("jwt") or "")
        return layers.forwarded("order", reply) or layers.order(reply)

    def _verify_pizza(self) -> Finding:
        if not self._jwt:
            return Finding("pizza", "pizza", Standing.SKIPPED, "there is no pizza to verify without --with-order")
        factory = self._wanted.factory or _factory_of(self._docs)
        if not factory:
            nobody = "nobody says where the factory is that verifies pizzas: give --factory URL"
            return Finding("pizza", "pizza", Standing.UNKNOWN, nobody)
        try:
            refuse_unless_ours(factory, allowed=self._wanted.allowed)
        except SafetyError as refused:
            return Finding("pizza", "pizza", Standing.UNKNOWN, f"the pizza was not verified: {refused}")
        with httpx.Client(base_url=factory, trust_env=False) as client:
            reply = exchange(client, "POST", "/api/order/verify", {"jwt": self._jwt}, within=self._left())
        return layers.pizza(reply)

    # Within

    @property
    def _is_secured(self) -> bool:
        return self._site.scheme == "https"

    @cached_property
    def _trust(self) -> SSLContext:
        return trusting(self._wanted.authority)

    def _left(self, most: float = STEP_SECONDS) -> timedelta:
        left = self._ends - time.monotonic()
        return timedelta(seconds=max(LEAST_SECONDS, min(most, left)))

    def _ask(self, method: str, path: str, body: object = None, *, within: float = STEP_SECONDS) -> ReplySeen:
        headers = {"Host": self._site.netloc}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        base = f"{self._site.scheme}://{self._name.address}{self._site.path.rstrip('/')}"
        verify = self._trust if self._is_secured else False
        with httpx.Client(base_url=base, headers=headers, verify=verify, trust_env=False) as client:
            return exchange(client, method, path, body, host=str(self._site.hostname), within=self._left(within))


def _factory_of(docs: ReplySeen) -> str:
    config = docs.member("config")
    return str(config.get("factory") or "") if isinstance(config, dict) else ""
