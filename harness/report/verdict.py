"""The verdict of a run as one object: for machines as JSON, for people as a few lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.checks import Judgement, metrics
from harness.checks.wording import count, listed
from harness.durations import spoken
from harness.history import History

UNDECIDED_AT_MOST = 5
"""How many checks are told of which nothing is known; the report has them all."""

_TIMES = {"mttd_seconds": "MTTD", "mtta_seconds": "MTTA", "mttr_seconds": "MTTR"}


def verdict_object(history: History, judgement: Judgement, *, directory: str) -> dict[str, Any]:
    """Give the verdict, what it rests on, and how to run it again.

    Args:
        history: what happened.
        judgement: what is concluded from it.
        directory: where the run's files are.

    Raises:
        HarnessError: when the history does not say which run it is of.
    """
    run = history.run
    said: dict[str, Any] = msgspec.to_builtins(judgement)
    return {
        "scenario": run.scenario,
        "verdict": said["verdict"],
        "why": said["why"],
        "proofs": said["proofs"],
        "checks": said["checks"],
        "metrics": msgspec.to_builtins(metrics(history)),
        "seed": run.seed,
        "stack": run.stack,
        "speed": run.speed,
        "rerun": run.rerun,
        "directory": directory,
    }


def not_begun(scenario: str, why: str) -> dict[str, Any]:
    """Give the verdict on a scenario that could not even begin: there is no run, so there is nothing to look at.

    Args:
        scenario: its name.
        why: what was in its way.
    """
    measured = msgspec.to_builtins(metrics(History(())))
    return {"scenario": scenario, "verdict": "unknown", "why": why, "proofs": [], "checks": [], "metrics": measured}


def write_verdict(verdict: Mapping[str, Any], path: Path) -> None:
    """Write a verdict as JSON."""
    path.write_text(json.dumps(verdict, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def summary(verdict: Mapping[str, Any]) -> str:
    """Say a verdict to somebody who was just woken up: what and why first, then what is wrong, then where to look."""
    expected = f", as expected of the flaw {verdict['known_flaw']}" if "known_flaw" in verdict else ""
    lines = [f"{verdict['verdict'].upper()}{expected} {verdict['scenario']}: {verdict['why']}"]
    lines += [f"  ✗ {check['name']}: {check['detail']}" for check in _with(verdict, "failed")]
    lines += [f"  ? not shown that {one['name']}: {one['detail']}" for one in verdict["proofs"] if not one["held"]]
    lines += [f"  ? {line}" for line in _undecided(verdict)]
    if "directory" not in verdict:  # it could not even begin
        return "\n".join(lines)
    lines += [f"  {line}" for line in _times(verdict["metrics"])]
    lines.append(f"  report: {verdict['directory']}/report.html and incident.md")
    lines.append(f"  again:  {verdict['rerun']}")
    return "\n".join(lines)


def table(verdicts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give all scenarios at a glance, a line each: name, verdict, MTTD, MTTA, MTTR; nothing for a single one."""
    if len(verdicts) < 2:
        return []
    rows = [("scenario", "verdict", *_TIMES.values())]
    for verdict in verdicts:
        times = (_spoken(verdict["metrics"][name]) for name in _TIMES)
        rows.append((verdict["scenario"].rsplit("::", 1)[-1].removeprefix("test_"), verdict["verdict"], *times))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["", *("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)]


def junit_properties(verdict: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Give a verdict as properties of a test: one word or number each, and each report as an attachment."""
    measured = {name: value for name, value in verdict.get("metrics", {}).items() if name not in {"faults", "missed"}}
    known = {name: verdict[name] for name in ("why", "stack", "seed", "rerun", "directory") if name in verdict}
    missed = listed(verdict.get("metrics", {}).get("missed", []))
    files = [("attachment", f"{verdict['directory']}/{name}") for name in _FILES] if "directory" in verdict else []
    numbers = [(name, "none" if value is None else value) for name, value in measured.items()]
    return [("verdict", verdict.get("verdict", "unknown")), *known.items(), *numbers, ("missed", missed), *files]


_FILES = ("report.html", "incident.md", "history.jsonl")


def _with(verdict: Mapping[str, Any], said: str) -> list[dict[str, Any]]:
    return [check for check in verdict["checks"] if check["verdict"] == said]


def _undecided(verdict: Mapping[str, Any]) -> list[str]:
    """Say the first checks on which nothing may be concluded: a run that was stopped early leaves nearly all."""
    checks = _with(verdict, "unknown")
    lines = [f"{check['name']}: {check['detail']}" for check in checks[:UNDECIDED_AT_MOST]]
    left = len(checks) - UNDECIDED_AT_MOST
    return [*lines, f"and {count(left, 'more check')}, which the report lists"] if left > 0 else lines


def _times(measured: Mapping[str, Any]) -> list[str]:
    parts = [f"{word} {_spoken(measured[name])}" for name, word in _TIMES.items()]
    parts.append(f"outage {_spoken(measured['outage_seconds'])}")
    if measured["purchase_outage_seconds"]:
        parts.append(f"no purchases for another {_spoken(measured['purchase_outage_seconds'])}")
    parts.append(f"{measured['affected_diners']} diners affected")
    lines = [", ".join(parts), *(_fault(fault) for fault in measured["faults"][1:])]
    if measured["missed"]:
        lines.append(f"nobody was paged about {listed(measured['missed'])} before it was over")
    return lines


def _fault(fault: Mapping[str, Any]) -> str:
    measured = {"paged": "detection_seconds", "taken": "acknowledge_seconds", "over": "reset_seconds"}
    said = {word: fault[name] for word, name in measured.items()}
    times = (f"{word} after {spoken(seconds)}" if seconds else f"never {word}" for word, seconds in said.items())
    return f"{fault['fault']}: {', '.join(times)}"


def _spoken(seconds: float | None) -> str:
    return "none" if not seconds else spoken(seconds)
