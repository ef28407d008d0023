"""Where the service pushes its telemetry, it is turned away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.faults.parameters import between
from harness.faults.standing import StandingFault
from harness.faults.troubles import PushesRefused


@dataclass(frozen=True, slots=True)
class TelemetryRefused(StandingFault):
    """Answer each push of metrics or logs with an error: 401 as for a key that has expired, 500 as in a bad hour.

    Dashboards run empty, and alert rules see no data. What a service measures as counters is there again afterwards;
    log lines are lost, if it does not keep them. Some services of the course end when a push is refused.
    `LinkDown("telemetry")` refuses the connection instead.

    Evidence: a push that was refused.
    """

    name: ClassVar[str] = "telemetry_refused"
    target: ClassVar[str] = "telemetry"
    sees: ClassVar[str] = "nothing: diners do not notice, and dashboards run empty"

    status: int = field(default=401, metadata=between("HTTP status of the answer", 400, 599))

    @property
    def troubles(self) -> tuple[PushesRefused]:
        return (PushesRefused(self.status),)
