"""Moments in which toxics are asked."""

from __future__ import annotations

from random import Random

from harness.faults.toxics.toxic import AT_ONCE, Command, Moment


def moment(
    size_bytes: int = 0,
    *,
    arrived: float = 10.0,
    free: float = AT_ONCE,
    passed_bytes: int = 0,
    previous: Command | None = None,
    seed: int = 0,
) -> Moment:
    """Make a moment: something of this size came at `arrived`, which is now."""
    return Moment(
        now=arrived,
        began=0.0,
        arrived=arrived,
        free=free,
        size_bytes=size_bytes,
        passed_bytes=passed_bytes,
        previous=previous,
        data=memoryview(bytes(size_bytes)),
        rng=Random(seed),
    )
