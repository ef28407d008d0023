"""Whom it hurt: diners affected and operations failed, phase by phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import staff
from harness.checks.wording import count
from harness.events import RequestFinished
from harness.history import History


@dataclass(frozen=True, slots=True)
class Harm:
    """What a stretch of time did to diners."""

    diners: int
    """How many different ones had something fail."""
    operations: tuple[tuple[str, int], ...]
    """What failed and how often, the most frequent first."""
    unknown: int
    """Requests of which nobody knows whether they succeeded."""

    @classmethod
    def of(cls, requests: Iterable[RequestFinished], *, staff: Collection[str] = ()) -> Harm:
        """Count it over the requests that ended in a stretch of time.

        Args:
            requests: of anybody.
            staff: who tried something by hand, and is no diner.
        """
        requests = tuple(requests)
        failed = [request for request in requests if request.outcome == "failed"]
        return cls(
            len({request.diner for request in failed}.difference(staff)),
            tuple(Counter(request.operation for request in failed).most_common()),
            sum(request.outcome == "unknown" for request in requests),
        )

    @property
    def failed(self) -> int:
        """How many operations failed."""
        return sum(number for _, number in self.operations)

    def __str__(self) -> str:
        kinds = ", ".join(f"{operation} {number:,}" for operation, number in self.operations)
        unknown = f", {self.unknown:,} more unknown" if self.unknown else ""
        whose = f"{count(self.diners, 'diner')}, {count(self.failed, 'failed operation')}"
        return whose + (f" ({kinds})" if kinds else "") + unknown


@check("impact on diners: {phases}")
def impact(history: History, phases: Sequence[tuple[str, datetime, datetime]]) -> Answer:
    """Count the diners affected and the operations failed in each phase: (name, since, until).

    It never fails, for a count is no expectation; it is unknown when a phase hurt nobody, as nothing was shown then.
    """
    requests = history.of(RequestFinished)
    said, evidence, unharmed = [], [], []
    for name, since, until in phases:
        ended = [request for request in requests if since <= request.at < until]
        harm = Harm.of(ended, staff=staff(history))
        said.append(f"{name}: {harm}")
        evidence += [request for request in ended if request.outcome == "failed"][:1]
        unharmed += [] if harm.diners else [name]
    if unharmed or not said:
        return Verdict.UNKNOWN.because("; ".join(said) or "no phase was named", evidence)
    return Verdict.PASSED.because("; ".join(said), evidence)
