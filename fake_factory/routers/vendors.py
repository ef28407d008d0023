"""Vendors: who may order, how they get their key, and how they ask for chaos."""

from fake_factory.chaos import Chaos, ChaosType, new_code, next_day_start
from fake_factory.express import JSON, Call, Doc, Refusal, Reply, Route, empty_reply, json_reply
from fake_factory.factory import Factory
from fake_factory.javascript import is_truthy, iso_date
from fake_factory.store import Vendor

_CHANGEABLE = ("gitHubUrl", "name", "website", "phone", "email")
LONGEST_ID = 255
"""Characters of an id that the database takes."""

_UNBOUND = "Bind parameters must not contain undefined. To pass SQL NULL specify JS null"
"""What the real factory's database driver says of a member that is missing."""

_KNOWN = {"id": "test3", "name": "cs student", "gitHubUrl": "https://github.com/test3"}
_KEYED = {**_KNOWN, "apiKey": "abcxyz", "roles": ["vendor"], "connections": {}}
_WISH = {"purpose": "penetrationTesting"}
_PARTNER = {"id": "test4", **_WISH, "created": "2024-06-14T16:43:23.754Z", "rating": 0}
_PAIRED = {**_KEYED, "connections": {"penetrationTesting": _PARTNER}}

_EXISTS = Doc(says="Ask whether a vendor exists.", response={"exists": True})
_READ = Doc(says="Get everything about yourself.", response=_KEYED, requires_auth=True)
_CREATE = Doc(says="Become a vendor; the key is got by mail.", body=_KNOWN, response=_KNOWN)
_CHANGE = Doc(says="Change yourself; null removes a member.", body=_KNOWN, response=_KEYED, requires_auth=True)
_CODE = Doc(says="Have a code mailed to a vendor.", body={"id": "test3"}, response={"email": "test3@byu.edu"})
_TRADE = Doc(says="Trade the code for the key.", body={"id": "test3", "code": "1a2b3c4d"}, response=_KEYED)
_CONNECT = Doc(says="Ask for a partner.", body=_WISH, response=_PAIRED, requires_auth=True)
_RATE = Doc(says="Rate a partner.", body={"id": "test4", **_WISH, "rating": 5}, response=None, requires_auth=True)
_DISTURB = Doc(says="Ask for fail, throttle or badjwt.", response={"message": "Chaos initiated"}, requires_auth=True)


