"""Every benchmark in one table: each number as a ratio to a limit, or to a peer that ran beside it.

    python -m benchmarks [--all] [--write] [NAME...]

What takes minutes is skipped with a word unless `--all` or its name asks for it. `--write` puts the table into
docs/reference/performance.md, under a description of the machine that it was measured on.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.limits import LEAST, MOST, ROWS, Limits, Row, shown
from benchmarks.machine import description

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "performance.md"
BEGINS, ENDS = "<!-- python -m benchmarks --write: begins -->\n", "<!-- python -m benchmarks --write: ends -->\n"


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of the table, measured in a process of their own."""

    title: str
    """What it is about."""
    words: tuple[str, ...]
    """What runs it: a benchmark of this folder, and what it is told; or a function below."""
    takes: str = ""
    """How long, when that is too long to be done unasked."""


def data_plane(limits: Limits) -> None:
    """Measure our links in turn with every other proxy that is on this machine."""
    import uvloop  # noqa: PLC0415 - only this part needs them

    from benchmarks.data_plane import WORKLOADS, found_peers  # noqa: PLC0415

    with found_peers() as peers:
        for workload, measure in WORKLOADS.items():
            rates: dict[str, list[float]] = {name: [] for name in peers}
            for _ in range(3):
                for name, peer in peers.items():
                    rates[name].append(uvloop.run(measure(peer.port)))
            ours = statistics.median(rates.pop("link"))
            for name, found in rates.items():
                limits.beside(workload, ours, "no proxy" if name == "direct" else name, statistics.median(found))


OURS = {"data_plane": data_plane}
"""What is measured here, because the benchmark of that name says more than a table can hold."""

PARTS = {
    "commands": Part("command line", ("commands",)),
    "startup": Part("start-up", ("startup",)),
    "deployments": Part("start-up", ("deployments",), takes="30 s, and Docker"),
    "incident": Part("the incident", ("incident", "simulated")),
    "processes": Part("the incident", ("incident", "processes"), takes="3 min"),
    "containers": Part("the incident", ("incident", "containers"), takes="5 min, and Docker"),
    "data_plane": Part("fault links", ("--measure", "data_plane")),
    "idle": Part("fault links", ("idle",)),
    "promql_tick": Part("alerting", ("promql_tick",)),
    "ingest": Part("telemetry", ("ingest",)),
    "recorder": Part("history", ("recorder",)),
    "report": Part("evidence", ("report", "100000")),
    "long_report": Part("evidence", ("report", "1000000"), takes="2 min"),
    "simulation": Part("simulation", ("simulation",)),
    "explore": Part("explore", ("explore",), takes="4 min"),
    "gameday": Part("game day", ("gameday",), takes="90 s"),
    "capacity": Part("capacity", ("capacity",)),
}


def measured(words: tuple[str, ...]) -> list[Row]:
    """Measure in a process of its own, so that nothing else is in its memory or its caches."""
    first, *rest = words
    module = ["benchmarks", first, *rest] if first.startswith("--") else [f"benchmarks.{first}", *rest]
    with tempfile.TemporaryDirectory() as directory:
        rows = Path(directory) / "rows"
        rows.touch()
        subprocess.run(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            stdout=sys.stderr,
            check=False,
            env={**os.environ, ROWS: str(rows)},
        )
        return [Row(*json.loads(line)) for line in rows.read_text().splitlines()]


def line(title: str, row: Row) -> tuple[str, ...]:
    """Write a row of the table."""
    against = f"{row.against} {row.other:,g}" if row.against in {MOST, LEAST} else f"{row.against}: {shown(row.other)}"
    judged = ("kept" if row.is_kept else "MISSED") if row.against in {MOST, LEAST} else ""
    return title, row.what, shown(row.number), against, f"{row.ratio:.3g}", judged


HEADER = ("part", "what", "measured", "against", "ratio", "limit")


def as_text(rows: Iterable[tuple[str, ...]]) -> str:
    """Lay the table out for a terminal."""
    rows = [HEADER, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def as_markdown(rows: Iterable[tuple[str, ...]]) -> str:
    """Write the table for the page."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEADER, ("---",) * len(HEADER), *rows))


def write(rows: Iterable[tuple[str, ...]], skipped: Iterable[str]) -> None:
    """Put the table into the page, between its marks."""
    page = PAGE.read_text()
    before, after = page.split(BEGINS)[0], page.split(ENDS)[1]
    words = [*description(), "", as_markdown(rows), "", *(f"Not measured: {reason}.\n" for reason in skipped)]
    measured = "\n".join(words).strip()
    PAGE.write_text(f"{before}{BEGINS}\n{measured}\n\n{ENDS}{after}")


def main() -> int:
    """Measure what is asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(PARTS)}")
    parser.add_argument("--all", action="store_true", help="measure what takes minutes too")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--measure", metavar="NAME", choices=OURS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        limits = Limits()
        OURS[given.measure](limits)
        return limits.exit_code
    if unknown := set(given.names) - set(PARTS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    return _table(given)


def _table(given: argparse.Namespace) -> int:
    rows: list[tuple[str, ...]] = []
    skipped, missed = [], 0
    for name, part in PARTS.items():
        if name not in (given.names or PARTS) or (part.takes and not given.all and name not in given.names):
            takes = f", which takes {part.takes}" if part.takes else ""
            skipped.append(f"{name}{takes}; `make bench BENCH={name}` measures it")
            continue
        print(f"== {name}", file=sys.stderr, flush=True)
        found = measured(part.words)
        if not found:
            skipped.append(f"{name} broke off; `python -m benchmarks {name}` shows how")
            missed += 1
        missed += sum(not row.is_kept for row in found)
        rows += map(functools.partial(line, part.title), found)
    print(as_text(rows))
    if not given.names:
        print("\n".join(f"skipped: {reason}" for reason in skipped))
    if given.write:
        write(rows, skipped)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
