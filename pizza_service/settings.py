"""What a service twin is told at its start: where things are, and which of its flaws are mended."""

import enum
import re
from dataclasses import dataclass, field
from datetime import timedelta


class Flaw(enum.Enum):
    """A mistake of the real service. Present unless mended; each says what mending it changes."""

    ORDER_WRITTEN_FIRST = "order-written-first"
    """An order that fails still stays in the diner's history and the store's revenue.

    Mended: the rows are taken back unless a pizza was made. A service killed while it waits still leaves them.
    Source: real-service-forks.md 7.1, real-stack-behaviour.md 4.
    """

    NO_FACTORY_TIMEOUT = "no-factory-timeout"
    """A silent factory holds its diner for 300 s, the limit of Node's own HTTP client.

    Mended: after ten seconds without a byte the diner gets a 504 that says so.
    Source: real-service-forks.md 7.2, real-stack-behaviour.md 4.
    """

    DB_TROUBLE_IS_401 = "db-trouble-is-401"
    """Whatever goes wrong while a token is looked up, the diner is told ``unauthorized`` and logged out.

    Mended: database trouble is a 500 with the database's own message, as on every other endpoint.
    Source: real-service-forks.md 7.5, service-and-factory-contract.md 1.2.
    """

    REPLY_PARSED_BEFORE_STATUS = "reply-parsed-before-status"
    """An HTML 502 from the factory reaches the diner as a JSON syntax error; its status is lost.

    Mended: whatever is not a 2xx with readable JSON is ``Failed to fulfill order at factory``.
    Source: real-service-forks.md 7.3, real-stack-behaviour.md 4.
    """

    LOGIN_WITHOUT_PASSWORD = "login-without-password"  # noqa: S105 - the name of a flaw
    """An e-mail address alone logs in as anybody, the admin included.

    Mended: no password is a wrong password, 404 ``unknown user``.
    Source: real-service-forks.md 7.10, service-and-factory-contract.md 1.3.
    """

    FRANCHISE_DELETE_UNGUARDED = "franchise-delete-unguarded"
    """Anybody may delete any franchise, and deleting franchise 0 deletes the role of every diner and admin.

    Mended: admins only (401, 403 ``unable to delete a franchise``), and only franchisee roles go with it.
    Source: real-service-forks.md 7.11, service-and-factory-contract.md 1.3.
    """

    BAD_PIZZA_ACCEPTED = "bad-pizza-accepted"
    """Whatever the factory calls a pizza is sold as one: its JWT may be forged, or missing.

    Mended: the factory's verify endpoint must call it valid, else ``Failed to fulfill order at factory``.
    Source: real-service-forks.md 7.4, real-stack-behaviour.md 10.3.
    """


@dataclass(frozen=True, slots=True)
class Push:
    """Where telemetry of one kind is sent."""

    url: str
    """Receives a POST at each interval."""
    key: str = ""
    """Sent as a bearer token."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything about one service twin that does not change while it runs."""

    factory_url: str = "http://127.0.0.1:4000"
    """Base address of the pizza factory."""
    factory_key: str = field(default="local-vendor-key", repr=False)
    """The vendor's API key at the factory; by default the one that a factory twin knows from its start."""
    jwt_secret: str = field(default="a secret for laptops: it guards nothing", repr=False)
    """Signs diners' tokens; processes that share a database must share it."""
    version: str = "20240518.154317"
    """What ``/`` and the docs call the running version."""
    bcrypt_cost: int = 10
    """Work factor of password hashes, 4 to 31; one more doubles the time."""
    mended: frozenset[Flaw] = frozenset()
    """The flaws this service does not have."""
    patience: timedelta = timedelta(seconds=10)
    """How long the factory may be silent once ``no-factory-timeout`` is mended."""
    metrics: Push | None = None
    """Receives OTLP JSON; None pushes no metrics."""
    logs: Push | None = None
    """Receives Loki push JSON; None keeps no logs."""
    push_interval: timedelta = timedelta(seconds=10)
    """Between two pushes; the first comes one interval after the start."""
    source: str = "jwt-pizza-service"
    """The name of the service on metrics and logs."""
    instance: str = ""
    """Tells one process of the service from another; empty makes up an id."""

    def has(self, flaw: Flaw) -> bool:
        """Whether this service has that flaw."""
        return flaw not in self.mended


_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours"}


def parse_duration(text: str) -> timedelta:
    """Read a duration such as ``10s``, ``500ms`` or ``5m``.

    Raises:
        ValueError: The text has no unit, or is not more than zero.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write a number and a unit (ms, s, m, h), such as 10s")
    duration = timedelta(**{_UNITS[match[2]]: float(match[1])})
    if not duration:
        raise ValueError(f"{text!r} is no time at all; it must be longer than zero")
    return duration