class VendorRouter:
    """Keeps the vendors."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    def routes(self) -> list[Route]:
        """List the endpoints."""
        return [
            Route("GET", "/api/vendor/:id", self.exists, _EXISTS),
            Route("GET", "/api/vendor", self.read, _READ),
            Route("POST", "/api/vendor", self.create, _CREATE),
            Route("PUT", "/api/vendor", self.change, _CHANGE),
            Route("POST", "/api/vendor/code", self.mail_code, _CODE),
            Route("POST", "/api/vendor/auth", self.trade_code, _TRADE),
            Route("POST", "/api/vendor/connect", self.connect, _CONNECT),
            Route("PUT", "/api/vendor/connect", self.rate, _RATE),
            Route("PUT", "/api/vendor/chaos/:type", self.disturb, _DISTURB),
        ]

    async def exists(self, call: Call) -> Reply:
        """Tell whether a vendor exists."""
        return json_reply({"exists": self._factory.store.vendor(call.params["id"]) is not None})

    async def read(self, call: Call) -> Reply:
        """Show a vendor itself, but not the code that ends its chaos."""
        profile = self._profile(self._factory.vendor_of(call))
        chaos = profile.get("chaos")
        if isinstance(chaos, dict):
            chaos.pop("fixCode", None)
        return json_reply(profile)

    async def create(self, call: Call) -> Reply:
        """Make a vendor; its key is not told."""
        store = self._factory.store
        if not is_truthy(call.field("id")):
            raise Refusal(400, "Missing param. Must have ID")
        if isinstance(call.field("id"), list):
            raise Refusal(500, "Incorrect arguments to mysqld_stmt_execute")
        vendor_id = str(call.field("id"))
        if len(vendor_id) > LONGEST_ID:
            raise Refusal(500, "Data too long for column 'netId' at row 1")
        if store.vendor(vendor_id) is not None:
            raise Refusal(409, "Vendor already exists")
        members = call.body if isinstance(call.body, dict) else {}
        body = {name: value for name, value in members.items() if name in ("id", *_CHANGEABLE)}
        body["apiKey"] = api_key = self._factory.runtime.new_id()
        body["created"] = iso_date(self._factory.runtime.now())
        if not is_truthy(body.get("email")):
            body["email"] = f"{vendor_id}@byu.edu"
        store.put_vendor(Vendor(vendor_id, api_key, body))
        return json_reply({name: value for name, value in body.items() if name != "apiKey"})

    async def change(self, call: Call) -> Reply:
        """Change the members that were sent, of oneself or, as an administrator, of anyone."""
        store = self._factory.store
        asking = self._factory.vendor_of(call)
        if not is_truthy(call.field("id")):
            raise Refusal(400, "Missing required parameter: id")
        vendor_id = str(call.field("id"))
        if vendor_id != asking.id and not store.is_admin(asking.id):
            raise Refusal(401, "Unauthorized")
        vendor = store.vendor(vendor_id)
        if vendor is None:
            raise Refusal(404, "Vendor not found")
        body = dict(vendor.body) | {name: call.field(name) for name in _CHANGEABLE if call.has(name)}
        removed = [name for name in _CHANGEABLE if call.has(name) and call.field(name) is None]
        changed = Vendor(vendor.id, vendor.api_key, {name: body[name] for name in body if name not in removed})
        store.put_vendor(changed)
        return json_reply(self._profile(changed))

    async def mail_code(self, call: Call) -> Reply:
        """Mail a vendor the code it can trade for its key.

        Evidence: a `mail` event that holds the code, for this factory sends no mail.
        """
        vendor = self._factory.store.vendor(str(call.field("id") or ""))
        if vendor is None:
            raise Refusal(404, "Vendor not found")
        code = new_code(self._factory.runtime.random)
        self._factory.store.set_code(vendor.id, code)
        address = vendor.body.get("email")
        self._factory.on_event({"event": "mail", "at": self._factory.runtime.now(), "to": address, "code": code})
        return json_reply({"email": address})

    async def trade_code(self, call: Call) -> Reply:
        """Give a vendor with its key to whoever has the code; a code can be used again."""
        if not call.has("id"):
            raise Refusal(500, _UNBOUND)
        vendor = self._factory.store.vendor(str(call.field("id")))
        code = None if vendor is None else self._factory.store.code(vendor.id)
        if vendor is None or code is None or call.field("code") != code:
            raise Refusal(401, "Invalid code")
        return json_reply(self._profile(vendor))

    async def connect(self, call: Call) -> Reply:
        """Note the wish for a partner, and pair two vendors with the same wish."""
        vendor = self._factory.vendor_of(call)
        purpose = call.field("purpose")
        if not isinstance(purpose, str) or not purpose:
            raise Refusal(400, "Invalid purpose")
        self._factory.store.connect(vendor.id, purpose, now=self._factory.runtime.now())
        return json_reply(self._profile(vendor))

    async def rate(self, call: Call) -> Reply:
        """Note what a vendor thinks of its partner."""
        vendor = self._factory.vendor_of(call)
        if not (call.has("id") and call.has("purpose")):
            raise Refusal(500, _UNBOUND)
        partner, purpose = str(call.field("id")), str(call.field("purpose"))
        self._factory.store.rate(vendor.id, partner, purpose, rating=call.field("rating") or 0)
        return empty_reply(headers=[(b"content-type", JSON)])

    async def disturb(self, call: Call) -> Reply:
        """Start chaos for a vendor, in place of what it had."""
        vendor = self._factory.vendor_of(call)
        wanted = call.params["type"]
        if wanted not in (ChaosType.FAIL, ChaosType.THROTTLE, ChaosType.BADJWT):
            raise Refusal(400, "Invalid chaos type")
        now, rng = self._factory.runtime.now(), self._factory.runtime.random
        start = now if self._factory.settings.chaos_starts == "at once" else next_day_start(now, rng)
        self._factory.store.set_chaos(vendor.id, Chaos(ChaosType(wanted), new_code(rng), now, start))
        return json_reply({"message": "Chaos initiated"})

    def _profile(self, vendor: Vendor) -> dict[str, object]:
        return self._factory.store.profile(vendor)
