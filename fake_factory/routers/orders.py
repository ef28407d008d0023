"""Orders: making pizzas, checking them, and the chaos that befalls them."""

import re

from starlette.requests import Request

from fake_factory.chaos import Chaos, ChaosType
from fake_factory.express import Call, Doc, Refusal, Reply, Route, json_reply
from fake_factory.factory import Factory
from fake_factory.javascript import is_truthy
from fake_factory.pizzas import ROTTEN_PIZZA, BadPizza
from fake_factory.store import Vendor

OVEN_HOLDS = 20
"""The most pizzas one order may have."""

_DINER = {"id": 719, "name": "j", "email": "j@jwt.com"}
_ITEM = {"menuId": 1, "description": "Veggie", "price": 0.0038}
_EXAMPLE = {"diner": _DINER, "order": {"items": [_ITEM], "storeId": "5", "franchiseId": 4, "id": 278}}
_PIZZA = {"vendor": {"id": "test3", "name": "cs student"}, **_EXAMPLE}
_KEY = {"kty": "RSA", "kid": "key id", "n": "modulus", "e": "AQAB"}


class OrderRouter:
    """Takes orders."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    def routes(self) -> list[Route]:
        """List the endpoints."""
        order = Doc(says="Order pizzas.", body=_EXAMPLE, response={"jwt": "a token"}, requires_auth=True)
        valid = {"message": "valid", "payload": _PIZZA}
        verify = Doc(says="Ask whether a pizza is from here.", body={"jwt": "a token"}, response=valid)
        keys = Doc(says="Get the public key, to check pizzas without asking.", response={"keys": [_KEY]})
        return [
            Route("POST", "/api/order", self.create, order),
            Route("POST", "/api/order/verify", self.verify, verify),
            Route("GET", "/.well-known/jwks.json", self.keys, keys),
        ]

    async def create(self, call: Call) -> Reply:
        """Answer an order.

        Evidence: an `order` event once the answer is known, stamped with that instant; `chaos` is what was active
        when the order came in, and `vendor` is null if nobody holds the key.
        """
        factory = self._factory
        vendor = factory.store.vendor_with_key(call.api_key)
        chaos = self._active_chaos(vendor)
        try:
            reply = await self._serve(call, chaos)
        except Refusal as refusal:
            reply = refusal.reply()
        factory.on_event(
            {
                "event": "order",
                "at": factory.runtime.now(),
                "status": reply.status,
                "chaos": ChaosType.NONE.value if chaos is None else chaos.type.value,
                "vendor": None if vendor is None else vendor.id,
            }
        )
        return reply

    async def verify(self, call: Call) -> Reply:
        """Tell whether a pizza is one of ours; its age does not matter."""
        try:
            payload = self._factory.signer.read(call.field("jwt"))
        except BadPizza:
            raise Refusal(403, "invalid") from None
        return json_reply({"message": "valid", "payload": payload})

    async def keys(self, _call: Call) -> Reply:
        """Give the public key."""
        return json_reply(self._factory.signer.key_set)

    def _active_chaos(self, vendor: Vendor | None) -> Chaos | None:
        chaos = None if vendor is None else self._factory.store.chaos(vendor.id)
        return chaos if chaos is not None and chaos.is_active(self._factory.runtime.now()) else None

    async def _serve(self, call: Call, chaos: Chaos | None) -> Reply:
        # The key comes first, then chaos, and only then is the order looked at.
        vendor = self._factory.vendor_of(call)
        if chaos is None:
            return await self._bake(call, vendor, {})
        report = {"reportUrl": self._report_url(call, chaos)}
        match chaos.type:
            case ChaosType.FAIL:
                return json_reply({"message": "chaos monkey", **report}, status=500)
            case ChaosType.BADJWT:
                return json_reply({"jwt": ROTTEN_PIZZA, **report})
            case _:
                await self._factory.runtime.sleep(self._factory.settings.throttle_delay.total_seconds())
                return await self._bake(call, vendor, report)

    async def _bake(self, call: Call, vendor: Vendor, report: dict[str, str]) -> Reply:
        diner, order = call.field("diner"), call.field("order")
        if not (is_truthy(diner) and is_truthy(order)):
            raise Refusal(400, "Missing required parameters")
        count = _count_items(order)
        if count is not None and not 1 <= count <= OVEN_HOLDS:
            await self._factory.runtime.sleep(self._factory.settings.order_delay.total_seconds())
            raise Refusal(503, "Unable to satisfy pizza order. The oven is full.")
        buyer = {name: vendor.body[name] for name in ("id", "name") if name in vendor.body}
        payload = {"vendor": buyer, "diner": diner, "order": order}
        pizza = self._factory.signer.sign(payload, issued_at=int(self._factory.runtime.now()))
        return json_reply({"jwt": pizza, **report})

    def _report_url(self, call: Call, chaos: Chaos) -> str:
        path = f"/api/support/{call.api_key}/report/{chaos.fix_code}"
        host = _host(call.request)
        if self._factory.settings.faithful_report_url:
            return f"https://{re.sub(r':[0-9]*$', '', host)}{path}"
        return f"{call.request.url.scheme}://{host}{path}"


def _count_items(order: object) -> int | None:
    """Count as JavaScript's `order.items.length`; None for items that have no length, which it takes as well."""
    items = order.get("items") if isinstance(order, dict) else None
    if items is None:
        nothing = "null" if isinstance(order, dict) and "items" in order else "undefined"
        raise Refusal(500, f"Cannot read properties of {nothing} (reading 'length')")
    return len(items) if isinstance(items, list | str) else None


def _host(request: Request) -> str:
    return request.headers.get("host") or request.url.netloc
