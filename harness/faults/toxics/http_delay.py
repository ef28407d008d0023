"""A response comes late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import spoken
from harness.faults.toxics.attributes import Duration, milliseconds
from harness.faults.toxics.http_toxic import HttpToxic


@dataclass(frozen=True, slots=True)
class HttpDelay(HttpToxic):
    """Hold responses back, whole, from when they were complete."""

    type: ClassVar[str] = "http_delay"

    held: Duration = field(default=timedelta(), metadata=milliseconds("delay", "how long a response is held back"))

    @property
    def sees(self) -> str:
        return f"responses come {spoken(self.held)} late"

    @property
    def delay(self) -> timedelta:
        return self.held
