"""What all routers of one factory share."""

from collections.abc import Callable
from dataclasses import dataclass

from fake_factory.express import Call, Refusal
from fake_factory.pizzas import Signer
from fake_factory.runtime import Runtime
from fake_factory.settings import Settings
from fake_factory.store import Store, Vendor

Event = dict[str, object]


@dataclass(frozen=True, slots=True)
class Factory:
    """One factory: its settings, its memory, its key and its way to the world."""

    settings: Settings
    """What it was told at the start."""
    runtime: Runtime
    """Its time, sleep, randomness and ids."""
    store: Store
    """What it remembers."""
    signer: Signer
    """What signs its pizzas."""
    on_event: Callable[[Event], None]
    """Told of every order and every mail."""

    def vendor_of(self, call: Call) -> Vendor:
        """Give the vendor whose key came with a call.

        Raises:
            Refusal: 401, no vendor holds that key.
        """
        vendor = self.store.vendor_with_key(call.api_key)
        if vendor is None:
            raise Refusal(401, "invalid authentication")
        return vendor

    def admin_of(self, call: Call) -> Vendor:
        """Give the administrator whose key came with a call.

        Raises:
            Refusal: 401, no vendor holds that key, or one who is no administrator.
        """
        vendor = self.vendor_of(call)
        if not self.store.is_admin(vendor.id):
            raise Refusal(401, "invalid authentication")
        return vendor
