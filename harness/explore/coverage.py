"""What a search has seen so far: rule states, faults, pairs of faults, and what diners were told. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from harness.checks.promises import outages
from harness.events import AlertChanged
from harness.explore.schedules import Schedule
from harness.history import History


def seen_in(schedule: Schedule, history: History) -> frozenset[tuple[str, ...]]:
    """Give the features of one play."""
    states = {("rule", event.rule, event.state) for event in history.of(AlertChanged)}
    faults = {("fault", blow.fault) for blow in schedule.blows}
    overlapping = {
        ("pair", *sorted((one.fault, other.fault)))
        for one, other in combinations(schedule.blows, 2)
        if one.start < other.end and other.start < one.end
    }
    load = {("load", "rush" if schedule.rush else "steady")}
    told = {("told", outage.kind) for outage in outages(history)}
    return frozenset(states | faults | overlapping | load | told)


class Coverage:
    """Counts features over the plays of a search."""

    def __init__(self) -> None:
        self.plays = 0
        self._seen: Counter[tuple[str, ...]] = Counter()

    def take(self, features: Iterable[tuple[str, ...]]) -> int:
        """Count one play; gives how many of its features were new."""
        self.plays += 1
        fresh = 0
        for feature in features:
            fresh += feature not in self._seen
            self._seen[feature] += 1
        return fresh

    def words(self) -> list[str]:
        """Say what was seen, a line a kind."""
        kinds = {
            "fault": "faults",
            "pair": "faults at once",
            "load": "load",
            "rule": "states of rules",
            "told": "what diners were told",
        }
        lines = []
        for kind, name in kinds.items():
            found = [feature for feature in self._seen if feature[0] == kind]
            said = ", ".join(sorted(" ".join(each[1:]) for each in found))
            lines.append(f"{name} ({len(found)}): {said or 'none'}")
        return lines
