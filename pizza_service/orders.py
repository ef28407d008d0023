"""``/api/order``: the menu, ordering from it, and what one has ordered."""

from collections.abc import Sequence
from contextlib import suppress

from pizza_service.auth import caller, signed_in
from pizza_service.errors import DatabaseError, HttpError
from pizza_service.express import Call, Reply, Route
from pizza_service.factory import Factory, NoPizzaError, fulfilled, unfulfilled
from pizza_service.javascript import JsonObject, Undefined, iterate, member
from pizza_service.paging import order_window
from pizza_service.runtime import Runtime
from pizza_service.settings import Flaw, Settings
from pizza_service.store import Store
from pizza_service.telemetry import Telemetry
from pizza_service.tokens import User


class Orders:
    """Takes orders."""

    def __init__(self, settings: Settings, runtime: Runtime, store: Store, *, telemetry: Telemetry) -> None:
        self._is_undoing = not settings.has(Flaw.ORDER_WRITTEN_FIRST)
        self._runtime = runtime
        self._store = store
        self._telemetry = telemetry
        self.factory = Factory(settings, runtime, telemetry)

    @property
    def routes(self) -> Sequence[Route]:
        """What is answered here."""
        return (
            Route("GET", "/api/order/menu", self.menu),
            Route("PUT", "/api/order/menu", signed_in(self.add_to_menu)),
            Route("GET", "/api/order", signed_in(self.history)),
            Route("POST", "/api/order", signed_in(self.order)),
        )

    async def menu(self, _: Call) -> Reply:
        """Show the menu."""
        return Reply(await self._store.menu())

    async def add_to_menu(self, call: Call) -> Reply:
        """Put a pizza on the menu, and show it."""
        if not caller(call).is_admin:
            raise HttpError("unable to add menu item", status=403)
        await self._store.add_menu_item({name: call.get(name) for name in ("title", "description", "image", "price")})
        return await self.menu(call)

    async def history(self, call: Call) -> Reply:
        """Show a page of what one has ordered, the oldest first."""
        page = call.asked("page")
        orders = await self._store.orders(caller(call).id, order_window(page))
        return Reply({"dinerId": caller(call).id, "orders": orders, "page": 1 if isinstance(page, Undefined) else page})

    async def order(self, call: Call) -> Reply:
        """Order pizzas: write the order down, then have the factory make it."""
        try:
            return Reply(await self._order(call))
        except NoPizzaError as refusal:
            return Reply(unfulfilled(refusal.report_url), status=500)

    async def _order(self, call: Call) -> JsonObject:
        place = {name: call.get(name) for name in ("franchiseId", "storeId")}
        order_id = await self._store.add_order(caller(call).id, place, now=self._runtime.now())
        try:
            items = iterate(call.get("items"), name="order.items")
            for item in items:
                wanted = {name: member(item, name) for name in ("menuId", "description", "price")}
                await self._store.add_order_item(order_id, wanted)
            return await self._made(caller(call), {**call.body, "id": order_id}, items=items)
        except BaseException:
            await self._undo(order_id)
            raise

    async def _made(self, user: User, order: JsonObject, *, items: list[JsonObject]) -> JsonObject:
        diner = {name: user.claims[name] for name in ("id", "name", "email")}
        with self._telemetry.making(items):
            return fulfilled(order, await self.factory.make({"diner": diner, "order": order}))

    async def _undo(self, order_id: int) -> None:
        # Where the rows cannot be taken back, the diner still has to hear what went wrong first.
        if self._is_undoing:
            with suppress(DatabaseError):
                await self._store.undo_order(order_id)
