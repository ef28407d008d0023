"""Series of samples in memory, ordered by time, and where expressions find them.

Times are kept in whole milliseconds, as Prometheus keeps them, so that window edges are exact.
A counter's resets are written down as they arrive: a rate then needs the two ends of its window and
the resets between, however many samples lie there.
"""

import math
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

from harness.alerting.promql.labels import METRIC_NAME, Labels
from harness.alerting.promql.matchers import Matcher

_STALE_BITS: Final = struct.pack("<Q", 0x7FF0000000000002)
STALE_NAN: Final[float] = struct.unpack("<d", _STALE_BITS)[0]
"""The marker that ends a series: appended, it makes the series vanish at once instead of after the lookback."""


def is_stale(value: float) -> bool:
    """Tell the staleness marker from every other value, the ordinary NaN included."""
    return value != value and struct.pack("<d", value) == _STALE_BITS  # noqa: PLR0124 - NaN is the one unequal to itself


def milliseconds(seconds: float) -> int:
    """Seconds as the whole milliseconds in which times are kept."""
    return round(seconds * 1000)


class Series:
    """The samples of one label set, oldest first.

    Args:
        labels: What the series is called.
    """

    __slots__ = ("drop_heights", "drop_times", "labels", "stale_times", "times", "values")

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.times = array("q")
        self.values = array("d")
        self.stale_times = array("q")
        self.drop_times = array("q")  # when the value fell: for a counter, when it was reset
        self.drop_heights = array("d")  # the value it fell from

    def append(self, at_ms: int, value: float) -> None:
        """Add a sample newer than all before."""
        if self.values and value < (last := self.values[-1]):
            self.drop_times.append(at_ms)
            self.drop_heights.append(last)
        self.times.append(at_ms)
        self.values.append(value)

    def newest_ms(self) -> float:
        """When the last sample or staleness marker was; minus infinity before the first."""
        newest = self.times[-1] if self.times else -math.inf
        return max(newest, self.stale_times[-1]) if self.stale_times else newest

    def span(self, oldest_ms: int, newest_ms: int) -> tuple[int, int]:
        """Where the samples of a stretch of time lie: the first index and the one past the last.

        Args:
            oldest_ms: Earliest time that belongs to it.
            newest_ms: Latest time that belongs to it.
        """
        times = self.times
        if not times or times[0] > newest_ms or times[-1] < oldest_ms:
            return 0, 0
        stop = len(times) if times[-1] <= newest_ms else bisect_right(times, newest_ms)
        return bisect_left(times, oldest_ms, 0, stop), stop

    def latest(self, oldest_ms: int, newest_ms: int) -> int:
        """The index of the newest sample in a stretch of time, or -1 where there is none or the series went stale."""
        times = self.times
        index = len(times) - 1
        if index >= 0 and times[index] > newest_ms:
            index = bisect_right(times, newest_ms) - 1
        if index < 0 or times[index] < oldest_ms:
            return -1
        if self.stale_times:
            ended = bisect_right(self.stale_times, newest_ms) - 1
            if ended >= 0 and self.stale_times[ended] > times[index]:
                return -1
        return index

    def drops(self, after_ms: int, until_ms: int) -> "array[float]":
        """The values the series fell from within a stretch of time: a counter's lost counts.

        Args:
            after_ms: Time of the first sample; a fall to that sample does not belong.
            until_ms: Time of the last sample.
        """
        first = bisect_right(self.drop_times, after_ms)
        return self.drop_heights[first : bisect_right(self.drop_times, until_ms)]

    def drop_before(self, at_ms: int) -> None:
        """Forget everything older than a moment."""
        if self.times and self.times[0] < at_ms:
            cut = bisect_left(self.times, at_ms)
            del self.times[:cut], self.values[:cut]
        if self.drop_times and self.drop_times[0] < at_ms:
            cut = bisect_left(self.drop_times, at_ms)
            del self.drop_times[:cut], self.drop_heights[:cut]
        if self.stale_times and self.stale_times[0] < at_ms:
            del self.stale_times[: bisect_left(self.stale_times, at_ms)]

    def is_empty(self) -> bool:
        """Tell whether nothing is left in it."""
        return not self.times and not self.stale_times


