"""The pizza factory answers orders wrongly, late, in pieces or not at all, and says nothing of a reportUrl."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.events import Event, FaultApplied, Hurt
from harness.faults.parameters import one_of
from harness.faults.standing import StandingFault
from harness.faults.toxics import HttpBody, HttpDelay, HttpStatus, ResetPeer, Slicer, Timeout, Toxic
from harness.faults.troubles import ToxicOn

_ORDERS = "/api/order"
_REFUSED = "every order fails with “Failed to fulfill order at factory”"


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to misbehave."""

    sees: str
    """What a diner sees."""
    toxics: tuple[Toxic, ...]
    """What makes it so, on the way from the factory to the service."""


def _says(status: int, message: str) -> tuple[Toxic, ...]:
    """Answer orders with a status and a message in JSON, as the factory words its errors."""
    body = f'{{"message":"{message}"}}'
    return (HttpStatus(path=_ORDERS, status=status), HttpBody(path=_ORDERS, mode="replace", value=body))


_WAYS: Mapping[str, _Way] = {
    "oven_full": _Way(
        f"{_REFUSED}, after half a minute",
        (
            *_says(503, "Unable to satisfy pizza order. The oven is full."),
            HttpDelay(path=_ORDERS, held=timedelta(seconds=32)),
        ),
    ),
    "some_fail": _Way(
        "every third order fails with “Failed to fulfill order at factory”",
        (HttpStatus(path=_ORDERS, status=500, every=3),),
    ),
    "wrong_key": _Way(_REFUSED, _says(401, "invalid authentication")),
    "database_down": _Way(f"{_REFUSED}, with no link to follow", _says(500, "connect ECONNREFUSED 127.0.0.1:3306")),
    "html_502": _Way(
        "every order fails with “Unexpected token '<'”",
        (HttpStatus(path=_ORDERS, status=502), HttpBody(path=_ORDERS, mode="html")),
    ),
    "empty_503": _Way(
        "every order fails with “Unexpected end of JSON input”",
        (HttpStatus(path=_ORDERS, status=503), HttpBody(path=_ORDERS, mode="empty")),
    ),
    "no_pizza": _Way(
        "orders look fine, and there is no pizza", (HttpBody(path=_ORDERS, mode="remove_field", member="jwt"),)
    ),
    "cut_short": _Way("every order fails with “terminated”", (HttpBody(path=_ORDERS, mode="truncate"),)),
    "slow_body": _Way(
        "every order takes half a minute: the reply trickles in",
        (Slicer(average_size_bytes=64, delay=timedelta(seconds=1)),),
    ),
    "reset": _Way("every order fails with “fetch failed”", (ResetPeer(),)),
    "hang": _Way("every order waits until the diner gives up", (Timeout(),)),
}


@dataclass(frozen=True, slots=True)
class FactoryMisbehaves(StandingFault):
    """Spoil what comes back from the factory, on the link between it and the service; the factory itself is well.

    It gets each order and makes a pizza of it: whoever is refused, waits or is cut off has an order all the same. The
    bodies and statuses are those of the public factory. `LinkDown("factory")` refuses connections, `FactoryKilled` ends
    the process, and `FactoryChaos` is what a reportUrl can end.

    Evidence: a connection of the service to the factory on which a reply was spoilt.
    Source: facts of the public stack, section 4: a factory that is broken on purpose.
    """

    target: ClassVar[str] = "factory"

    kind: str = field(default="oven_full", metadata=one_of("how it misbehaves", *_WAYS))

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"factory_{self.kind}"

    @property
    def sees(self) -> str:
        return _WAYS[self.kind].sees

    @property
    def troubles(self) -> tuple[ToxicOn, ...]:
        return tuple(ToxicOn("factory", toxic) for toxic in _WAYS[self.kind].toxics)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:  # noqa: ARG002 - it stands only once applied
        """Count by the first of its toxics: they spoil the same replies."""
        return event.what if isinstance(event, Hurt) and event.trouble == self.troubles[0].name else None
