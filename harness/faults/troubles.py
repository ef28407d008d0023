"""What can be wrong for as long as a fault lasts: data that a stack makes come true, and puts right again.

Rules of this file: a trouble says what is wrong, never how it is done; its name is what the stack calls it in the
history, so one name stands for one thing that can be wrong at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from harness.errors import ScenarioError
from harness.faults.toxics import Toxic
from harness.faults.toxics.attributes import refuse_out_of_range
from harness.faults.toxics.http_toxic import HttpToxic

Stream = Literal["upstream", "downstream"]
Spoiling = Literal["no_points", "no_value", "null", "text", "no_longer_recorded", "frozen_gauge", "counter_reset"]


@dataclass(frozen=True, slots=True)
class ToxicOn:
    """A toxic is on a link.

    Raises:
        ScenarioError: when a setting of the toxic is out of range, or it can spoil nothing on that stream.
    """

    link: str
    """Which: `factory` or `telemetry`."""
    toxic: Toxic
    """What it does to the data."""
    stream: Stream = "downstream"
    """Which direction it spoils; downstream is towards the service."""
    toxicity: float = 1.0
    """How likely a connection meets it, 0 to 1."""

    def __post_init__(self) -> None:
        refuse_out_of_range(self.toxic)
        if isinstance(self.toxic, HttpToxic) and self.stream == "upstream":
            message = (
                f"{type(self.toxic).__name__}: stream is 'upstream'; it spoils replies, which flow downstream. "
                "Allowed: `downstream`; leave the stream out."
            )
            raise ScenarioError(message)

    @property
    def name(self) -> str:
        """What the stack calls it; two that spoil different things have different names."""
        stream = " upstream" if self.stream == "upstream" else ""
        aim = f" {self.toxic.aim}" if self.toxic.aim else ""
        return f"{self.link}/{self.toxic.type}{stream}{aim}"


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
class MemoryCapped:
    """The longest-lived task of the service can get hardly more memory than it has."""

    room_bytes: int
    """How much more."""

    name: ClassVar[str] = "task/memory capped"


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
class FactoryNameUnknown:
    """Every task of the service that is started seeks the factory under a name that DNS does not know."""

    name: ClassVar[str] = "tasks/factory name unknown"


@dataclass(frozen=True, slots=True)
class TargetsWithheld:
    """The load balancer knows of no target, however many are healthy."""

    name: ClassVar[str] = "balancer/no targets"


@dataclass(frozen=True, slots=True)
class TargetsHalfDead:
    """For each target, the load balancer forwards to another that refuses, and no health check notices."""

    name: ClassVar[str] = "balancer/half dead"


@dataclass(frozen=True, slots=True)
class CertificateBad:
    """The load balancer shows a certificate that no browser accepts."""

    kind: str
    """What is wrong with it: `expired`, `wrong_name` or `not_yet_valid`."""

    name: ClassVar[str] = "balancer/certificate bad"


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


@dataclass(frozen=True, slots=True)
class PushesRefused:
    """Whatever the service pushes is answered with an error, and not kept."""

    status: int
    """The HTTP status of the answer."""

    name: ClassVar[str] = "pushes/refused"


@dataclass(frozen=True, slots=True)
class PushesDelayed:
    """Whatever the service pushes is taken late."""

    by: timedelta
    """How late."""

    name: ClassVar[str] = "pushes/delayed"


@dataclass(frozen=True, slots=True)
class PushesLost:
    """Whatever the service pushes is answered as if all were well, and not kept."""

    name: ClassVar[str] = "pushes/lost"


@dataclass(frozen=True, slots=True)
class PushesSpoiled:
    """What the service pushes is not what it measured."""

    how: Spoiling
    """In which way."""

    name: ClassVar[str] = "pushes/spoiled"


@dataclass(frozen=True, slots=True)
class PushesMisdated:
    """What the service pushes says another time than that at which it was measured."""

    by: timedelta
    """How far ahead; negative for behind."""

    name: ClassVar[str] = "pushes/misdated"


@dataclass(frozen=True, slots=True)
class WritesBlocked:
    """Somebody else holds the database, so that whoever writes has to wait."""

    name: ClassVar[str] = "database/writes blocked"


@dataclass(frozen=True, slots=True)
class WritesForbidden:
    """The database can be read, and not written."""

    name: ClassVar[str] = "database/writes forbidden"


@dataclass(frozen=True, slots=True)
class DiskFull:
    """There is no room for more data in the database."""

    name: ClassVar[str] = "database/disk full"


@dataclass(frozen=True, slots=True)
class ConnectionsTaken:
    """Somebody else has all the connections that the database allows."""

    name: ClassVar[str] = "database/connections taken"


@dataclass(frozen=True, slots=True)
class SessionsKilled:
    """The database ends each of the service's sessions as soon as it sees it."""

    name: ClassVar[str] = "database/sessions killed"


@dataclass(frozen=True, slots=True)
class DatabaseStopped:
    """The database stands still: it keeps its connections, and answers nothing."""

    name: ClassVar[str] = "database/stopped"


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """The database knows another password than the service."""

    name: ClassVar[str] = "database/password changed"


@dataclass(frozen=True, slots=True)
class SchemaGone:
    """The database server has no such database as the service's."""

    name: ClassVar[str] = "database/schema gone"


Trouble = (
    ToxicOn
    | LinkCut
    | TaskPaused
    | TasksCrashOnStart
    | ProcessorTaken
    | MemoryCapped
    | ClockSkewed
    | FactoryDown
    | FactoryNameUnknown
    | PushesRefused
    | PushesDelayed
    | PushesLost
    | PushesSpoiled
    | PushesMisdated
    | WritesBlocked
    | WritesForbidden
    | DiskFull
    | ConnectionsTaken
    | SessionsKilled
    | DatabaseStopped
    | PasswordChanged
    | SchemaGone
    | TargetsWithheld
    | TargetsHalfDead
    | CertificateBad
    | RecordGone
    | RecordAstray
    | NameServerFailing
    | NameServerSlow
)
"""Everything that a stack can let be wrong."""
