"""Walks a deployment from the outside in: gathers what can be seen, and has each layer judged.

Rules of this file: it looks and does not judge; no step begins after something is broken, or once its time is over; all
of it is over in five seconds, whatever hangs, and what was not reached by then is unknown; it writes nothing but a
session that it ends, and an order and a page if somebody asked for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from ssl import SSLContext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from harness.errors import SafetyError
from harness.ingress.diagnosis import Finding as Diagnosis
from harness.ingress.diagnosis import View, diagnose
from harness.ingress.records import Address
from harness.stacks.safety import refuse_public_site
from harness.verify import layers
from harness.verify.asking import exchange
from harness.verify.certificates import trusting
from harness.verify.findings import Finding, Report, Standing
from harness.verify.latent import latent_faults
from harness.verify.seen import NameSeen, ReplySeen, TelemetrySeen
from harness.verify.sinks import Sink, sink_at
from harness.verify.wanted import Wanted, refuse_nonsense, refuse_unless_allowed
from harness.verify.ways import Sockets, Ways

if TYPE_CHECKING:
    from harness.alerting.webhooks import Payload
    from harness.verify.watch import Drill, Watch

PATIENCE_SECONDS = 4.8
"""For all of the walk; no step begins after it."""

STEP_SECONDS = 2.0
"""For any step but the order, which may take what is left."""

CONNECTS_WITHIN_SECONDS = 1.0

LEAST_SECONDS = 0.05
"""What even the last question gets."""

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


def verify(wanted: Wanted, *, now: datetime, ways: Ways | None = None) -> Report:
    """Walk a deployment from the outside in.

    Args:
        wanted: what to verify.
        now: the wall's time, for certificates.
        ways: how questions are asked; over sockets unless somebody knows another.

    Raises:
        SafetyError: when it would have to talk to somebody who is not ours.
        ScenarioError: when what is wanted makes no sense.

    Timing: at most five seconds; what was not reached by then is unknown.
    """
    ways = ways or Sockets()
    began = ways.now()
    visit = Visit(wanted, now=now, ways=ways)
    try:
        walked = list(_until_over(visit))
        findings = (*walked, *_not_reached(walked), *visit.beside(walked[0]))
    finally:
        visit.close()
    return Report(wanted.url, findings, ways.now() - began)


def _until_over(visit: Visit) -> Iterator[Finding]:
    for found in visit.steps():
        yield found
        if found.standing is Standing.BROKEN or visit.is_over:
            return


def _not_reached(walked: list[Finding]) -> Iterator[Finding]:
    done, last = {found.step for found in walked}, walked[-1]
    why, standing = f"not reached: {last.step} is broken", Standing.SKIPPED
    if last.standing is not Standing.BROKEN:
        why, standing = f"not reached: {last.step} took until the time was over", Standing.UNKNOWN
    for step, layer in STEPS:
        if step not in done:
            yield Finding(step, layer, standing, why)


class Visit:
    """One visit to one deployment.

    Args:
        wanted: what to look at.
        now: the wall's time.
        ways: how questions are asked.

    Cleanup: `close` logs out again.
    """

    def __init__(self, wanted: Wanted, *, now: datetime, ways: Ways) -> None:
        self._wanted = wanted
        self._now = now
        self._ways = ways
        self._ends = ways.now() + PATIENCE_SECONDS
        self._site = urlsplit(wanted.url)
        self._token = ""
        self._menu: list[Any] = []
        self._jwt = ""
        refuse_nonsense(wanted)

    @property
    def is_over(self) -> bool:
        """Whether no time is left for another question."""
        return self._ways.now() >= self._ends

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
        """Look at what no diner sees yet: telemetry, who would hear of an outage, and what the console shows.

        Args:
            name: what was found of the name, so that nothing is said twice.
        """
        wanted = self._wanted
        if wanted.sink:
            yield self._telemetry()
        yield self._rules_have_data()
        yield self._page_reaches_somebody()
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
        seen = self._ways.name(str(site.hostname), port=port, server=wanted.dns, within=self._left())
        if seen.took > layers.SLOW_ANSWER and not seen.trouble:
            again = self._ways.name(str(site.hostname), port=port, server=wanted.dns, within=self._left())
            seen = min(seen, again, key=lambda each: (bool(each.trouble), each.took))
        for alias in seen.aliases:
            refuse_public_site(alias)
        if seen.address and site.hostname not in wanted.allowed:
            refuse_unless_allowed(f"http://{seen.address}", allowed=wanted.allowed)
        return seen

    @cached_property
    def _accepts(self) -> bool:
        return self._ways.accepts(self._name.address, within=self._left(CONNECTS_WITHIN_SECONDS))

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

    @cached_property
    def _sink(self) -> Sink:
        wanted = self._wanted
        return sink_at(wanted.sink, series=wanted.series, name=wanted.sink_name)

    def _telemetry(self) -> Finding:
        wanted = self._wanted
        if self.is_over:
            seen = TelemetrySeen(wanted.sink, trouble="there was no time left to look for it")
        else:
            seen = self._sink.freshness(within=self._left())
        return layers.telemetry(seen, patience=wanted.fresh)

    @cached_property
    def _watch(self) -> Watch | None:
        rules, notifications = self._wanted.rules, self._wanted.notifications
        if rules is None:
            return None
        from harness.verify.watch import Watch  # noqa: PLC0415 - slow to import, and most ask for no rules

        return Watch(rules, notifications)

    def _rules_have_data(self) -> Finding:
        wanted, watch = self._wanted, self._watch
        if watch is None or not wanted.sink:
            give = "--rules FILE" if watch is None else "--metrics-sink, for what has arrived"
            return Finding(*layers.RULES_STEP, Standing.SKIPPED, f"alert rules are not looked at without {give}")
        if self.is_over:
            return Finding(*layers.RULES_STEP, Standing.UNKNOWN, "there was no time left to look at alert rules")
        arrived = self._sink.metrics(watch.metrics(), within=self._left())
        unjudged = watch.over_lines() if arrived.has_lines is None else 0
        silent = list(watch.without_data(arrived))
        return layers.alert_rules(silent, arrived, rules=len(watch.names) - unjudged, unjudged=unjudged)

    def _page_reaches_somebody(self) -> Finding:
        watch = self._watch
        drills: list[Drill] = []
        if watch is None or watch.settings is None:
            nobody = "nobody is paged without --rules FILE and --notifications FILE"
            return Finding(*layers.PAGE_STEP, Standing.SKIPPED, nobody)
        for drill in watch.drills(self._now.timestamp()):
            drills.append(drill)
            if self.is_over:
                return Finding(*layers.PAGE_STEP, Standing.UNKNOWN, "there was no time left to page anybody")
        if not self._wanted.with_page:
            return layers.pager(drills, (), paged=None)
        paged = next((drill for drill in drills if watch.webhooks(drill)), None)
        try:
            replies = list(self._page(watch.webhooks(paged))) if paged is not None else []
        except SafetyError as refused:
            return Finding(*layers.PAGE_STEP, Standing.UNKNOWN, f"nobody was paged: {refused}")
        return layers.pager(drills, replies, paged=paged.rule if paged is not None else "")

    def _page(self, posts: list[tuple[str, str, Payload]]) -> Iterator[tuple[str, ReplySeen]]:
        for _, url, _ in posts:  # the path of a webhook is a secret, which no refusal may tell
            refuse_unless_allowed(f"http://{urlsplit(url).hostname}", allowed=self._wanted.allowed)
        for receiver, url, payload in posts:
            site = urlsplit(url)
            path = urlunsplit(("", "", site.path or "/", site.query, ""))
            yield receiver, self._exchange(f"{site.scheme}://{site.netloc}", "POST", path, payload)

    def _tls(self) -> Finding:
        if not self._is_secured:
            return Finding("TLS", "TLS", Standing.SKIPPED, "the URL is plain http")
        host, address = str(self._site.hostname), Address.parse(self._name.address)
        seen = self._ways.certificate(address, host=host, context=self._trust, within=self._left() / 2)
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
        reply = self._ask("POST", "/api/order", body, within=PATIENCE_SECONDS)
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
            refuse_unless_allowed(factory, allowed=self._wanted.allowed)
        except SafetyError as refused:
            return Finding("pizza", "pizza", Standing.UNKNOWN, f"the pizza was not verified: {refused}")
        return layers.pizza(self._exchange(factory, "POST", "/api/order/verify", {"jwt": self._jwt}))

    # Within

    @property
    def _is_secured(self) -> bool:
        return self._site.scheme == "https"

    @cached_property
    def _trust(self) -> SSLContext:
        return trusting(self._wanted.authority)

    def _left(self, most: float = STEP_SECONDS) -> timedelta:
        left = self._ends - self._ways.now()
        return timedelta(seconds=max(LEAST_SECONDS, min(most, left)))

    def _ask(self, method: str, path: str, body: object = None, *, within: float = STEP_SECONDS) -> ReplySeen:
        headers = {"Host": self._site.netloc}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        base = f"{self._site.scheme}://{self._name.address}{self._site.path.rstrip('/')}"
        context = self._trust if self._is_secured else None
        return self._exchange(base, method, path, body, context=context, headers=headers, within=within)

    def _exchange(  # noqa: PLR0913 - a request, to whom, and how long it may take
        self,
        base: str,
        method: str,
        path: str,
        body: object,
        *,
        context: SSLContext | None = None,
        headers: Mapping[str, str] | None = None,
        within: float = STEP_SECONDS,
    ) -> ReplySeen:
        left, host = self._left(within), str(self._site.hostname) if context else ""
        transport = self._ways.transport(within=left, context=context)
        with httpx.Client(base_url=base, headers=headers, trust_env=False, transport=transport) as client:
            return exchange(client, method, path, body, within=left, now=self._ways.now, host=host)


def _factory_of(docs: ReplySeen) -> str:
    config = docs.member("config")
    return str(config.get("factory") or "") if isinstance(config, dict) else ""
