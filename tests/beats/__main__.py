"""Compares the night in short on every stack, and with a service of one's own: `python -m tests.beats --service PATH`.

The simulated twin is what all others are held to: the same verdict, and the same transitions of each alert. With a
service of one's own, its metrics are read from a run in good health, and rules are written for those that the twin has
too. Every difference is named, with the status 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from harness.durations import spoken
from harness.errors import HarnessError
from tests.beats.rules import SHORT, SLOWEST_PUSH, metrics_by_role, push_interval, write_rules
from tests.beats.telling import NIGHT, Told, differences, play, tell, words

STEADY = NIGHT.with_name("core") / "test_steady.py"

SPEEDS = {"processes": "10", "containers": "4"}
"""Slower than they could go: rules look every 10 s, and a container takes seconds of the wall's to come and go."""


def main(arguments: Sequence[str]) -> int:
    """Play, print and compare; give 1 where nights differ, 2 where one cannot be played."""
    parser = argparse.ArgumentParser(prog="python -m tests.beats", description=__doc__.partition("\n")[0])
    parser.add_argument("--service", type=Path, help="a checkout of jwt-pizza-service")
    parser.add_argument("--containers", action="store_true", help="play on containers, too")
    parser.add_argument("--runs", type=Path, help="directory that keeps the runs")
    given = parser.parse_args(arguments)
    runs = given.runs or Path(tempfile.mkdtemp(prefix="pizza-chaos-beats-"))
    runs.mkdir(parents=True, exist_ok=True)
    print(f"the runs are kept in {runs}", flush=True)
    try:
        mine, theirs = _rules(given.service, runs=runs) if given.service else (SHORT, SHORT)
        told = [_said(tell("simulated", "--stack", "simulated", "--rules", mine, runs=runs / "simulated"))]
        for stack in ("processes", *(["containers"] if given.containers else [])):
            options = ("--stack", stack, "--speed", SPEEDS[stack], "--rules", mine)
            told.append(_said(tell(stack, *options, runs=runs / stack)))
        if given.service:
            name = given.service.resolve().name
            told.append(_said(tell(name, "--service", given.service, "--rules", theirs, runs=runs / "service")))
    except HarnessError as error:
        print(error, file=sys.stderr)
        return 2
    _table(told)
    found = list(chain.from_iterable(differences(told[0], other) for other in told[1:]))
    print(f"{len(told)} nights, {len(found) or 'no'} differences", *found, sep="\n  ")
    return int(bool(found))


def _rules(service: Path, *, runs: Path) -> tuple[Path, Path]:
    """Write rules for the twin and for a service, over what both push."""
    twins = metrics_by_role(play(STEADY, "--stack", "simulated", runs=runs / "steady-twin"))
    history = play(STEADY, "--service", service, runs=runs / "steady-service")
    pushed, every = metrics_by_role(history), push_interval(history)
    if every > SLOWEST_PUSH:
        print(f"it pushes every {spoken(every)}, too seldom for so short a night: only what diners see is compared")
    common = [role for role in twins if role in pushed and every <= SLOWEST_PUSH]
    print(
        f"rules look at {', '.join(f'{role} ({pushed[role]})' for role in common) or 'what diners see only'}",
        flush=True,
    )
    mine = write_rules(runs / "twin.yaml", {role: twins[role] for role in common})
    return mine, write_rules(runs / "service.yaml", {role: pushed[role] for role in common})


def _said(told: Told) -> Told:
    print(f"{told.where}: {told.verdict}, {told.why}", flush=True)
    return told


def _table(told: Sequence[Told]) -> None:
    for alert in sorted(set(chain.from_iterable(each.transitions for each in told))):
        print(alert)
        for each in told:
            print(f"  {each.where:12} {words(each.transitions.get(alert, ()))}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
