from __future__ import annotations

import math

import pytest

from harness.alerting.logql import LoggedSeries
from harness.alerting.promql import Labels, Sample, compile  # noqa: A004 - as in re.compile
from harness.alerting.provocation.feed import Feed, Shape, Target
from harness.alerting.provocation.lines import NUMBER
from harness.telemetry.logs import LogStore

X = Labels({"__name__": "x"})


def fed(shape: Shape, *series: Labels, line: str = "") -> LoggedSeries:
    store = LoggedSeries(LogStore())
    feed, target = Feed(store), Target("x", series or (X,), (shape,), line)
    for step in range(1, 4):
        feed.push({target: shape}, at=10.0 * step, seconds=10.0)
    return store


@pytest.mark.parametrize(
    ("shape", "values", "said"),
    [
        (Shape(level=5.0), [5.0, 5.0, 5.0], "at 5"),
        (Shape(rise=2.0), [20.0, 40.0, 60.0], "rising by 2 a second"),
        (Shape(), [0.0, 0.0, 0.0], "not rising"),
        (Shape(level=7.0, swings=True), [7.0, 0.0, 7.0], "swinging between 0 and 7"),
        (Shape(tells_time=True), [10.0, 20.0, 30.0], "the present time"),
        (Shape(is_silent=True), [], "not there"),
    ],
)
def test_series_go_on_as_their_shape_says(shape: Shape, values: list[float], said: str) -> None:
    (series,) = fed(shape).select(()) or (None,)
    assert (list(series.values) if series else []) == values
    assert str(shape) == said


def test_bucket_below_the_bound_does_not_rise() -> None:
    buckets = [Labels({"__name__": "x_bucket", "le": bound}) for bound in ("1", "5", "+Inf")]
    store = fed(Shape(rise=1.0, above=1.0), *buckets)
    found = compile("x_bucket").at(store, 30.0)
    assert isinstance(found, list)
    assert {each.labels["le"]: each.value for each in found if isinstance(each, Sample)} == {
        "1": 0.0,
        "5": 30.0,
        "+Inf": 30.0,
    }


def test_lines_come_so_many_at_a_time_with_the_number_in_its_place() -> None:
    store = fed(Shape(lines=2, level=3.5), Labels({"app": "a"}), line=f"took={NUMBER}s")
    assert [line.line for line in store.logs.between(0.0, math.inf)] == ["took=3.5s"] * 6
    assert str(Shape(lines=2, level=3.5)) == "2 at a time with 3.5 in it"
    assert (str(Shape(lines=0)), str(Shape(lines=4))) == ("not a line", "4 at a time")
