"""Mistakes in Prometheus remote write, where a number is always a number and only a name says what it counts."""

from __future__ import annotations

from typing import Any

from harness.telemetry.pushes import STALE
from harness.telemetry.spoiling.mistakes import Mistake, Shift, kind_by_name

_MILLI = 1000


def spoil(request: Any, mistake: Mistake) -> int:  # noqa: ANN401 - protobuf's classes have no types
    """Make the mistake, and give how many samples are not as they were."""
    changed = 0
    for series in request.timeseries:
        if mistake.how == "no_points":
            changed += len(series.samples)
            del series.samples[:]
            continue
        labels = sorted((label.name, label.value) for label in series.labels)
        name = dict(labels).get("__name__", "")
        changed += sum(
            _spoil_sample(sample, mistake, name=name, series=repr(labels).encode()) for sample in series.samples
        )
    return changed


def _spoil_sample(sample: Any, mistake: Mistake, *, name: str, series: bytes) -> bool:  # noqa: ANN401 - as above
    before = sample.SerializeToString()  # two values may both be NaN, and differ
    match mistake.how:
        case "no_value":
            sample.ClearField("value")
        case "no_longer_recorded":
            sample.value = STALE
        case _:
            sample.value = mistake.number(sample.value, kind=kind_by_name(name), series=series)
    return bool(sample.SerializeToString() != before)


def misdate(request: Any, shift: Shift) -> int:  # noqa: ANN401 - as above
    """Move the timestamps, and give how many samples have one."""
    samples = [sample for series in request.timeseries for sample in series.samples if sample.timestamp]
    for sample in samples:
        sample.timestamp += shift.ticks(_MILLI)
    return len(samples)
