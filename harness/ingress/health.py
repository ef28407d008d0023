"""Whether a target is healthy: what so many checks in a row say.

Rules of this file: one check decides nothing unless its threshold is one; a check of the other kind starts the count
anew; what the last check said is kept.

Source: "Health checks for Application Load Balancer target groups" (docs.aws.amazon.com). There a target that was
never checked needs one success only; here it needs as many as any other, so that a deployment trusts no lucky first.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

HealthState = Literal["initial", "healthy", "unhealthy"]


class Health(msgspec.Struct, frozen=True):  # changed by each check, in a tenth of the time that a dataclass takes
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
        state = self.state
        if successes >= self.healthy_threshold:
            state = "healthy"
        elif failures >= self.unhealthy_threshold:
            state = "unhealthy"
        return replace(self, state=state, successes=successes, failures=failures, reason=reason)