class SeriesStore:
    """All series there are: what is pushed goes in here, and expressions read from it."""

    def __init__(self) -> None:
        self.rejected = 0
        """Samples that were not kept, because they came late or contradict one of the same time."""
        self._by_metric: dict[str, dict[Labels, Series]] = {}
        self._selected: dict[tuple[Matcher, ...], tuple[Series, ...]] = {}
        self._all: dict[Labels, Series] = {}
        self._as_spelled: dict[tuple[tuple[str, str], ...], Series] = {}  # as senders write them, empty ones included

    def __len__(self) -> int:
        """How many series there are."""
        return len(self._all)

    def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
        """Add one sample to the series with these labels.

        A sample older than the newest of its series is dropped and counted in `rejected`; one of the same time
        is ignored if it says the same, and rejected if not.

        Args:
            labels: All labels, the metric's name under `__name__` among them. A `Labels` spares a conversion.
            at: Seconds since 1970; kept to the millisecond.
            value: The value, or `STALE_NAN` to end the series there.
        """
        if isinstance(labels, Labels):
            series = self._all.get(labels) or self._made(labels)
        else:
            spelled = tuple(labels.items())
            series = self._as_spelled.get(spelled) or self._found(spelled)
        at_ms = round(at * 1000)
        times = series.times
        if times and at_ms > times[-1] and value == value and not series.stale_times:  # noqa: PLR0124 - so it mostly is
            series.append(at_ms, value)
        elif at_ms <= (newest := series.newest_ms()):
            if at_ms < newest or not _is_repeated(series, at_ms, value):
                self.rejected += 1
        elif is_stale(value):
            series.stale_times.append(at_ms)
        else:
            series.append(at_ms, value)

    def select(self, matchers: tuple[Matcher, ...]) -> Sequence[Series]:
        """The series that meet all conditions, ordered by their labels: sums are taken in this order."""
        found = self._selected.get(matchers)
        if found is None:
            met = [each for each in self._candidates(matchers) if all(one.accepts(each.labels) for one in matchers)]
            found = self._selected[matchers] = tuple(sorted(met, key=lambda series: series.labels))
        return found

    def drop_before(self, at: float) -> None:
        """Forget all samples older than a moment, and the series that have no others.

        Args:
            at: Seconds since 1970.
        """
        at_ms = milliseconds(at)
        for metric, members in list(self._by_metric.items()):
            for labels, series in list(members.items()):
                series.drop_before(at_ms)
                if series.is_empty():
                    del members[labels]
                    del self._all[labels]
                    self._selected.clear()
                    self._as_spelled.clear()
            if not members:
                del self._by_metric[metric]

    def _found(self, spelled: tuple[tuple[str, str], ...]) -> Series:
        labels = Labels(spelled)
        series = self._as_spelled[spelled] = self._all.get(labels) or self._made(labels)
        if len(self._as_spelled) > 2 * len(self._all):  # somebody writes the same labels now in this order, now in that
            self._as_spelled = {spelled: series}
        return series

    def _made(self, labels: Labels) -> Series:
        series = self._all[labels] = Series(labels)
        self._by_metric.setdefault(labels.value(METRIC_NAME), {})[labels] = series
        self._selected.clear()  # what was selected so far may miss it
        return series

    def _candidates(self, matchers: tuple[Matcher, ...]) -> list[Series]:
        for matcher in matchers:
            if matcher.name == METRIC_NAME and matcher.op == "=":
                return list(self._by_metric.get(matcher.value, {}).values())
        return [series for members in self._by_metric.values() for series in members.values()]


def _is_repeated(series: Series, at_ms: int, value: float) -> bool:
    if series.stale_times and series.stale_times[-1] == at_ms:
        return is_stale(value)
    last = series.values[-1]
    return value == last or (math.isnan(value) and math.isnan(last) and not is_stale(value))
