"""Pieces of the stream vanish."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from harness.faults.toxics.attributes import share
from harness.faults.toxics.toxic import Commands, Drop, Moment, Pass, Toxic


@dataclass(frozen=True, slots=True)
class PacketLoss(Toxic):
    """Throw some pieces of data away, which corrupts the stream: TCP itself would have sent them again."""

    type: ClassVar[str] = "packet_loss"
    is_ours: ClassVar[bool] = True  # it was proposed to Toxiproxy (#739), and never came
    drops_data: ClassVar[bool] = True

    loss_rate: float = field(default=0.0, metadata=share("loss_rate", "how likely a piece is lost"))
    correlation: float = field(
        default=0.0, metadata=share("correlation", "how much of that comes from what became of the piece before")
    )

    @property
    def sees(self) -> str:
        return f"{self.loss_rate:.0%} of the pieces of data vanish"

    def on_data(self, moment: Moment) -> Commands:
        chance = self.loss_rate
        if moment.previous is not None:
            before = 1.0 if isinstance(moment.previous, Drop) else 0.0
            chance = chance * (1 - self.correlation) + before * self.correlation
        return (Drop() if moment.rng.random() < chance else Pass(),)
