"""Every benchmark in one table: each number as a ratio to a limit, or to a peer that ran beside it.

    python -m benchmarks [--all] [--write] [NAME...]

What takes minutes is skipped with a word unless `--all` or its name asks for it. `--write` puts the table into
docs/reference/performance.md, under a description of the machine that it was measured on; what was not measured this
time keeps its rows there, which say when they are from.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.limits import LEAST, MOST, ROWS, Row, shown
from benchmarks.machine import commit, description
from benchmarks.page import between_marks

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "performance.md"


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of the table, measured in a process of their own."""

    words: tuple[str, ...]
    """What runs it: a benchmark of this folder, and what it is told."""
    takes: str = ""
    """How long, when that is too long to be done unasked."""


PARTS = {
    "commands": Part(("commands",)),
    "startup": Part(("startup",)),
    "deployments": Part(("deployments",), takes="30 s, and Docker"),
    "incident": Part(("incident", "simulated")),
    "processes": Part(("incident", "processes"), takes="3 min"),
    "containers": Part(("incident", "containers"), takes="5 min, and Docker"),
    "data_plane": Part(("data_plane",)),
    "idle": Part(("idle",)),
    "promql_tick": Part(("promql_tick",)),
    "ingest": Part(("ingest",)),
    "recorder": Part(("recorder",)),
    "report": Part(("report", "100000")),
    "long_report": Part(("report", "1000000"), takes="2 min"),
    "simulation": Part(("simulation",)),
    "explore": Part(("explore",), takes="4 min"),
    "gameday": Part(("gameday",), takes="90 s"),
    "capacity": Part(("capacity",)),
}


def measured(words: tuple[str, ...]) -> list[Row]:
    """Measure in a process of its own, so that nothing else is in its memory or its caches."""
    first, *rest = words
    with tempfile.TemporaryDirectory() as directory:
        rows = Path(directory) / "rows"
        rows.touch()
        subprocess.run(
            [sys.executable, "-m", f"benchmarks.{first}", *rest],
            cwd=ROOT,
            stdout=sys.stderr,
            check=False,
            env={**os.environ, ROWS: str(rows)},
        )
        return [Row(*json.loads(line)) for line in rows.read_text().splitlines()]


def line(name: str, row: Row) -> tuple[str, ...]:
    """Write a row of the table."""
    against = f"{row.against} {row.other:,g}" if row.against in {MOST, LEAST} else f"{row.against}: {shown(row.other)}"
    judged = ("kept" if row.is_kept else "MISSED") if row.against in {MOST, LEAST} else ""
    return name, row.what, shown(row.number), against, f"{row.ratio:.3g}", judged


HEADER = ("benchmark", "what", "measured", "against", "ratio", "limit")


def as_text(rows: Iterable[tuple[str, ...]]) -> str:
    """Lay the table out for a terminal."""
    rows = [HEADER, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def as_markdown(rows: Iterable[tuple[str, ...]]) -> str:
    """Write the table for the page, where each row says when it is from."""
    header = (*HEADER, "when")
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows))


def kept(page: str, *, without: Collection[str]) -> list[tuple[str, ...]]:
    """Give the rows that stand in the page, but for those of benchmarks that are measured anew, or are no more."""
    cells = (tuple(line.strip("| \n").split(" | ")) for line in page.splitlines() if line.startswith("| "))
    rows = (tuple(cell.strip(" |") for cell in row) for row in cells)
    return [row for row in rows if len(row) == len(HEADER) + 1 and row[0] in PARTS and row[0] not in without]


def write(rows: Sequence[tuple[str, ...]], *, when: str) -> None:
    """Put the table into the page, between its marks; what is not in it stays as it was."""
    page = PAGE.read_text()
    fresh = [(*row, when) for row in rows]
    names = list(PARTS)
    table = sorted([*fresh, *kept(page, without={row[0] for row in rows})], key=lambda row: names.index(row[0]))
    missing = (name for name in PARTS if name not in {row[0] for row in table})
    never = (f"Not measured yet: `make bench BENCH={name}`.\n" for name in missing)
    PAGE.write_text(between_marks(page, [*description(), "", as_markdown(table), "", *never], by="benchmarks"))


def main() -> int:
    """Measure what is asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(PARTS)}")
    parser.add_argument("--all", action="store_true", help="measure what takes minutes too")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
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
        rows += map(functools.partial(line, name), found)
    print(as_text(rows))
    if not given.names:
        print("\n".join(f"skipped: {reason}" for reason in skipped))
    if given.write:
        write(rows, when=f"{datetime.now(UTC):%Y-%m-%d %H:%M}, {commit()}")  # noqa: TID251 - the wall's date is asked for
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
