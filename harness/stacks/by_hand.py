"""What an engineer does by hand: try a connection, try a purchase with the developer tools open, open a link."""

from __future__ import annotations

import socket
from collections.abc import Collection, Generator, Iterator
from datetime import timedelta

import httpx

from harness.clock import WallClock
from harness.errors import HarnessError
from harness.events import RequestFinished
from harness.ingress.records import Address
from harness.load.browser import Browser, NoReply, Place
from harness.load.diners import Call
from harness.load.outcomes import Reply, replied, unanswered
from harness.stacks.safety import refuse_unless_ours

PATIENCE = timedelta(seconds=60)
"""How long somebody waits for a connection or a page, in incident time."""

CONNECTS_WITHIN = timedelta(seconds=1)


def accepts(address: str, *, within: timedelta = CONNECTS_WITHIN) -> bool:
    """Try whether something accepts connections at an address, for so long on the wall at most."""
    if not address:
        return False
    where = Address.parse(address)
    try:
        with socket.create_connection((where.host, where.port), timeout=within.total_seconds()):
            return True
    except OSError:
        return False


def open_report_url(url: str, *, transport: httpx.BaseTransport | None = None, allowed: Collection[str] = ()) -> str:
    """Open a reportUrl in a browser, and give what the page says.

    Args:
        url: the link.
        transport: how it is reached, when not over a socket.
        allowed: hosts that are this machine too, under another name.

    Raises:
        SafetyError: when the link does not lead to this machine.
        HarnessError: when nothing answers there.
    """
    refuse_unless_ours(url, allowed=allowed)
    try:
        with httpx.Client(transport=transport, timeout=10, trust_env=False) as client:
            reply = client.get(url)
    except httpx.HTTPError as error:
        message = f"the reportUrl {url} does not open: {error}."
        raise HarnessError(message) from error
    answer = reply.json() if reply.headers.get("content-type", "").startswith("application/json") else {}
    return str(answer.get("message", reply.text))


def purchase(who: str) -> Generator[Call, Reply, None]:
    """Register, look at the menu, order one pizza and look at what was ordered: send the Reply to each Call.

    It stops where there is no way on. An order that does not succeed is tried once more, as anybody would; whatever
    came of it, past orders then show which of the tries exist.
    """
    account = {"name": who, "email": f"{who.lower()}@pizza-service.test", "password": "by hand"}
    reply = yield Call("register", "POST", "/api/auth", account)
    if not reply.ok:
        return
    token = reply.body["token"]
    reply = yield Call("look at the menu", "GET", "/api/order/menu", token=token)
    if not reply.ok or not reply.body:
        return
    dish = reply.body[0]
    items = [{"menuId": dish["id"], "description": dish["title"], "price": dish["price"]}]
    order = {"franchiseId": 1, "storeId": 1, "items": items}
    for _ in range(2):
        reply = yield Call("order", "POST", "/api/order", order, token=token)
        if reply.ok:
            break
    yield Call("look at past orders", "GET", "/api/order", token=token)


def shown_orders(body: object) -> tuple[int, ...] | None:
    """Give the numbers of the orders that a reply shows, or None when it shows none."""
    match body:
        case {"order": {"id": int(number)}}:
            return (number,)
        case {"orders": list(orders)}:
            return tuple(
                order["id"] for order in orders if isinstance(order, dict) and isinstance(order.get("id"), int)
            )
    return None


def buy_a_pizza(who: str, *, at: Place, clock: WallClock) -> Iterator[RequestFinished]:
    """Make one purchase; give each request as an event.

    Args:
        who: the person, for the history.
        at: the site.
        clock: for how long it took.
    """
    browser, steps = Browser({"service": at}), purchase(who)
    try:
        call = next(steps)
        while True:
            reply, event = _ask(browser, call, who=who, clock=clock)
            yield event
            call = steps.send(reply)
    except StopIteration:
        return
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
        orders=shown_orders(reply.body),
    )
