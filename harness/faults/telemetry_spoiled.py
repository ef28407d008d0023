"""What the service pushes is not what it measured: the mistakes that teams make with metrics."""

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
    """Change each push of metrics or logs on its way, as a mistake in the service would have.

    `no_points` empties each list of data points; `no_value` leaves the number out, or a log's line, which is stored as
    0 or as no text; `null` and `text` (as of `toFixed(2)`) put something else in its place; `no_longer_recorded` sets
    the flag of that name, or sends the value that means it; `frozen_gauge` repeats the first value of each gauge;
    `counter_reset` sends of each counter what came since the last push.

    Each is made as far as the push's format has words for it. All are possible in OTLP's JSON, and all but `null`
    and `text` in OTLP's protobuf and in Prometheus remote write. In Prometheus' text all are but
    `no_longer_recorded`; a number that is missing is refused, or the time behind it read for it. Influx lines do
    not say what is a gauge: they may have `no_points`, and `no_value` and `null`, which are refused, and `text`,
    which then is no sample. Logs, of Loki and of OTLP, have no numbers: `no_points` and `no_value`, and `null` in
    JSON. What a format has no words for stays as it is, and so does what is scraped; where that is all, the verdict
    says that nothing was hit.

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
