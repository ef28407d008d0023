"""Nothing is heard of the service any more, though it works, and believes that it is heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.standing import StandingFault
from harness.faults.troubles import PushesLost


@dataclass(frozen=True, slots=True)
class TelemetrySilent(StandingFault):
    """Answer each push of metrics or logs as if all were well, and keep nothing of it.

    For whoever looks at dashboards and alerts it is as if the service pushed no more.

    Evidence: a push that was lost.
    """

    name: ClassVar[str] = "telemetry_silent"
    target: ClassVar[str] = "telemetry"
    sees: ClassVar[str] = "nothing: diners do not notice, and rules without data stay silent or fire, as they are set"
    troubles: ClassVar[tuple[PushesLost]] = (PushesLost(),)
