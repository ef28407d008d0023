"""Two runs side by side: what they concluded, how long things took, and which checks changed their mind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.durations import spoken
from harness.report.sentences import shortened
from harness.report.shelf import MEASURES, verdict_of
from harness.report.trend import measure_words

_COUNTS = ("requests", "failed", "unknown", "affected_diners", "pages")


def comparison(before: Path, after: Path) -> Iterator[str]:
    """Say line by line how the run in `after` differs from the one in `before`.

    Raises:
        HarnessError: when one of them holds no verdict.
    """
    one, other = verdict_of(before), verdict_of(after)
    yield f"{before.resolve().name} -> {after.resolve().name}"
    if _scenario(one) != _scenario(other):
        yield f"these are different scenarios: {one['scenario']} and {other['scenario']}"
    for name in ("verdict", "stack", "speed", "seed", "why"):
        if one.get(name) != other.get(name):
            yield shortened(f"{name}: {one.get(name)} -> {other.get(name)}")
    yield from _times(one["metrics"], other["metrics"])
    yield from _checks(one, other)


def of_one_scenario(before: Path, after: Path) -> bool:
    """Say whether two runs are of one scenario, wherever its file was."""
    return _scenario(verdict_of(before)) == _scenario(verdict_of(after))


def _scenario(verdict: Mapping[str, Any]) -> str:
    path, _, name = str(verdict["scenario"]).partition("::")
    return f"{Path(path).name}::{name}"


def _times(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for name in MEASURES:
        before, after = one.get(name), other.get(name)
        word = measure_words(name)
        if before is None or after is None:
            if before is not after:
                yield f"{word}: {_said(before)} -> {_said(after)}"
        else:
            change = after - before
            sign = "+" if change > 0 else ""
            yield f"{word}: {spoken(before)} -> {spoken(after)}" + (f" ({sign}{spoken(change)})" if change else "")
    for name in _COUNTS:
        yield f"{name.replace('_', ' ')}: {one.get(name, 0):,} -> {other.get(name, 0):,}"


def _said(seconds: float | None) -> str:
    return "none" if seconds is None else spoken(seconds)


def _checks(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    before = {check["name"]: check for check in one["checks"]}
    after = {check["name"]: check for check in other["checks"]}
    for name, check in after.items():
        was = before.get(name)
        if was is None:
            yield shortened(f"new check: {name}: {check['verdict']}: {check['detail']}")
        elif was["verdict"] != check["verdict"]:
            yield shortened(f"check: {name}: {was['verdict']} -> {check['verdict']}: {check['detail']}")
    yield from (f"no longer checked: {name}" for name in before.keys() - after.keys())
