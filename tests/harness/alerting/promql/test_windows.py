from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting.promql import Labels, Semantics
from harness.alerting.promql.store import Series
from harness.alerting.promql.windows import Frame, Window

COUNTS = st.lists(st.integers(0, 100).map(float), min_size=1, max_size=30)


@given(values=COUNTS, edges=st.tuples(st.integers(0, 320), st.integers(0, 320)))
@settings(max_examples=60, deadline=None)
def test_window_holds_and_loses_what_a_walk_over_all_samples_finds(values: list[float], edges: tuple[int, int]) -> None:
    series = Series(Labels())
    for index, value in enumerate(values):
        series.append(index * 10, value)
    start, end = sorted(edges)
    walked = [(index * 10, value) for index, value in enumerate(values) if start <= index * 10 <= end]
    window = Window(series, *series.span(start, end), Frame(start, end, end, Semantics.V2))
    assert len(window) == len(walked)
    assert list(zip(window.times, window.values, strict=True)) == walked
    if walked:
        assert list(window.drops) == [before for (_, before), (_, after) in pairwise(walked) if after < before]
