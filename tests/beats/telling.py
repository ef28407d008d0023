"""The night in short, played somewhere, and what its alerts made of it."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from harness.errors import HarnessError
from harness.events import AlertChanged, FaultApplied
from harness.history import History
from tests.end_to_end.runs import ROOT, command, environment

NIGHT = ROOT / "scenarios" / "test_night_in_short.py"

TOLERANCE = timedelta(seconds=65)
"""How far apart the same transition may be: the twin's push, what clients may go on believing DNS, two evaluations."""

LONGEST_SECONDS = 1200
"""A night at speed 1 takes nine minutes, and a service may have to be installed before."""

Moment = tuple[str, str, timedelta]
"""The state that an alert came to, why, and how long after the balancer was gone."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a night."""

    where: str
    """Where it was played: `simulated`, `processes`, …"""
    verdict: str
    """`passed`, `failed` or `unknown`."""
    why: str
    """The verdict in a sentence."""
    transitions: Mapping[str, Sequence[Moment]]
    """Of each alert of which somebody hears; one for lack of data is an alert of its own, as Grafana has it."""


def tell(where: str, *words: str | Path, runs: Path) -> Told:
    """Play the night in short.

    Args:
        where: what to call it.
        words: options of `pizza-chaos run`.
        runs: directory that keeps the run.

    Raises:
        HarnessError: when it did not come to a verdict; the message has the run's last words.
    """
    history = play(NIGHT, *words, runs=runs)
    verdict = json.loads((runs / "latest" / "verdict.json").read_text())
    return Told(where, verdict["verdict"], verdict["why"], transitions(history))


def play(scenario: Path, *words: str | Path, runs: Path) -> History:
    """Play a scenario in a process of its own, and give its history, whatever the verdict.

    Raises:
        HarnessError: when there is none; the message has the run's last words.
    """
    argv = command("run", scenario, *words, "--runs", runs)
    ran = subprocess.run(
        argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS, env=environment()
    )
    if not (runs / "latest" / "verdict.json").is_file():
        last = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-20:])
        message = f"{scenario.name} was not played to its end ({' '.join(map(str, words))}). Its last words:\n{last}"
        raise HarnessError(message)
    return History.read(runs / "latest" / "history.jsonl")


def transitions(history: History) -> dict[str, list[Moment]]:
    """Give what each alert did, without what is only pending, of which nobody hears."""
    begun: datetime = history.of(FaultApplied)[0].at
    found: dict[str, list[Moment]] = defaultdict(list)
    for change in history.of(AlertChanged):
        if "pending" in (change.state, change.previous) and change.state != "firing":
            continue
        alert = f"{change.rule}, no data" if "datasource_uid" in change.labels else change.rule
        found[alert].append((change.state, change.reason, change.at - begun))
    return dict(found)


def differences(one: Told, other: Told) -> list[str]:
    """Say in what two nights differ, a sentence each."""
    found = []
    if one.verdict != other.verdict:
        found.append(f"{one.where} {one.verdict}, {other.where} {other.verdict}: {one.why}; {other.why}")
    for alert in sorted({*one.transitions, *other.transitions}):
        here, there = one.transitions.get(alert, ()), other.transitions.get(alert, ())
        if [moment[:2] for moment in here] != [moment[:2] for moment in there]:
            found.append(f"{alert}: {words(here)} {one.where}, {words(there)} {other.where}")
            continue
        found += [
            f"{alert}: {words([early])} {one.where}, {words([late])} {other.where}"
            for early, late in zip(here, there, strict=True)
            if abs(early[2] - late[2]) > TOLERANCE
        ]
    return found


def words(moments: Sequence[Moment]) -> str:
    """Say what an alert did: `no data +0:45 → inactive +3:00`."""
    said = (f"{state} +{round(after.total_seconds()) // 60}:{round(after.total_seconds()) % 60:02}"
            for state, _, after in moments)  # fmt: skip
    return " → ".join(said) or "nothing"
