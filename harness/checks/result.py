"""What a check answers: passed, failed, or unknown, and the events that show it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import islice

import msgspec

from harness.events import Event

EVIDENCE_AT_MOST = 8
"""Nobody reads more lines than this to believe an answer."""


class Verdict(StrEnum):
    """Whether the system did what was expected of it."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Nobody can tell: the history lacks what it takes to decide."""

    def because(self, detail: str, evidence: Iterable[Event] = ()) -> Answer:
        """Give this verdict as an answer, with its reason and the events that show it."""
        return Answer(self, detail, tuple(event.seq for event in islice(evidence, EVIDENCE_AT_MOST)))


class Answer(msgspec.Struct, frozen=True):
    """What a check's function says of a history."""

    verdict: Verdict
    detail: str
    """Why, in a sentence with numbers."""
    evidence: tuple[int, ...] = ()
    """Places in the history (`seq`) of the events that show it."""


class CheckResult(msgspec.Struct, frozen=True):
    """What one check says of a history."""

    name: str
    """The expectation, in a sentence."""
    verdict: Verdict
    detail: str
    """Why, in a sentence with numbers."""
    evidence: tuple[int, ...] = ()
    """Places in the history (`seq`) of the events that show it."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Combine verdicts: one failed makes all failed, else one unknown makes all unknown.

    Returns: the worst of them; of none at all, unknown, for nothing was asked.
    """
    said = set(verdicts)
    order = (Verdict.FAILED, Verdict.UNKNOWN, Verdict.PASSED)
    return next((verdict for verdict in order if verdict in said), Verdict.UNKNOWN)
