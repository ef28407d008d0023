"""What the service tells the world about itself: it hears of everything that happens, and pushes at intervals."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import msgspec

from pizza_service.express import Exchange
from pizza_service.javascript import JsonObject, member, number, to_json
from pizza_service.logs import Journal, level_of, masked
from pizza_service.machine import Machine
from pizza_service.metrics import Meters, Origin
from pizza_service.runtime import HttpClient, Runtime, json_headers
from pizza_service.settings import Push, Settings

log = logging.getLogger("pizza_service")


class FactoryCall(msgspec.Struct, frozen=True):
    """One call to the factory, for the log."""

    path: str
    """The factory's endpoint."""
    request: bytes
    """The body sent."""
    status: int | None
    """The status of the reply; None when none came."""
    reply: str | None = None
    """The body of the reply; None when it did not come whole."""
    error: str | None = None
    """What went wrong on the way."""


class Telemetry:
    """The meters and the journal of one process of the service."""

    def __init__(self, settings: Settings, runtime: Runtime, machine: Machine) -> None:
        self.settings = settings
        self.runtime = runtime
        self.meters = Meters()
        self._machine = machine
        self._journal = Journal(settings.source)
        self._origin = Origin(settings.source, settings.instance or runtime.new_id(), runtime.now())

    def answered(self, exchange: Exchange) -> None:
        """Count and log a request of a client."""
        call = exchange.call
        self.meters.count_request(call.method, seconds=exchange.seconds)
        if call.route == "/api/auth" and call.method in ("POST", "PUT"):
            self.meters.count_auth(is_good=exchange.status < 400)
        if call.user is not None:
            self.meters.see(call.user.id, now=self.runtime.now())
        if self.settings.logs is not None:
            self._log_exchange(exchange)

    @contextmanager
    def making(self, items: list[JsonObject]) -> Iterator[None]:
        """Count an order as made, or as failed when the block raises."""
        started = self.runtime.monotonic()
        try:
            yield
        except Exception:
            self.meters.count_failure(self.runtime.monotonic() - started)
            raise
        prices = [number(member(item, "price")) for item in items]
        self.meters.count_sale(len(items), revenue=sum(prices), seconds=self.runtime.monotonic() - started)

    def called_factory(self, call: FactoryCall) -> None:
        """Log a call to the factory."""
        line = {
            "method": "POST",
            "path": call.path,
            "statusCode": call.status,
            "reqBody": masked(call.request.decode()),
            **({"error": call.error} if call.reply is None else {"resBody": masked(call.reply)}),
        }
        if self.settings.logs is not None:
            level = level_of(None if call.error else call.status)
            self._journal.write("factory", line, level=level, now=self.runtime.now())

    def metrics(self) -> JsonObject:
        """The metrics to push now."""
        return self.meters.collect(self.runtime.now(), load=self._machine.load(), origin=self._origin)

    def logs(self) -> JsonObject | None:
        """The log lines to push now, if there are any."""
        return self._journal.collect()

    def _log_exchange(self, exchange: Exchange) -> None:
        call, now = exchange.call, self.runtime.now()
        line = {
            "authorized": call.authorization is not None,
            "path": call.path,
            "method": call.method,
            "statusCode": exchange.status,
            "reqBody": masked(to_json(call.body).decode()),
            "resBody": masked(exchange.body.decode()),
        }
        self._journal.write("http", line, level=level_of(exchange.status), now=now)
        if exchange.error is not None and exchange.error.status >= 500:
            error = {"message": exchange.error.message, "status": exchange.error.status, "path": call.path}
            self._journal.write("unhandledError", error, level="error", now=now)


async def push_forever(telemetry: Telemetry) -> None:
    """Push metrics and logs at each interval until cancelled.

    Timing: The first push comes one interval after the start, as from JavaScript's setInterval; nothing is pushed at
    the end. A push that nobody takes is given up at the next one: counters catch up then, log lines are lost.
    """
    settings = telemetry.settings
    client = telemetry.runtime.http(timeout_seconds=settings.push_interval.total_seconds())
    try:
        # Each kind keeps its own time: metrics do not wait for a sink of logs that is down.
        await asyncio.gather(
            _repeat(telemetry, client, to=settings.metrics, collect=telemetry.metrics),
            _repeat(telemetry, client, to=settings.logs, collect=telemetry.logs),
        )
    finally:
        await client.aclose()


async def _repeat(
    telemetry: Telemetry, client: HttpClient, *, to: Push | None, collect: Callable[[], JsonObject | None]
) -> None:
    runtime, interval = telemetry.runtime, telemetry.settings.push_interval.total_seconds()
    due = runtime.monotonic()
    while to is not None:
        due = max(due + interval, runtime.monotonic())
        await runtime.sleep(due - runtime.monotonic())
        payload = collect()
        if payload is not None:
            await _push(client, payload, to=to)


async def _push(client: HttpClient, payload: JsonObject, *, to: Push) -> None:
    try:
        async with client.stream("POST", to.url, content=to_json(payload), headers=json_headers(to.key)) as reply:
            answer = await reply.aread()
            if reply.status_code >= 400:
                log.warning("%s refused telemetry: %s %s", to.url, reply.status_code, answer[:200].decode("latin-1"))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("%s took no telemetry: %s", to.url, error or type(error).__name__)
