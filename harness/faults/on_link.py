"""The network between the service and what it depends on goes bad: any toxic, on either link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from harness.faults.parameters import between, instance_of, one_of
from harness.faults.standing import StandingFault
from harness.faults.toxics import Latency, Toxic
from harness.faults.toxics.attributes import written
from harness.faults.troubles import Stream, ToxicOn

LINKS = ("factory", "telemetry", "database")
"""The links of a run: from the service to the pizza factory, to where it pushes, and to a database that is no file."""


@dataclass(frozen=True, slots=True)
class OnLink(StandingFault):
    """Put a toxic on a link, as a Toxiproxy client would; only a service of your own has a `database` link.

    Evidence: each connection to which the toxic did something.
    """

    name: ClassVar[str] = "on_link"
    target: ClassVar[str] = "link"

    link: str = field(default="factory", metadata=one_of("which link", *LINKS))
    toxic: Toxic = field(
        default=Latency(timedelta(seconds=2)),
        metadata=instance_of("what it does", Toxic, said="one of `harness.faults.toxics`, listed under toxics"),
    )
    stream: Stream = field(
        default="downstream",
        metadata=one_of("the direction it spoils; down is to the service", "upstream", "downstream"),
    )
    toxicity: float = field(default=1.0, metadata=between("share of connections that meet it", 0, 1))

    @property
    def sees(self) -> str:
        return f"between the service and its {self.link}, {self.toxic.sees}"

    @property
    def parameters(self) -> Mapping[str, Any]:
        described = {"link": self.link, "toxic": self.toxic.type, "stream": self.stream, "toxicity": self.toxicity}
        return {**described, **written(self.toxic)}

    @property
    def troubles(self) -> tuple[ToxicOn]:
        return (ToxicOn(self.link, self.toxic, stream=self.stream, toxicity=self.toxicity),)
