"""What can be wrong for as long as a fault lasts: data that a stack makes come true, and puts right again.

Rules of this file: a trouble says what is wrong, never how it is done; its name is what the stack calls it in the
history, so one name stands for one thing that can be wrong at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from harness.faults.toxics import Toxic

Stream = Literal["upstream", "downstream"]


@dataclass(frozen=True, slots=True)
class ToxicOn:
    """A toxic is on a link."""

    link: str
    """Which: `factory` or `telemetry`."""
    toxic: Toxic
    """What it does to the data."""
    stream: Stream = "downstream"
    """Which direction it spoils; downstream is towards the service."""
    toxicity: float = 1.0
    """How likely a connection meets it, 0 to 1."""

    @property
    def name(self) -> str:
        """What the stack calls it."""
        return f"{self.link}/{self.toxic.type}"


@dataclass(frozen=True, slots=True)
class LinkCut:
    """A link does not listen: connections to it are refused, and those that were open broke off."""

    link: str
    """Which: `factory` or `telemetry`."""

    @property
    def name(self) -> str:
        """What the stack calls it."""
        return f"{self.link}/cut"


@dataclass(frozen=True, slots=True)
class TaskPaused:
    """The longest-lived task of the service stands still: it keeps its connections, and answers nothing."""

    name: ClassVar[str] = "task/paused"


@dataclass(frozen=True, slots=True)
class TasksCrashOnStart:
    """Every task of the service that is started ends at once."""

    name: ClassVar[str] = "tasks/crash on start"


@dataclass(frozen=True, slots=True)
class ProcessorTaken:
    """The longest-lived task of the service must share one processor with programs that only burn time."""

    rivals: int
    """How many; the task is left with one part in `rivals` + 1 of that processor."""

    name: ClassVar[str] = "task/processor taken"


@dataclass(frozen=True, slots=True)
class ClockSkewed:
    """Every task of the service that is started believes in another time."""

    by: timedelta
    """How far its clock is ahead; negative for behind."""

    name: ClassVar[str] = "tasks/clock skewed"


@dataclass(frozen=True, slots=True)
class FactoryDown:
    """The factory's process is gone."""

    name: ClassVar[str] = "factory/down"


@dataclass(frozen=True, slots=True)
class TargetsWithheld:
    """The load balancer knows of no target, however many are healthy."""

    name: ClassVar[str] = "balancer/no targets"


@dataclass(frozen=True, slots=True)
class TargetsHalfDead:
    """For each target, the load balancer forwards to another that refuses, and no health check notices."""

    name: ClassVar[str] = "balancer/half dead"


@dataclass(frozen=True, slots=True)
class RecordGone:
    """DNS knows no such name as the site's."""

    name: ClassVar[str] = "DNS/record gone"


@dataclass(frozen=True, slots=True)
class RecordAstray:
    """The site's name leads to somebody else's server."""

    name: ClassVar[str] = "DNS/record astray"


@dataclass(frozen=True, slots=True)
class NameServerFailing:
    """The name server answers SERVFAIL."""

    name: ClassVar[str] = "DNS/fails"


@dataclass(frozen=True, slots=True)
class NameServerSlow:
    """The name server answers late."""

    by: timedelta
    """How late."""

    name: ClassVar[str] = "DNS/slow"


Trouble = (
    ToxicOn
    | LinkCut
    | TaskPaused
    | TasksCrashOnStart
    | ProcessorTaken
    | ClockSkewed
    | FactoryDown
    | TargetsWithheld
    | TargetsHalfDead
    | RecordGone
    | RecordAstray
    | NameServerFailing
    | NameServerSlow
)
"""Everything that a stack can let be wrong."""
