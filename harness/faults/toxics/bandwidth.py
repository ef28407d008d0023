"""The line is slow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.faults.toxics.attributes import ours, whole
from harness.faults.toxics.toxic import Commands, Moment, Pass, Toxic

PIECE_SECONDS = 0.01
"""How much of the line's time one piece takes: short pieces make an even flow."""


@dataclass(frozen=True, slots=True)
class Bandwidth(Toxic):
    """Let data through at a fixed rate."""

    type: ClassVar[str] = "bandwidth"

    rate_kilobytes: int = field(
        default=0, metadata=whole("rate", "how fast, in 1,000 bytes a second; 0 lets nothing through", unit="KB/s")
    )
    shared: bool = field(
        default=False,
        metadata=ours("shared", bool, "whether all connections share that rate; else each has it for itself"),
    )

    @property
    def sees(self) -> str:
        whose = "all connections together carry" if self.shared else "each connection carries"
        return f"{whose} at most {self.rate_kilobytes} KB a second"

    @property
    def is_shared(self) -> bool:
        return self.shared

    def on_data(self, moment: Moment) -> Commands:
        if self.rate_kilobytes <= 0:
            return ()
        bytes_a_second = self.rate_kilobytes * 1000
        size = min(moment.size_bytes, max(1, int(bytes_a_second * PIECE_SECONDS)))
        return (Pass(size, at=moment.since + size / bytes_a_second),)
