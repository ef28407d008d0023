"""Puts one factory together."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.routing import Mount

from fake_factory.express import Express
from fake_factory.factory import Event, Factory
from fake_factory.javascript import iso_date
from fake_factory.pizzas import Signer, make_key
from fake_factory.routers.admin import AdminRouter
from fake_factory.routers.badges import BadgeRouter
from fake_factory.routers.docs import DocsRouter
from fake_factory.routers.logs import LogRouter
from fake_factory.routers.orders import OrderRouter
from fake_factory.routers.support import SupportRouter
from fake_factory.routers.vendors import VendorRouter
from fake_factory.runtime import Runtime
from fake_factory.settings import Settings
from fake_factory.store import Store, Vendor

VENDOR_ID = "local-vendor"
"""The id of the vendor that exists from the start."""

ADMIN_ID = "local-admin"
"""The id of the administrator that exists from the start."""


def create_app(
    settings: Settings,
    runtime: Runtime,
    *,
    on_event: Callable[[Event], None] = lambda _event: None,
    signer: Signer | None = None,
) -> Starlette:
    """Build a factory with one vendor and one administrator, and nothing wrong with it.

    Args:
        settings: what it is told; without a key, one is made here.
        runtime: its time, sleep, randomness and ids.
        on_event: told of every order (`order`) and of every code that would be mailed (`mail`).
        signer: signs its pizzas; one with the settings' key when none is given.
    """
    signer = signer or Signer(settings.key or make_key(settings.key_bits))
    factory = Factory(settings, runtime, _opening_store(settings, runtime), signer, on_event)
    routers = (OrderRouter, AdminRouter, SupportRouter, VendorRouter, BadgeRouter, LogRouter)
    routes = [route for router in routers for route in router(factory).routes()]
    return Starlette(routes=[Mount("", app=Express([*routes, *DocsRouter(routes).routes()]))])


def _opening_store(settings: Settings, runtime: Runtime) -> Store:
    store = Store()
    created = iso_date(runtime.now())
    for vendor_id, name, api_key in (
        (VENDOR_ID, "Local vendor", settings.vendor_key),
        (ADMIN_ID, "Local admin", settings.admin_key),
    ):
        email = f"{vendor_id}@jwt.com"
        body = {"id": vendor_id, "name": name, "apiKey": api_key, "created": created, "email": email}
        store.put_vendor(Vendor(vendor_id, api_key, body))
    store.set_admin(ADMIN_ID, is_admin=True)
    return store
