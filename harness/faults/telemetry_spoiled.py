"""What the service pushes is not what it measured: the mistakes that teams make with OTLP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from harness.faults.parameters import one_of
from harness.faults.standing import StandingFault
from harness.faults.troubles import PushesSpoiled, Spoiling

_SEES: Mapping[Spoiling, str] = {
    "no_points": "nothing; every series ends, with a warning at most",
    "no_value": "nothing; every value reads 0, as if the service had been restarted and nobody came",
    "null": "nothing; every push is refused with 400",
    "text": "nothing; every push with a whole number is refused with 400: it says “12.00”",
    "no_longer_recorded": "nothing; every series ends at once, and says so",
    "frozen_gauge": "nothing; every gauge stays where it was, and looks well",
    "counter_reset": "nothing; every counter begins at 0 with each push, so rates are wrong",
}


@dataclass(frozen=True, slots=True)
class TelemetrySpoiled(StandingFault):
    """Change each push of OTLP metrics in JSON on its way, as a mistake in the service would have.

    `no_points` empties each list of data points; `no_value` leaves the number out, which is stored as 0; `null` and
    `text` (as of `toFixed(2)`) put something else in its place; `no_longer_recorded` sets the flag of that name;
    `frozen_gauge` repeats the first value of each gauge; `counter_reset` sends of each counter what came since the last
    push. Pushes in other formats stay as they are, and the verdict then says that nothing was hit.

    Evidence: a push in which a value was changed.
    Source: OpenTelemetry metrics.proto; facts of the public services: each of these was seen in one.
    """

    name: ClassVar[str] = "telemetry_spoiled"
    target: ClassVar[str] = "telemetry"

    how: Spoiling = field(default="no_points", metadata=one_of("what is wrong with each push", *_SEES))

    @property
    def sees(self) -> str:
        return _SEES[self.how]

    @property
    def troubles(self) -> tuple[PushesSpoiled]:
        return (PushesSpoiled(self.how),)
