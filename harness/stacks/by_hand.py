"""What an engineer does by hand: try a connection, try a purchase with the developer tools open, open a link."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta

import httpx

from harness.clock import WallClock
from harness.errors import HarnessError
from harness.events import RequestFinished
from harness.ingress.records import Address
from harness.ingress.resolver import Resolver
from harness.load.browser import Browser, NoReply, site
from harness.load.diners import Call
from harness.load.outcomes import Reply, replied, unanswered
from harness.stacks.safety import refuse_unless_ours

PATIENCE = timedelta(seconds=60)
"""How long somebody waits for a connection or a page, in incident time."""

CONNECTS_WITHIN_SECONDS = 1.0


def accepts(address: str) -> bool:
    """Try whether something accepts connections at an address."""
    if not address:
        return False
    where = Address.parse(address)
    try:
        with socket.create_connection((where.host, where.port), timeout=CONNECTS_WITHIN_SECONDS):
            return True
    except OSError:
        return False


def open_report_url(url: str) -> str:
    """Open a reportUrl in a browser, and give what the page says.

    Raises:
        SafetyError: when the link does not lead to this machine.
        HarnessError: when nothing answers there.
    """
    refuse_unless_ours(url)
    try:
        reply = httpx.get(url, timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        message = f"the reportUrl {url} does not open: {error}."
        raise HarnessError(message) from error
    answer = reply.json() if reply.headers.get("content-type", "").startswith("application/json") else {}
    return str(answer.get("message", reply.text))


def buy_a_pizza(who: str, *, site_name: str, resolver: Resolver, clock: WallClock) -> Iterator[RequestFinished]:
    """Register, look at the menu and order one pizza; give each request as an event, and stop at the first that fails.

    Args:
        who: the person, for the history.
        site_name: what is typed into the address bar.
        resolver: how the name becomes an address.
        clock: for how long it took.
    """
    browser = Browser({"service": site(site_name, resolver=resolver)})
    account = {"name": who, "email": f"{who.lower()}@pizza-service.test", "password": "by hand"}
    try:
        reply, event = _ask(browser, Call("register", "POST", "/api/auth", account), who=who, clock=clock)
        yield event
        if not reply.ok:
            return
        token = reply.body["token"]
        reply, event = _ask(
            browser, Call("look at the menu", "GET", "/api/order/menu", token=token), who=who, clock=clock
        )
        yield event
        if not reply.ok:
            return
        dish = reply.body[0]
        items = [{"menuId": dish["id"], "description": dish["title"], "price": dish["price"]}]
        order = {"franchiseId": 1, "storeId": 1, "items": items}
        yield _ask(browser, Call("order", "POST", "/api/order", order, token=token), who=who, clock=clock)[1]
    finally:
        browser.close()


def _ask(browser: Browser, call: Call, *, who: str, clock: WallClock) -> tuple[Reply, RequestFinished]:
    started = clock.steady()
    try:
        status, raw = browser.ask(call)
        reply = replied(status, raw, wrong=call.wrong)
    except NoReply as nothing:
        reply = unanswered(nothing.trouble, method=call.method, sent=nothing.sent)
    ended = clock.steady()
    return reply, RequestFinished(
        steady=ended,
        diner=who,
        operation=call.operation,
        method=call.method,
        path=call.path,
        address=browser.address("service"),
        started=clock.timeline.incident(started),
        latency_seconds=round(ended - started, 6),
        outcome=reply.outcome,
        status=reply.status,
        error=reply.error,
        cause=reply.cause,
        report_url=reply.report_url,
    )
