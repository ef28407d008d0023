"""Nothing comes through any more, and at last the connection is closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import spoken
from harness.faults.toxics.attributes import Duration, milliseconds
from harness.faults.toxics.toxic import Close, Commands, Drop, Moment, Toxic


@dataclass(frozen=True, slots=True)
class Timeout(Toxic):
    """Throw all data away, and close the connection once the sender has been silent for a while.

    Its removal closes the connections it was on: what they lost would leave them corrupt.
    """

    type: ClassVar[str] = "timeout"
    drops_data: ClassVar[bool] = True

    timeout: Duration = field(
        default=timedelta(),
        metadata=milliseconds("timeout", "how long a silence; each piece of data begins it anew; 0 never closes"),
    )

    @property
    def sees(self) -> str:
        end = f"connections close after {spoken(self.timeout)} of silence" if self.timeout else "connections hang"
        return f"no data comes through; {end}"

    def on_data(self, moment: Moment) -> Commands:  # noqa: ARG002 - all data alike
        return (Drop(),)

    def on_silence(self, moment: Moment) -> Commands:
        length = self.timeout.total_seconds()
        return (Close(at=moment.since + length),) if length > 0 else ()

    def on_end(self, moment: Moment) -> Commands:  # noqa: ARG002 - each end alike
        return (Close(),)

    def on_removal(self) -> Commands:
        return (Close(),)
