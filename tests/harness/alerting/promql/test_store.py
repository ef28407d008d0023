import math
from itertools import permutations

import pytest

from harness.alerting.promql import STALE_NAN, Labels, SeriesStore
from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.store import Series, is_stale

UP = Labels({"__name__": "up", "job": "pizza"})
NAMED_UP = (Matcher("__name__", "=", "up"),)


def only(store: SeriesStore) -> Series:
    (series,) = store.select(NAMED_UP)
    return series


def test_store_given_samples_in_order_keeps_them_by_millisecond() -> None:
    store = SeriesStore()
    store.append({"job": "pizza", "__name__": "up"}, 0.1, 1)
    store.append(UP, 0.3004, 0)
    assert list(only(store).times) == [100, 300]
    assert list(only(store).values) == [1.0, 0.0]
    assert len(store) == 1


def test_store_given_the_same_labels_in_another_order_knows_the_series() -> None:
    store = SeriesStore()
    names = ("__name__", "job", "path", "code")
    for at, order in enumerate(permutations(names)):
        store.append({name: "up" if name == "__name__" else name for name in order}, at, at)
    assert list(only(store).values) == list(map(float, range(24)))
    assert len(store) == 1


def test_store_given_a_sample_of_a_forgotten_series_begins_it_anew() -> None:
    store = SeriesStore()
    store.append({"__name__": "up"}, 1, 1)
    store.drop_before(2)
    store.append({"__name__": "up"}, 3, 3)
    assert list(only(store).times) == [3000]


def test_store_given_an_older_sample_drops_and_counts_it() -> None:
    store = SeriesStore()
    store.append(UP, 10, 1)
    store.append(UP, 9, 1)
    assert list(only(store).times) == [10_000]
    assert store.rejected == 1


@pytest.mark.parametrize(("value", "again", "rejected"), [(1.0, 1.0, 0), (1.0, 2.0, 1), (math.nan, math.nan, 0)])
def test_store_given_the_same_time_twice_rejects_only_a_contradiction(
    value: float, again: float, rejected: int
) -> None:
    store = SeriesStore()
    store.append(UP, 10, value)
    store.append(UP, 10, again)
    assert len(only(store).times) == 1
    assert store.rejected == rejected


def test_store_given_a_stale_marker_keeps_it_apart_and_in_order() -> None:
    store = SeriesStore()
    store.append(UP, 10, 1)
    store.append(UP, 20, STALE_NAN)
    store.append(UP, 20, STALE_NAN)
    store.append(UP, 20, math.nan)
    store.append(UP, 15, 1)
    assert list(only(store).times) == [10_000]
    assert list(only(store).stale_times) == [20_000]
    assert store.rejected == 2


def test_stale_marker_is_told_from_every_other_value() -> None:
    assert is_stale(STALE_NAN)
    assert not any(map(is_stale, (math.nan, math.inf, 0.0)))


def test_store_selecting_sees_series_that_appear_after_a_selection() -> None:
    store = SeriesStore()
    store.append(UP, 1, 1)
    assert len(store.select(NAMED_UP)) == 1
    assert store.select(NAMED_UP) is store.select(NAMED_UP)
    store.append(UP.replacing("job", "factory"), 1, 1)
    assert len(store.select(NAMED_UP)) == 2


def test_store_selecting_without_a_name_looks_at_all_metrics_in_the_order_of_labels() -> None:
    store = SeriesStore()
    store.append(UP, 1, 1)
    store.append(UP.replacing("__name__", "down"), 1, 1)
    store.append({"__name__": "up"}, 1, 1)
    found = store.select((Matcher("job", "=", "pizza"), Matcher("nowhere", "!=", "x")))
    assert [series.labels["__name__"] for series in found] == ["down", "up"]


def test_store_trimmed_forgets_old_samples_and_empty_series() -> None:
    store = SeriesStore()
    for at in range(5):
        store.append(UP, at, -at)
    store.append({"__name__": "gone"}, 1, 1)
    store.append(UP, 5, STALE_NAN)
    store.drop_before(3)
    assert list(only(store).times) == [3000, 4000]
    assert list(only(store).drop_heights) == [-2.0, -3.0]
    assert len(store) == 1
    store.drop_before(5)
    assert len(store) == 1  # the marker is still there
    store.drop_before(6)
    assert len(store) == 0
    assert store.select(NAMED_UP) == ()


def test_series_asked_for_its_newest_sample_stops_at_the_window_and_at_stale_markers() -> None:
    series = Series(UP)
    series.append(10, 1.0)
    series.append(20, 2.0)
    series.stale_times.append(30)
    assert [series.latest(0, until) for until in (9, 10, 19, 20, 29, 30)] == [-1, 0, 0, 1, 1, -1]
    assert series.latest(11, 19) == -1


def test_series_asked_for_a_span_holds_both_ends() -> None:
    series = Series(UP)
    for at in (10, 20, 30):
        series.append(at, 0.0)
    assert series.span(10, 20) == (0, 2)
    assert series.span(11, 30) == (1, 3)
    assert series.span(31, 40) == (0, 0)
    assert series.span(0, 9) == (0, 0)


def test_series_that_falls_notes_from_where() -> None:
    series = Series(UP)
    for at, value in enumerate((5.0, 7.0, 1.0, 2.0, 0.0)):
        series.append(at, value)
    assert list(series.drops(0, 4)) == [7.0, 2.0]
    assert list(series.drops(2, 3)) == []
