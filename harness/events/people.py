"""What whoever is on call is told, and does."""

from __future__ import annotations

from harness.events.event import Event


class PageSent(Event, frozen=True, kw_only=True):
    """Somebody was paged."""

    page: str
    """The alert group this page is about."""
    responder: str
    level: int
    """Step of the escalation chain, from 1."""
    channel: str
    alerts: list[str]


class PageIgnored(Event, frozen=True, kw_only=True):
    """A page was seen and nothing was done about it."""

    page: str
    responder: str
    reason: str


class PageAcknowledged(Event, frozen=True, kw_only=True):
    """A responder took a page."""

    page: str
    responder: str


class PageResolved(Event, frozen=True, kw_only=True):
    """A page ended because its alerts did."""

    page: str


class RemedyPerformed(Event, frozen=True, kw_only=True):
    """A responder did something about it; whether it helped is for the checks to say."""

    remedy: str
    by: str
    did: str
    """What was really done, in a sentence."""


class DiagnosisMade(Event, frozen=True, kw_only=True):
    """A responder, or a tool, named what is broken."""

    by: str
    layer: str
    """The broken layer, or `none found`; `unknown` where a verification could not tell."""
    finding: str
    evidence: list[str]
    took_seconds: float = 0.0
    """How long a verification took, by the clock of what it looked at; 0 of a diagnosis that nobody timed."""
