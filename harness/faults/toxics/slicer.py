"""Data comes in small slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import ClassVar

from harness.durations import spoken
from harness.faults.toxics.attributes import Duration, microseconds, whole
from harness.faults.toxics.toxic import Commands, Moment, Pass, Toxic


@dataclass(frozen=True, slots=True)
class Slicer(Toxic):
    """Cut each piece of data into slices, and pause after each."""

    type: ClassVar[str] = "slicer"

    average_size_bytes: int = field(
        default=0, metadata=whole("average_size", "how long a slice is, about", unit="bytes")
    )
    size_variation_bytes: int = field(
        default=0, metadata=whole("size_variation", "how much a cut may lie off the middle", unit="bytes")
    )
    delay: Duration = field(default=timedelta(), metadata=microseconds("delay", "how long the pause is"))

    @property
    def sees(self) -> str:
        pauses = f", {spoken(self.delay)} apart" if self.delay else ""
        return f"data comes in slices of about {self.average_size_bytes} bytes{pauses}"

    def on_data(self, moment: Moment) -> Commands:
        pause = max(0.0, self.delay.total_seconds())
        first = max(moment.arrived, moment.free + pause)
        sizes = self._sizes(moment.size_bytes, moment.rng)
        return tuple(Pass(size, at=first + pause * number) for number, size in enumerate(sizes))

    def _sizes(self, size: int, rng: Random) -> Iterator[int]:
        """Halve again and again, off the middle by chance, as Toxiproxy does, until it is small enough."""
        variation = max(0, self.size_variation_bytes)
        if size <= 1 or size - max(1, self.average_size_bytes) <= variation:
            yield size
            return
        off = rng.randrange(-variation, variation) if variation else 0
        cut = min(max(1, size // 2 + off), size - 1)  # an empty slice would be none
        yield from self._sizes(cut, rng)
        yield from self._sizes(size - cut, rng)
