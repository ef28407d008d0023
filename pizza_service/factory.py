"""The one call the service makes for a pizza, and everything that can become of it."""

from dataclasses import dataclass

import httpx

from pizza_service.errors import HttpError
from pizza_service.javascript import UNDEFINED, JsonObject, is_truthy, member, parse_json, present, to_json
from pizza_service.runtime import HttpClient, Runtime, json_headers
from pizza_service.settings import Flaw, Settings
from pizza_service.telemetry import FactoryCall, Telemetry

_NODE_LIMIT_SECONDS = 300.0
"""Node's HTTP client waits so long for the head of an answer, and for each part of its body."""


@dataclass(frozen=True, slots=True)
class Pizza:
    """What a factory that says 2xx has sent."""

    jwt: object
    """The pizza itself; UNDEFINED when there is none."""
    report_url: object
    """Where to complain about chaos; UNDEFINED when there is none."""


class NoPizzaError(Exception):
    """The factory has made no pizza, and said so in JSON."""

    def __init__(self, report_url: object) -> None:
        super().__init__(report_url)
        self.report_url = report_url


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    source: str

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


class Factory:
    """Asks the pizza factory for pizzas."""

    def __init__(self, settings: Settings, runtime: Runtime, telemetry: Telemetry) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._is_patient = settings.has(Flaw.NO_FACTORY_TIMEOUT)
        seconds = _NODE_LIMIT_SECONDS if self._is_patient else settings.patience.total_seconds()
        self._client: HttpClient = runtime.http(timeout_seconds=seconds)

    async def make(self, request: JsonObject) -> Pizza:
        """Have an order made.

        Args:
            request: The diner and the order, as the factory reads them.

        Raises:
            NoPizzaError: The factory answered that it will not.
            HttpError: It did not answer, or nothing that can be read.
        """
        answer = await self._post("/api/order", request)
        body = self._read(answer)
        report_url, jwt = member(body, "reportUrl"), member(body, "jwt")
        if not answer.is_ok:
            raise NoPizzaError(report_url)
        if not self._settings.has(Flaw.BAD_PIZZA_ACCEPTED) and not await self._is_genuine(jwt):
            raise NoPizzaError(report_url)
        return Pizza(jwt, report_url)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    def _read(self, answer: _Answer) -> object:
        try:
            body: object = parse_json(answer.source)
        except ValueError as error:
            if self._settings.has(Flaw.REPLY_PARSED_BEFORE_STATUS):
                raise HttpError(str(error)) from None
            raise NoPizzaError(UNDEFINED) from None
        if body is None and not self._settings.has(Flaw.REPLY_PARSED_BEFORE_STATUS):
            raise NoPizzaError(UNDEFINED)
        return body

    async def _is_genuine(self, jwt: object) -> bool:
        return is_truthy(jwt) and (await self._post("/api/order/verify", {"jwt": jwt})).is_ok

    async def _post(self, path: str, request: JsonObject) -> _Answer:
        url = self._settings.factory_url + path
        headers = json_headers(self._settings.factory_key)
        content = to_json(request)
        status: int | None = None
        try:
            async with self._client.stream("POST", url, content=content, headers=headers) as reply:
                status = reply.status_code
                source = (await reply.aread()).decode("utf-8", "replace").removeprefix("\ufeff")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = self._explain(error, url=url, has_begun=status is not None)
            self._telemetry.called_factory(FactoryCall(path, content, status, error=failure.message))
            raise failure from error
        self._telemetry.called_factory(FactoryCall(path, content, status, reply=source))
        return _Answer(status, source)

    def _explain(self, error: Exception, *, url: str, has_begun: bool) -> HttpError:
        if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL)):
            return HttpError(f"Failed to parse URL from {url}")
        if isinstance(error, httpx.TimeoutException) and not self._is_patient:
            seconds = self._settings.patience.total_seconds()
            return HttpError(f"The pizza factory was silent for {seconds:g} s", status=504)
        return HttpError("terminated" if has_begun else "fetch failed")


def fulfilled(order: JsonObject, pizza: Pizza) -> JsonObject:
    """What a diner reads about an order that was made."""
    return present(order=order, followLinkToEndChaos=pizza.report_url, jwt=pizza.jwt)


def unfulfilled(report_url: object) -> JsonObject:
    """What a diner reads about an order that was not."""
    return present(message="Failed to fulfill order at factory", followLinkToEndChaos=report_url)
