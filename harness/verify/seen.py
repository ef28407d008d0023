"""What can be seen of a site from outside, as plain data: what the shell gathers and the layers judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class NameSeen:
    """What DNS said of the site's name."""

    name: str
    """The name that was asked for."""
    address: str = ""
    """Where it points, `127.0.0.11:8080`; empty when DNS knows no such name, or nobody knows."""
    ttl: timedelta | None = None
    """How long the answer may be kept; None when nothing was asked."""
    aliases: tuple[str, ...] = ()
    """The names it is another name for, in order: the targets of its CNAME records."""
    trouble: str = ""
    """Why nobody knows, in a sentence; empty when DNS answered."""
    is_literal: bool = False
    """Whether the URL holds an address, so that there was nothing to ask."""
    took: timedelta = timedelta()
    """How long the answer took, on the wall; the quicker of two where the first was slow."""


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """How a TLS handshake went, and the certificate that was shown."""

    version: str = ""
    """What was agreed on, `TLSv1.3`; empty when the handshake failed."""
    trouble: str = ""
    """What OpenSSL said against it; empty when all was well."""
    code: int = 0
    """OpenSSL's number of what is wrong with the certificate; 0 when it is not the certificate."""
    names: tuple[str, ...] = ()
    """Whom the certificate is for."""
    issuer: str = ""
    """Who signed it."""
    begins: datetime | None = None
    """From when on it is valid."""
    ends: datetime | None = None
    """Until when it is valid; None when none was shown."""


@dataclass(frozen=True, slots=True)
class ReplySeen:
    """What came of one request."""

    asked: str
    """Method and path, for the evidence: `GET /api/docs`."""
    status: int = 0
    """HTTP status; 0 when there was no reply."""
    body: Any = None
    """The JSON of the reply; None when it is no JSON."""
    text: str = ""
    """The beginning of the reply, for the evidence."""
    trouble: str = ""
    """Why there was no reply; empty when there was."""
    timed_out: bool = False
    """Whether that was because nobody said anything for so long."""

    @property
    def ok(self) -> bool:
        """Whether it was answered with success."""
        return 200 <= self.status < 300

    def member(self, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Give a member of the reply's object; None when there is none."""
        return self.body.get(name) if isinstance(self.body, dict) else None


@dataclass(frozen=True, slots=True)
class TelemetrySeen:
    """When something last arrived from the deployment."""

    sink: str
    """Where was looked."""
    ages: tuple[tuple[str, timedelta | None], ...] = ()
    """For each kind of telemetry that the sink keeps, how old the newest of it is; None when there is none at all."""
    ahead: tuple[tuple[str, timedelta], ...] = ()
    """How much later than it came in the newest of each kind is dated; negative when it is dated too early."""
    trouble: str = ""
    """Why nobody knows; empty when the sink answered."""


@dataclass(frozen=True, slots=True)
class ArrivedSeen:
    """Which telemetry has arrived from the deployment, by name."""

    sink: str
    """Where was looked."""
    metrics: frozenset[str] = frozenset()
    """The names of the metrics; of a Prometheus, those of them that were asked for."""
    has_lines: bool | None = None
    """Whether log lines have arrived; None where the sink keeps none."""
    trouble: str = ""
    """Why nobody knows; empty when the sink answered."""
