"""Whether a target is healthy: what so many checks in a row say.

Rules of this file: one check decides nothing unless its threshold is one; a check of the other kind starts the count
anew; what the last check said is kept.

Source: "Health checks for Application Load Balancer target groups" (docs.aws.amazon.com). There a target that was
never checked needs one success only; here it needs as many as any other, so that a deployment trusts no lucky first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

HealthState = Literal["initial", "healthy", "unhealthy"]


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a target from its checks so far."""

    healthy_threshold: int
    """Successes in a row after which it is healthy."""
    unhealthy_threshold: int
    """Failures in a row after which it is unhealthy."""
    state: HealthState = "initial"
    """`initial` until one of the thresholds was met."""
    successes: int = 0
    """Successful checks in a row, up to now."""
    failures: int = 0
    """Failed checks in a row, up to now."""
    reason: str = "not checked yet"
    """What the last check said."""

    def after(self, *, ok: bool, reason: str) -> Health:
        """Give the health after one more check.

        Args:
            ok: whether the check succeeded.
            reason: what it saw, as a person would say it.
        """
        successes, failures = (self.successes + 1, 0) if ok else (0, self.failures + 1)
        counted = replace(self, successes=successes, failures=failures, reason=reason)
        if successes >= self.healthy_threshold:
            return replace(counted, state="healthy")
        if failures >= self.unhealthy_threshold:
            return replace(counted, state="unhealthy")
        return counted
