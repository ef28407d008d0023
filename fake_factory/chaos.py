"""Chaos: what goes wrong for one vendor, from when on, and the code that ends it."""

import random
import string
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from fake_factory.javascript import iso_date

_FACTORY_TIME = timezone(timedelta(hours=-7))
_CODE_ALPHABET = string.digits + string.ascii_lowercase


class ChaosType(StrEnum):
    """The kinds of chaos."""

    FAIL = "fail"
    """Orders are answered with 500."""
    THROTTLE = "throttle"
    """Orders are held for half a minute."""
    BADJWT = "badjwt"
    """Orders are answered with a pizza nobody signed."""
    NONE = "none"
    """Nothing goes wrong: there was chaos, and it has been reported."""


@dataclass(frozen=True, slots=True)
class Chaos:
    """One vendor's chaos; instants are in seconds since the epoch."""

    type: ChaosType
    """What goes wrong."""
    fix_code: str | None
    """The code in the report URL; None once it has been used."""
    initiated: float
    """When it was asked for."""
    start: float
    """From when on orders are hurt."""
    fixed: float | None = None
    """When it was reported; None before."""

    @property
    def is_unresolved(self) -> bool:
        """Whether it still waits to be reported, begun or not."""
        return self.type is not ChaosType.NONE

    def is_active(self, now: float) -> bool:
        """Ask whether orders are hurt at an instant."""
        return self.is_unresolved and self.start <= now

    def resolved(self, now: float) -> "Chaos":
        """Give what is left of it once it has been reported."""
        return replace(self, type=ChaosType.NONE, fix_code=None, fixed=now)

    def as_json(self) -> dict[str, object]:
        """Give it as the factory's replies show it to an administrator, fixCode included."""
        members = {
            "type": self.type.value,
            "fixCode": self.fix_code,
            "initiatedDate": iso_date(self.initiated),
            "startDate": iso_date(self.start),
            "fixDate": None if self.fixed is None else iso_date(self.fixed),
        }
        return {name: value for name, value in members.items() if value is not None}


def new_code(rng: random.Random) -> str:
    """Draw a code of eight digits and small letters."""
    return "".join(rng.choices(_CODE_ALPHABET, k=8))


def next_day_start(now: float, rng: random.Random) -> float:
    """Draw the instant at which the real factory begins: a minute of the next day from 08:00 to 13:59, in UTC-7."""
    tomorrow = datetime.fromtimestamp(now, UTC).astimezone(_FACTORY_TIME) + timedelta(days=1)
    start = tomorrow.replace(hour=8 + rng.randrange(6), minute=rng.randrange(60), second=0, microsecond=0)
    return start.timestamp()
