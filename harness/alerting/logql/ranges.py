"""Numbers out of log lines: what is counted, summed or measured over a range of time.

Rules of this file: a range leaves out the instant it begins at, and holds the one it ends at; a line's series is made
of all its labels, those that stages found too; a range without lines gives no series, rather than a 0; a line that a
stage could not deal with, and that no filter took out, fails the whole evaluation.

Source: Grafana Loki, pkg/logql/range_vector.go and pkg/logql/log/metrics_extraction.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.alerting.logql.entries import ERROR, Entry, Stage
from harness.alerting.logql.filters import Test
from harness.alerting.promql import EvaluationError, Labels, Sample
from harness.alerting.promql.limits import Meter
from harness.alerting.promql.numeric import highest, lowest, mean, quantile, total, variance
from harness.telemetry.logs import LogStore
from harness.telemetry.pushes import LogLine

Measure = Callable[[Sequence[Entry], float], float]
"""Brings the lines of one series, and the seconds of the range, down to a number."""


def _values(entries: Sequence[Entry]) -> list[float]:
    return [entry.value for entry in entries]


def _bytes(entries: Sequence[Entry]) -> float:
    return float(sum(len(entry.line.encode()) for entry in entries))


LINE_MEASURES: Mapping[str, Measure] = {
    "count_over_time": lambda entries, _: float(len(entries)),
    "rate": lambda entries, seconds: len(entries) / seconds,
    "bytes_over_time": lambda entries, _: _bytes(entries),
    "bytes_rate": lambda entries, seconds: _bytes(entries) / seconds,
}
"""Functions of whole lines."""

VALUE_MEASURES: Mapping[str, Measure] = {
    "rate": lambda entries, seconds: total(_values(entries)) / seconds,
    "sum_over_time": lambda entries, _: total(_values(entries)),
    "avg_over_time": lambda entries, _: mean(_values(entries)),
    "min_over_time": lambda entries, _: lowest(_values(entries)),
    "max_over_time": lambda entries, _: highest(_values(entries)),
    "first_over_time": lambda entries, _: entries[0].value,
    "last_over_time": lambda entries, _: entries[-1].value,
    "stdvar_over_time": lambda entries, _: variance(_values(entries)),
    "stddev_over_time": lambda entries, _: variance(_values(entries)) ** 0.5,
}
"""Functions of values that `unwrap` took from lines."""

ABSENT, QUANTILE = "absent_over_time", "quantile_over_time"
"""The one that gives 1 where there is nothing, and the one that is told which share."""


def quantile_measure(share: float) -> Measure:
    """Make the measure of a quantile."""
    return lambda entries, _: quantile(_values(entries), share)


_LINES_AT_A_TIME = 1000
"""After so many lines it is asked whether that was enough."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which labels tell the series of a range apart."""

    names: tuple[str, ...]
    """The labels that are named."""
    is_without: bool
    """Whether those are the ones left out."""

    def of(self, labels: Labels) -> Labels:
        """Give the labels that are left."""
        return labels.without(self.names) if self.is_without else labels.keep(self.names)


@dataclass(frozen=True, slots=True)
class LogRange:
    """A function over a range of log lines."""

    text: str
    """As it was written."""
    streams: tuple[Test, ...]
    """What a stream must be labelled with."""
    stages: tuple[Stage, ...]
    """What happens to each line, in order."""
    range_ms: int
    """How long the range is."""
    offset_ms: int
    """How far before the evaluation it ends."""
    measure: Measure | None
    """What is made of the lines; None for the function that tells their absence."""
    grouping: Grouping | None = None
    """How lines are put together; all their labels count where nothing is said."""
    absent_labels: tuple[tuple[str, str], ...] = ()
    """What the absence is labelled with."""

    @property
    def reach_ms(self) -> int:
        """How far back it looks."""
        return self.range_ms + self.offset_ms

    def at(self, logs: LogStore, now_ms: int, meter: Meter) -> list[Sample]:
        """Give a value for each series of lines.

        Raises:
            EvaluationError: when a line has an error that no filter took out.
            LimitExceeded: when these are more lines than the meter allows.
        """
        series: dict[Labels, list[Entry]] = {}
        for entry in self._entries(logs, now_ms - self.offset_ms, meter):
            if ERROR in entry.labels:
                raise EvaluationError(
                    f"pipeline error {entry.labels[ERROR]} in the line {entry.line[:80]!r} of {self.text!r}. "
                    'Leave such lines out with | __error__=""'
                )
            labels = Labels(entry.labels)
            series.setdefault(self.grouping.of(labels) if self.grouping else labels, []).append(entry)
        if self.measure is None:
            return [] if series else [Sample(Labels(self.absent_labels), 1.0)]
        return [Sample(labels, self.measure(entries, self.range_ms / 1000)) for labels, entries in series.items()]

    def takes(self, line: LogLine) -> bool:
        """Say whether a line of its own instant would count, and without an error."""
        entry = Entry(line.at, line.line, {**line.labels, **line.metadata})
        is_ours = all(test(line.labels) for test in self.streams)
        return is_ours and all(stage(entry) for stage in self.stages) and ERROR not in entry.labels

    def _entries(self, logs: LogStore, until_ms: int, meter: Meter) -> Iterator[Entry]:
        lines = logs.between((until_ms - self.range_ms) / 1000, until_ms / 1000)
        for place, line in enumerate(lines):
            if place % _LINES_AT_A_TIME == 0:
                meter.charge_samples(min(_LINES_AT_A_TIME, len(lines) - place))
            if all(test(line.labels) for test in self.streams):
                entry = Entry(line.at, line.line, {**line.labels, **line.metadata})
                if all(stage(entry) for stage in self.stages):
                    yield entry
