"""What Grafana's queries and expressions hand to each other: numbers, and series of points, each with its labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.alerting.promql import Labels

Change = Callable[[float | None], float | None]
"""Makes one value of another; None is nothing (nil)."""


@dataclass(frozen=True, slots=True)
class Number:
    """A series that came down to one value."""

    labels: Labels
    """The series; with its metric name where the query keeps it, as in Grafana."""
    value: float | None
    """None where there is nothing (nil)."""
    judged: float | None = None
    """After a threshold: the value it was about."""

    def mapped(self, change: Change) -> Number:
        """Give it with its value changed."""
        return Number(self.labels, change(self.value))


@dataclass(frozen=True, slots=True)
class Series:
    """A series with its values over a stretch of time."""

    labels: Labels
    """The series; with its metric name where the query keeps it, as in Grafana."""
    points: Sequence[tuple[float, float | None]]
    """When, in steady seconds, and what; oldest first."""

    def mapped(self, change: Change) -> Series:
        """Give it with every value changed."""
        return Series(self.labels, [(at, change(value)) for at, value in self.points])


Frame = Number | Series


class Partners:
    """Frames, to be found by their labels, by labels that contain those, or by labels that those contain.

    Tables by the labels that are shared find them: with thousands of series, trying each would take long.
    """

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._by_names: defaultdict[frozenset[str], list[Frame]] = defaultdict(list)
        for each in frames:
            self._by_names[frozenset(each.labels)].append(each)
        self._tables: dict[tuple[frozenset[str], frozenset[str]], Mapping[Labels, list[Frame]]] = {}

    def of(self, labels: Labels) -> Iterator[Frame]:
        """Give the frames that fit."""
        own = frozenset(labels)
        for names in self._by_names:
            shared = own & names
            if shared in (own, names):
                yield from self._table(names, shared).get(labels.keep(shared), ())

    def _table(self, names: frozenset[str], shared: frozenset[str]) -> Mapping[Labels, list[Frame]]:
        if (names, shared) not in self._tables:
            table: defaultdict[Labels, list[Frame]] = defaultdict(list)
            for each in self._by_names[names]:
                table[each.labels.keep(shared)].append(each)
            self._tables[names, shared] = table
        return self._tables[names, shared]


Frames = Mapping[str, Sequence[Frame]]
"""What every query and expression so far has brought, by its name."""
