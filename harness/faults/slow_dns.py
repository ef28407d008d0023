"""The name server takes its time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from harness.durations import duration, spoken
from harness.faults.parameters import lasting
from harness.faults.standing import StandingFault
from harness.faults.troubles import NameServerSlow


@dataclass(frozen=True, slots=True)
class SlowDns(StandingFault):
    """Let the name server answer late; a client gives up after twenty seconds, and asks once more.

    Who is connected, or still believes an older answer, notices nothing: let diners arrive.

    Evidence: an answer that came late.
    """

    name: ClassVar[str] = "slow_dns"
    target: ClassVar[str] = "ingress"

    by: str | timedelta = field(
        default="5s", metadata=lasting("how late answers come", timedelta(milliseconds=100), timedelta(minutes=10))
    )

    @property
    def sees(self) -> str:
        return f"the first page takes {spoken(duration(self.by))} longer, for whoever comes anew"

    @property
    def troubles(self) -> tuple[NameServerSlow]:
        return (NameServerSlow(duration(self.by)),)
