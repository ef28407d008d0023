"""A connection is cut after a while, whatever it is doing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import spoken
from harness.faults.toxics.attributes import Duration, milliseconds
from harness.faults.toxics.toxic import Close, Commands, Moment, Pass, Toxic


@dataclass(frozen=True, slots=True)
class Cut(Toxic):
    """Let data through as it comes, and close the connection when it has been open for a while.

    Toxiproxy has no such toxic: its `timeout` drops data, and each piece begins the wait anew.
    """

    type: ClassVar[str] = "cut"
    is_ours: ClassVar[bool] = True
    drops_data: ClassVar[bool] = True

    after: Duration = field(
        default=timedelta(),
        metadata=milliseconds("after", "how long a connection lives, from when the toxic and it met"),
    )

    @property
    def sees(self) -> str:
        return f"connections close after {spoken(self.after)}"

    def on_data(self, moment: Moment) -> Commands:
        due = moment.began + self.after.total_seconds()
        return (Pass(),) if moment.now < due else (Close(),)

    def on_silence(self, moment: Moment) -> Commands:
        return (Close(at=moment.began + self.after.total_seconds()),)
