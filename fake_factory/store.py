"""What the factory remembers, in memory: vendors, their chaos, roles, connections and badges."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fake_factory.chaos import Chaos
from fake_factory.javascript import iso_date


@dataclass(frozen=True, slots=True)
class Vendor:
    """Somebody who orders pizzas."""

    id: str
    """Its id, unique."""
    api_key: str
    """The key it orders with."""
    body: Mapping[str, object]
    """What the factory's replies show of it, its id and apiKey included."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A vendor's wish for a partner, and the partner once there is one."""

    created: float
    """When it was asked for, in seconds since the epoch."""
    partner: str | None = None
    """The other vendor's id."""
    rating: object = 0
    """What the vendor thinks of the partner: whatever it sent."""


class Store:
    """Remembers everything until the process ends; orders are not stored, as at the real factory."""

    def __init__(self) -> None:
        self._vendors: dict[str, Vendor] = {}
        self._admins: set[str] = set()
        self._chaos: dict[str, Chaos] = {}
        self._codes: dict[str, str] = {}
        self._connections: dict[tuple[str, str], Connection] = {}
        self.badges: dict[tuple[str, str], str] = {}
        self.log_reply: str | None = None

    def put_vendor(self, vendor: Vendor) -> None:
        """Remember a vendor, new or changed."""
        self._vendors[_alike(vendor.id)] = vendor

    def vendor(self, vendor_id: str) -> Vendor | None:
        """Find a vendor by its id."""
        return self._vendors.get(_alike(vendor_id))

    def vendor_with_key(self, api_key: str) -> Vendor | None:
        """Find the vendor that holds a key."""
        return next((vendor for vendor in self._vendors.values() if vendor.api_key == api_key), None)

    def vendors(self) -> list[Vendor]:
        """List all vendors, the oldest first."""
        return list(self._vendors.values())

    def remove_vendor(self, vendor_id: str) -> None:
        """Forget a vendor and everything about it."""
        removed = self._vendors.pop(_alike(vendor_id), None)
        vendor_id = removed.id if removed else vendor_id
        self._chaos.pop(vendor_id, None)
        self._codes.pop(vendor_id, None)
        self._admins.discard(vendor_id)
        for owner, purpose in list(self._connections):
            if vendor_id in (owner, self._connections[owner, purpose].partner):
                del self._connections[owner, purpose]

    def is_admin(self, vendor_id: str) -> bool:
        """Ask whether a vendor is an administrator."""
        return vendor_id in self._admins

    def set_admin(self, vendor_id: str, *, is_admin: bool) -> None:
        """Give or take the role of administrator, also to an id that has no vendor yet."""
        if is_admin:
            self._admins.add(vendor_id)
        else:
            self._admins.discard(vendor_id)

    def chaos(self, vendor_id: str) -> Chaos | None:
        """Find a vendor's chaos, resolved or not."""
        return self._chaos.get(vendor_id)

    def set_chaos(self, vendor_id: str, chaos: Chaos | None) -> None:
        """Replace a vendor's chaos; None forgets it."""
        if chaos is None:
            self._chaos.pop(vendor_id, None)
        else:
            self._chaos[vendor_id] = chaos

    def code(self, vendor_id: str) -> str | None:
        """Find the code last mailed to a vendor."""
        return self._codes.get(vendor_id)

    def set_code(self, vendor_id: str, code: str) -> None:
        """Remember the code mailed to a vendor; the one before is void."""
        self._codes[vendor_id] = code

    def connect(self, vendor_id: str, purpose: str, *, now: float) -> None:
        """Note a vendor's wish for a partner, and pair it with one who has the same wish and nobody yet."""
        mine = self._connections.setdefault((vendor_id, purpose), Connection(created=now))
        if mine.partner is not None:
            return
        waiting = sorted(
            owner
            for (owner, wish), connection in self._connections.items()
            if wish == purpose and owner != vendor_id and connection.partner is None
        )
        if waiting:
            self._pair(vendor_id, waiting[0], purpose)

    def _pair(self, one: str, other: str, purpose: str) -> None:
        for owner, partner in ((one, other), (other, one)):
            self._connections[owner, purpose] = replace(self._connections[owner, purpose], partner=partner)

    def rate(self, vendor_id: str, partner: str, purpose: str, *, rating: object) -> None:
        """Note what a vendor thinks of its partner; without such a partner nothing happens."""
        connection = self._connections.get((vendor_id, purpose))
        if connection is not None and connection.partner == partner:
            self._connections[vendor_id, purpose] = replace(connection, rating=rating)

    def disconnect(self, vendor_id: str, purpose: str) -> None:
        """Forget a vendor's connections for a purpose, on both sides."""
        for owner, wish in list(self._connections):
            if wish == purpose and vendor_id in (owner, self._connections[owner, wish].partner):
                del self._connections[owner, wish]

    def profile(self, vendor: Vendor) -> dict[str, object]:
        """Describe a vendor in full: its own body, then chaos with its fixCode, roles and connections."""
        profile = dict(vendor.body)
        chaos = self._chaos.get(vendor.id)
        if chaos is not None:
            profile["chaos"] = chaos.as_json()
        profile["roles"] = ["admin", "vendor"] if self.is_admin(vendor.id) else ["vendor"]
        profile["connections"] = {
            purpose: self._connection_json(purpose, connection)
            for (owner, purpose), connection in self._connections.items()
            if owner == vendor.id
        }
        return profile

    def _connection_json(self, purpose: str, connection: Connection) -> dict[str, object]:
        shown: dict[str, object] = {
            "id": connection.partner,
            "purpose": purpose,
            "created": iso_date(connection.created),
        }
        if connection.partner is not None:
            partner = self._vendors[_alike(connection.partner)].body
            shown |= {name: partner[name] for name in ("name", "phone", "email", "website") if name in partner}
            shown["rating"] = connection.rating
        return shown


def _alike(vendor_id: str) -> str:
    """What the database compares: neither capitals nor blanks at the end tell two ids apart."""
    return vendor_id.rstrip(" ").casefold()
