"""The runs that were kept: an index of their verdicts in SQLite, and how many of them stay.

Rules of this file: the index is made from the runs' own verdict.json and may be deleted at any time; a run that still
lives is never removed, nor is a folder that no run has made.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from harness.checks import CheckResult, Proof
from harness.errors import HarnessError, ScenarioError

INDEX_FILE = "index.sqlite"
MEASURES = ("mttd_seconds", "mtta_seconds", "mttr_seconds", "outage_seconds", "purchase_outage_seconds")
"""What is followed from night to night; less is better."""

_NAME = re.compile(r"(\d{8}T\d{6})-\d+-[-\w\[\]]+")
_COLUMNS = ", ".join(f"{name} REAL" for name in MEASURES)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS runs (directory TEXT PRIMARY KEY, night TEXT, scenario TEXT, stack TEXT, "
    f"verdict TEXT, why TEXT, requests INTEGER, failed INTEGER, {_COLUMNS})"
)
_FIELDS = ("directory", "night", "scenario", "stack", "verdict", "why", "requests", "failed", *MEASURES)


@dataclass(frozen=True, slots=True)
class Kept:
    """A run of the index."""

    directory: str
    """Name of its folder."""
    night: str
    """When it began, by the wall: `20261123T031500`."""
    scenario: str
    stack: str
    verdict: str
    why: str
    requests: int
    failed: int
    mttd_seconds: float | None
    mtta_seconds: float | None
    mttr_seconds: float | None
    outage_seconds: float | None
    purchase_outage_seconds: float | None

    @property
    def series(self) -> tuple[str, str]:
        """What it may be compared with: runs of the same scenario on the same stack."""
        return self.scenario, self.stack


class _Measured(msgspec.Struct, frozen=True):
    """The metrics of a verdict that everything made of many runs looks at."""

    affected_diners: int
    faults: list[dict[str, Any]]
    missed: list[str]
    mttd_seconds: float | None
    mtta_seconds: float | None
    mttr_seconds: float | None
    outage_seconds: float | None
    purchase_outage_seconds: float | None
    requests: int = 0
    failed: int = 0


class _Said(msgspec.Struct, frozen=True):
    """A verdict as it lies on disk, which somebody may have edited; what else it says is of no matter here."""

    scenario: str
    verdict: str
    why: str
    rerun: str
    directory: str
    metrics: _Measured
    checks: list[CheckResult]
    proofs: list[Proof]


def indexed(runs: Path) -> tuple[Kept, ...]:
    """Bring `index.sqlite` up to date with the folders there are, and give every run of it, oldest first.

    Raises:
        HarnessError: when there is no such directory, or the index cannot be written.
    """
    if not runs.is_dir():
        message = f"there are no runs at {runs}. Give the directory that keeps them, with --runs."
        raise HarnessError(message)
    try:
        with closing(sqlite3.connect(runs / INDEX_FILE, timeout=30)) as database, database:
            database.execute(_SCHEMA)
            _refresh(database, runs)
            found = database.execute(f"SELECT {', '.join(_FIELDS)} FROM runs ORDER BY night, directory").fetchall()  # noqa: S608 - names of this file
    except sqlite3.Error as error:
        message = f"the index {runs / INDEX_FILE} cannot be used: {error}. Delete it; it is made anew from the runs."
        raise HarnessError(message) from error
    return tuple(Kept(*row) for row in found)


def verdict_of(directory: Path) -> dict[str, Any]:
    """Read the verdict object of a run.

    Raises:
        HarnessError: when the folder holds none that can be read.
    """
    try:
        read: dict[str, Any] = json.loads((directory / "verdict.json").read_bytes())
        msgspec.convert(read, type=_Said)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        if not directory.is_dir():
            message = f"there is no run at {directory}. Give the directory of a run, such as runs/latest."
            raise HarnessError(message) from error
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{directory}/verdict.json cannot be read: {reason}. Judge it again: pizza-chaos judge {directory}."
        raise HarnessError(message) from error
    return read


def no_verdict(runs: Path) -> str:
    """Say that a directory keeps no run, and what to do."""
    killed = sorted(path for path in runs.glob("*") if _NAME.fullmatch(path.name) and _is_killed(path))
    if not killed:
        return f"there is no run with a verdict in {runs}. Run a scenario first: pizza-chaos run."
    told = "1 run was" if len(killed) == 1 else f"{len(killed)} runs were"
    return f"there is no run with a verdict in {runs}; {told} killed before. Judge it: pizza-chaos judge {killed[-1]}."


def pruned(runs: Path, *, keep: int) -> Iterator[Path]:
    """Remove all but the newest runs of each scenario on each stack; gives what was removed.

    Args:
        runs: the directory that keeps them.
        keep: how many of each stay.

    Raises:
        ScenarioError: when `keep` is less than one.
    """
    if keep < 1:
        message = f"--keep is {keep}; at least 1 run of each scenario stays. To remove all of them, remove {runs}."
        raise ScenarioError(message)
    counted: dict[tuple[str, str], int] = {}
    for run in reversed(indexed(runs)):
        counted[run.series] = counted.get(run.series, 0) + 1
        directory = runs / run.directory
        if counted[run.series] > keep and not _lives(directory):
            shutil.rmtree(directory)
            yield directory
    indexed(runs)


def _refresh(database: sqlite3.Connection, runs: Path) -> None:
    known = {row[0] for row in database.execute("SELECT directory FROM runs")}
    there = {path.name: path for path in runs.iterdir() if _is_run(path)}
    database.executemany("DELETE FROM runs WHERE directory = ?", [(name,) for name in known - there.keys()])
    for name in sorted(there.keys() - known):
        try:
            verdict = verdict_of(there[name])
        except HarnessError:
            continue  # a run that was killed before its verdict, or is still going on
        row = _row(name, verdict)
        database.execute(f"INSERT OR REPLACE INTO runs VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


def _is_run(path: Path) -> bool:
    return not path.is_symlink() and _NAME.fullmatch(path.name) is not None and (path / "verdict.json").is_file()


def _row(name: str, verdict: dict[str, Any]) -> tuple[object, ...]:
    found, measured = _NAME.fullmatch(name), verdict["metrics"]
    said = [verdict.get(field, "") for field in ("scenario", "stack", "verdict", "why")]
    counts = [measured.get(field, 0) for field in ("requests", "failed")]
    return (name, found[1] if found else "", *said, *counts, *(measured.get(field) for field in MEASURES))


def _is_killed(directory: Path) -> bool:
    return _is_unjudged(directory) and not _lives(directory)


def _is_unjudged(directory: Path) -> bool:
    return (directory / "history.jsonl").exists() and not (directory / "verdict.json").exists()


def _lives(directory: Path) -> bool:
    try:
        os.kill(int((directory / "harness.pid").read_text()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return _is_unjudged(directory)
