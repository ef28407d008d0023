"""What a factory can be told when it starts."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

DEFAULT_VENDOR_KEY = "local-vendor-key"
"""The apiKey a service uses when nobody chose one. It guards nothing but this twin on loopback."""

DEFAULT_ADMIN_KEY = "local-admin-key"
"""The apiKey of the twin's administrator when nobody chose one."""

ChaosStart = Literal["at once", "next day"]
"""When chaos that a vendor asks for begins: at once, or in the morning after as at the real factory."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_KEY = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """One factory's settings.

    The delays are the real factory's. Chaos starts at once, report URLs work where the twin runs and keys are small,
    so that a harness need not wait; anybody may send logs, so that no logger breaks. `chaos_starts`,
    `faithful_report_url`, `faithful_log` and `key_bits` bring the real manners back.
    """

    vendor_key: str = DEFAULT_VENDOR_KEY
    """The apiKey of the vendor that exists from the start; it stands in report URLs."""
    admin_key: str = DEFAULT_ADMIN_KEY
    """The apiKey of the administrator that exists from the start."""
    order_delay: timedelta = timedelta(seconds=32)
    """How long an order of none or too many pizzas waits before the oven is said to be full."""
    throttle_delay: timedelta = timedelta(seconds=32)
    """How long `throttle` chaos holds an order."""
    chaos_starts: ChaosStart = "at once"
    """When chaos that a vendor asks for begins. `next day` is the real factory: 08:00 to 13:59 in UTC-7."""
    faithful_report_url: bool = False
    """Give the real factory's report URL, always https and without a port, instead of one that works here."""
    faithful_log: bool = False
    """Take logs as the real factory does: from vendors only, and with a reply that public loggers choke on."""
    key: RSAPrivateKey | None = None
    """The key to sign pizzas with; None makes one at the start. Runs that build many factories share one."""
    key_bits: int = 2048
    """The size of the key made at the start. The real factory uses 4096, which starts and signs slower."""

    def __post_init__(self) -> None:
        for name, key in (("vendor key", self.vendor_key), ("admin key", self.admin_key)):
            if not _KEY.fullmatch(key):
                raise ValueError(f"the {name} is {key!r}; use letters, digits and . _ ~ - only, for it stands in URLs")
        if self.vendor_key == self.admin_key:
            raise ValueError(f"the vendor key and the admin key are both {self.vendor_key!r}; they must differ")
        if self.chaos_starts not in get_args(ChaosStart):
            raise ValueError(f"chaos_starts is {self.chaos_starts!r}; it must be 'at once' or 'next day'")
        if min(self.order_delay, self.throttle_delay) < timedelta(0):
            raise ValueError("a delay is negative; order_delay and throttle_delay must be 0 s or longer")


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `32s`, `800ms`, `1.5m` or `1h`.

    Raises:
        ValueError: the text is no number with one of those units.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration; write a number and a unit (ms, s, m, h), for example 32s")
    number, unit = found.groups()
    try:
        return timedelta(seconds=float(number) * _UNITS[unit])
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any clock can count; write a shorter duration") from None
