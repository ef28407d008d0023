"""How many schedules a second the search plays, and how long it takes to find what was planted.

    python -m benchmarks.explore

A schedule here is 30 virtual minutes with 6 diners. The peer is the same search on one processor.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.limits import Limits
from harness.checks.promises import Promises
from harness.explore.playing import play
from harness.explore.schedules import AFTERWARDS, Radius, Schedule
from harness.explore.search import Found, Search
from harness.explore.workers import explore_on, processors
from harness.history import History
from harness.stacks.services.twin import TwinService

DINERS = 6
MINUTES = 30
PLAYS = 40
RATE_LIMIT = 4.0
BLIND_SPOT_LIMIT_SECONDS = 30.0
PAIR_LIMIT_SECONDS = 180.0
NOTHING_IS_PROMISED = Promises(*3 * [MINUTES * Promises().outage])

BLIND = """
groups:
  - name: neither latency nor silence
    interval: 30s
    rules:
      - alert: PurchaseFailures
        expr: sum(increase(pizza_creation_failures_total[1m])) > 0
        annotations: {no_data_state: OK, summary: The factory does not make the pizzas that people order.}
"""
"""Rules without a latency rule and without one that hears silence."""

MASKED = """
groups:
  - name: one alert for everything
    interval: 30s
    rules:
      - alert: DinersSuffer
        expr: sum(increase(diner_requests_total{outcome=~"failed|unknown"}[1m])) > 2
        annotations: {no_data_state: OK, summary: Diners are told that something failed.}
"""
"""Each fault alone pages; a second one, while the alert still stands, pages nobody."""


def half_an_hour(schedule: Schedule) -> History:
    """Play a schedule as the limit is meant: the last of its faults ends so that all of it takes half an hour."""
    *others, last = schedule.blows
    longer = replace(last, minutes=MINUTES - AFTERWARDS - last.start)
    return play(replace(schedule, blows=(*others, longer), diners=DINERS), seed=1, service=TwinService())


def rate(cores: int) -> tuple[float, float]:
    """Play schedules for nothing but the time it takes; gives how many a second, and in a second of the processor."""
    search = Search(Radius.of([]), promises=NOTHING_IS_PROMISED, examples=PLAYS, seconds=600.0)
    before = _processor_seconds()
    found = explore_on(cores, search, say=lambda _: None, player=half_an_hour)
    assert found.schedule is None, "nothing is promised, so nothing can be broken"
    plays = found.coverage.plays
    return plays / found.seconds, plays / (_processor_seconds() - before)


def _processor_seconds() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def hunt(rules: str, *, faults: list[str], directory: Path) -> tuple[Found, float]:
    """Look for what was planted; gives what was found, and in how many seconds."""
    path = directory / "rules.yaml"
    path.write_text(rules)
    began = time.perf_counter()
    search = Search(Radius.of(faults), rules=path, examples=1000, seconds=PAIR_LIMIT_SECONDS)
    return explore_on(processors(), search, say=lambda _: None), time.perf_counter() - began


def told(found: Found) -> str:
    """Say what was found."""
    if found.schedule is None:
        return "nothing"
    blows = ", ".join(f"{blow.fault} in minute {blow.start} for {blow.minutes} min" for blow in found.schedule.blows)
    return f"{found.findings[0].promise}: {blows}; after {found.coverage.plays} plays"


def measure(limits: Limits) -> None:
    """Measure all of it; on a machine that does something else too, the second of the processor is what tells."""
    cores = processors()
    (together, _), (alone, by_processor) = rate(cores), rate(1)
    limits.at_least(f"schedules/s on {cores} processors", together, RATE_LIMIT)
    limits.beside(f"schedules/s on {cores} processors", together, "on one", alone)
    limits.at_least("schedules in a second of a processor", by_processor, RATE_LIMIT / 2)
    with tempfile.TemporaryDirectory() as directory:
        found, seconds = hunt(BLIND, faults=[], directory=Path(directory))
        print(told(found))
        limits.at_most("planted blind spot: faults in the story", _size(found), 1)
        limits.at_most("planted blind spot, found and shrunk, s", seconds, BLIND_SPOT_LIMIT_SECONDS)
        found, seconds = hunt(MASKED, faults=["balancer_missing", "factory_fail"], directory=Path(directory))
        print(told(found))
        limits.at_most("fault masked by another: faults in the story", _size(found), 2)
        limits.at_most("fault masked by another, found and shrunk, s", seconds, PAIR_LIMIT_SECONDS)


def _size(found: Found) -> float:
    return len(found.schedule.blows) if found.schedule else float("inf")


def main() -> int:
    limits = Limits()
    measure(limits)
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
