"""How much one evaluation may cost, so that every expression ends."""

import time
from dataclasses import dataclass
from datetime import timedelta

from harness.alerting.promql.errors import LimitExceeded


@dataclass(frozen=True, slots=True)
class Limits:
    """What a single evaluation may use up."""

    max_samples: int = 50_000_000
    """Samples looked at, all selectors and steps together; Prometheus ships with the same number."""

    max_steps: int = 100_000
    """Times a subquery, or a query over a range, evaluates what is inside it."""

    max_work: timedelta = timedelta(seconds=10)
    """Processor time of the thread that evaluates: a cost, which a busy machine does not raise."""


class Meter:
    """Counts what one evaluation uses up and stops it at the limit.

    Args:
        limits: Where to stop.
    """

    __slots__ = ("_began", "_limits", "_samples", "_steps")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began = time.thread_time()
        self._samples = 0
        self._steps = 0

    def charge_samples(self, count: int) -> None:
        """Count samples about to be looked at.

        Raises:
            LimitExceeded: More than `Limits.max_samples` in this evaluation, or more than `Limits.max_work` so far.
        """
        self._samples += count
        worked = time.thread_time() - self._began
        if worked > self._limits.max_work.total_seconds():
            raise LimitExceeded(
                f"the expression has taken {worked:.3g} s of processor time, "
                f"{self._limits.max_work.total_seconds():.3g} s are allowed; shorten its windows, or use longer steps"
            )
        if self._samples > self._limits.max_samples:
            raise LimitExceeded(
                f"the expression looks at {self._samples:,} samples or more, {self._limits.max_samples:,} are allowed; "
                "shorten its windows, or raise Limits.max_samples"
            )

    def charge_steps(self, count: int) -> None:
        """Count steps about to be evaluated.

        Raises:
            LimitExceeded: More than `Limits.max_steps` in this evaluation.
        """
        self._steps += count
        if self._steps > self._limits.max_steps:
            raise LimitExceeded(
                f"the expression takes {self._steps:,} steps or more, {self._limits.max_steps:,} are allowed; "
                "use a longer step or a shorter range, or raise Limits.max_steps"
            )
