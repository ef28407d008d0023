"""Reading the store: instant selectors, range selectors and subqueries."""

from collections.abc import Callable

from harness.alerting.promql.labels import Labels
from harness.alerting.promql.moment import Dialect, Moment, VectorAt, time_at
from harness.alerting.promql.store import Series
from harness.alerting.promql.syntax import Range, Selector, Subquery
from harness.alerting.promql.values import Sample, Vector
from harness.alerting.promql.windows import Frame, Window, WindowsAt


def instant(node: Selector, dialect: Dialect) -> VectorAt:
    """The newest value of each series, unless it is older than the lookback or stale."""
    return _newest(node, dialect, lambda series, index: series.values[index])


def instant_times(node: Selector, dialect: Dialect) -> VectorAt:
    """When the newest value of each series was recorded, in seconds: what timestamp() asks a selector for."""
    return _newest(node, dialect, lambda series, index: series.times[index] / 1000)


def _newest(node: Selector, dialect: Dialect, read: Callable[[Series, int], float]) -> VectorAt:
    looks_at, matchers = time_at(node.shift), node.matchers
    reach_ms = dialect.lookback_ms - dialect.gap_ms

    def evaluate(moment: Moment) -> Vector:
        until = looks_at(moment)
        oldest = until - reach_ms
        found = moment.store.select(matchers)
        moment.meter.charge_samples(len(found))
        return [
            Sample(series.labels, read(series, index))
            for series in found
            if (index := series.latest(oldest, until)) >= 0
        ]

    return evaluate


def ranged(node: Range, dialect: Dialect) -> WindowsAt:
    """The samples of each series inside the window; series without any are left out."""
    looks_at, matchers = time_at(node.selector.shift), node.selector.matchers
    range_ms, gap_ms = node.range_ms, dialect.gap_ms

    def evaluate(moment: Moment) -> list[Window]:
        end = looks_at(moment)
        frame = Frame(end - range_ms, end, moment.now_ms, dialect.semantics)
        oldest = frame.start_ms + gap_ms
        windows = []
        count = 0
        for series in moment.store.select(matchers):
            first, stop = series.span(oldest, end)
            if first < stop:
                windows.append(Window(series, first, stop, frame))
                count += stop - first
        moment.meter.charge_samples(count)
        return windows

    return evaluate


def subquery(node: Subquery, inner: VectorAt, dialect: Dialect) -> WindowsAt:
    """What the inner expression gives at each step of the window; steps are whole multiples since 1970."""
    looks_at = time_at(node.shift)
    step_ms = node.step_ms or dialect.subquery_step_ms
    range_ms, gap_ms = node.range_ms, dialect.gap_ms

    def evaluate(moment: Moment) -> list[Window]:
        end = looks_at(moment)
        frame = Frame(end - range_ms, end, moment.now_ms, dialect.semantics)
        first = -(-(frame.start_ms + gap_ms) // step_ms) * step_ms
        steps = range(first, end + 1, step_ms)
        moment.meter.charge_steps(len(steps))
        gathered: dict[Labels, Series] = {}
        for now_ms in steps:
            for sample in inner(moment.at(now_ms)):
                series = gathered.get(sample.labels)
                if series is None:
                    series = gathered[sample.labels] = Series(sample.labels)
                series.append(now_ms, sample.value)
        moment.meter.charge_samples(sum(len(series.times) for series in gathered.values()))
        return [Window(series, 0, len(series.times), frame) for series in gathered.values()]

    return evaluate
