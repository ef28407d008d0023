"""Puts the service together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette

from pizza_service.auth import Auth
from pizza_service.docs import ENDPOINTS
from pizza_service.express import Application, Call, Hooks, Reply, Route
from pizza_service.factory import Factory
from pizza_service.franchises import Franchises
from pizza_service.machine import Machine, OwnProcess
from pizza_service.orders import Orders
from pizza_service.runtime import Runtime
from pizza_service.settings import Settings
from pizza_service.store import Store
from pizza_service.telemetry import Telemetry, log, push_forever
from pizza_service.users import Users


def create_app(settings: Settings, runtime: Runtime, store: Store, *, machine: Machine | None = None) -> Starlette:
    """Build the pizza service.

    Args:
        settings: What it is told at its start.
        runtime: Its time, chance and network.
        store: Its rows, in a database that ``seed.prepare`` has made ready.
        machine: Where it runs, for the CPU and memory gauges; by default the process it is called in.

    Returns:
        An ASGI application. Its lifespan pushes telemetry; whoever runs it without a lifespan runs
        ``push_forever(app.state.telemetry)`` beside it.
    """
    telemetry = Telemetry(settings, runtime, machine or OwnProcess())
    auth = Auth(settings, runtime, store)
    orders = Orders(settings, runtime, store, telemetry=telemetry)
    routes = [
        *auth.routes,
        *Users(store, auth).routes,
        *orders.routes,
        *Franchises(settings, store).routes,
        *_front_desk(settings, store),
    ]
    hooks = Hooks(identify=auth.identify, finished=telemetry.answered, clock=runtime.monotonic)
    app = Starlette(lifespan=lambda _: _lifespan(telemetry, orders.factory))
    # Express has its own ideas of matching paths and of what an unknown one gets, so Starlette knows no routes.
    app.router.default = Application(routes, hooks)
    app.state.telemetry = telemetry
    return app


@asynccontextmanager
async def _lifespan(telemetry: Telemetry, factory: Factory) -> AsyncIterator[None]:
    pushing = asyncio.create_task(push_forever(telemetry))
    pushing.add_done_callback(_complain)
    try:
        yield
    finally:
        pushing.cancel()
        with suppress(asyncio.CancelledError):
            await pushing
        await factory.close()


def _complain(pushing: asyncio.Task[None]) -> None:
    # Silence for want of a push looks like an outage, so a mistake of ours must not be silent.
    if not pushing.cancelled() and (mistake := pushing.exception()) is not None:
        log.error("no telemetry any more: the push loop has failed", exc_info=mistake)


def _front_desk(settings: Settings, store: Store) -> tuple[Route, ...]:
    async def docs(_: Call) -> Reply:
        config = {"factory": settings.factory_url, "db": store.database.host}
        return Reply({"version": settings.version, "endpoints": ENDPOINTS, "config": config})

    async def welcome(_: Call) -> Reply:
        return Reply({"message": "welcome to JWT Pizza", "version": settings.version})

    return Route("*", "/api/docs", docs), Route("GET", "/", welcome)
