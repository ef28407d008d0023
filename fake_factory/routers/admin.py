"""Administration: all vendors, their roles, and chaos at a chosen instant."""

import difflib
from datetime import UTC, datetime

from fake_factory.chaos import Chaos, ChaosType, new_code
from fake_factory.express import EMPTY_TAG, Call, Doc, Refusal, Reply, Route, empty_reply, json_reply
from fake_factory.factory import Factory
from fake_factory.javascript import is_truthy

_VENDOR = {"id": "test3", "name": "cs student", "apiKey": "abcxyz", "roles": ["vendor"], "connections": {}}
_ROLE = {"id": "test3", "roles": ["admin"]}
_REMOVAL = {"id": "test3", "deleteType": "all, chaos or connection"}
_CHAOS_MEMBERS = ("vendorId", "type", "startDate", "fixCode")


class AdminRouter:
    """Serves administrators."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    def routes(self) -> list[Route]:
        """List the endpoints; `PUT /api/admin/chaos` is this twin's own and not documented as the factory's."""
        vendors = Doc(says="List all vendors, with their keys.", response=[_VENDOR], requires_auth=True)
        role = Doc(says="Make a vendor an administrator, or not.", body=_ROLE, response=_VENDOR, requires_auth=True)
        remove = Doc(says="Remove a vendor, or a part of it.", body=_REMOVAL, response=None, requires_auth=True)
        return [
            Route("GET", "/api/admin/vendors", self.vendors, vendors),
            Route("PUT", "/api/admin/role", self.set_role, role),
            Route("DELETE", "/api/admin/vendor", self.remove, remove),
            Route("PUT", "/api/admin/chaos", self.set_chaos),
        ]

    async def vendors(self, call: Call) -> Reply:
        """List all vendors in full."""
        self._factory.admin_of(call)
        store = self._factory.store
        return json_reply([store.profile(vendor) for vendor in store.vendors()])

    async def set_role(self, call: Call) -> Reply:
        """Give or take the role of administrator; an id without a vendor gets it too, and an empty reply."""
        self._factory.admin_of(call)
        store = self._factory.store
        if not is_truthy(call.field("id")):
            raise Refusal(400, "Missing required parameter")
        vendor_id, roles = str(call.field("id")), call.field("roles")
        if is_truthy(roles):
            if not isinstance(roles, list | str):
                raise Refusal(500, "roles.includes is not a function")
            store.set_admin(vendor_id, is_admin="admin" in roles)
        vendor = store.vendor(vendor_id)
        return empty_reply(headers=[(b"etag", EMPTY_TAG)]) if vendor is None else json_reply(store.profile(vendor))

    async def remove(self, call: Call) -> Reply:
        """Remove a vendor, its chaos or a connection; what is not there is removed as well."""
        self._factory.admin_of(call)
        store = self._factory.store
        if not is_truthy(call.field("id")):
            raise Refusal(400, "Missing required parameter")
        vendor_id = str(call.field("id"))
        match call.field("deleteType"):
            case "all":
                store.remove_vendor(vendor_id)
            case "chaos":
                store.set_chaos(vendor_id, None)
            case "connection":
                store.disconnect(vendor_id, str(call.field("purpose")))
            case _:
                raise Refusal(400, "Missing required parameter")
        return Reply(status=204)

    async def set_chaos(self, call: Call) -> Reply:
        """Set a vendor's chaos from a chosen instant on, and give it back with its fixCode.

        The body is `{vendorId, type, startDate?, fixCode?}`: type is fail, throttle, badjwt or none, startDate an ISO
        date with its offset (at once if left out), fixCode the code that will end it (drawn if left out).
        """
        self._factory.admin_of(call)
        _refuse_unknown_members(call.body)
        vendor = self._factory.store.vendor(str(call.field("vendorId")))
        if vendor is None:
            known = ", ".join(known.id for known in self._factory.store.vendors())
            raise Refusal(404, f"no vendor has the vendorId {call.field('vendorId')!r}; there are: {known}")
        now = self._factory.runtime.now()
        chaos = Chaos(_chaos_type(call), self._fix_code(call), now, _start(call, default=now))
        if not chaos.is_unresolved:
            chaos = chaos.resolved(now)
        self._factory.store.set_chaos(vendor.id, chaos)
        return json_reply({"vendorId": vendor.id, "chaos": chaos.as_json()})

    def _fix_code(self, call: Call) -> str:
        if not call.has("fixCode"):
            return new_code(self._factory.runtime.random)
        code = call.field("fixCode")
        if not isinstance(code, str) or not code.isascii() or not code.isalnum():
            raise Refusal(400, f"fixCode is {code!r}; it must be ASCII letters and digits, for it stands in a URL")
        return code


def _refuse_unknown_members(body: object) -> None:
    for name in body if isinstance(body, dict) else ():
        if name not in _CHAOS_MEMBERS:
            close = difflib.get_close_matches(name, _CHAOS_MEMBERS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(_CHAOS_MEMBERS)}"
            raise Refusal(400, f"{name!r} is not a member of chaos; {hint}")


def _chaos_type(call: Call) -> ChaosType:
    wanted = call.field("type")
    if wanted not in list(ChaosType):
        raise Refusal(400, f"type is {wanted!r}; it must be one of {', '.join(ChaosType)}")
    return ChaosType(str(wanted))


def _start(call: Call, *, default: float) -> float:
    if not call.has("startDate"):
        return default
    date = call.field("startDate")
    try:
        instant = datetime.fromisoformat(str(date))
        if instant.tzinfo is not None:
            return instant.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        pass
    raise Refusal(400, f"startDate is {date!r}; write an ISO date with its offset, such as 2024-12-01T12:24:00Z")
