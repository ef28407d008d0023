"""A healthy past for series that have none."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from harness.alerting.backfill import backfill, longest_look
from harness.alerting.promql import Sample, SeriesStore
from harness.alerting.promql import compile as compiled
from harness.alerting.promql.store import Series
from harness.alerting.rule_file import load_rules

NOON = 1_700_006_400.0


def store_of(name: str, values: list[float], *, start: float = NOON) -> SeriesStore:
    store = SeriesStore()
    for number, value in enumerate(values):
        store.append({"__name__": name}, start + number * 15, value)
    return store


def asked(store: SeriesStore, text: str, at: float) -> float:
    answer = compiled(text).at(store, at)
    assert isinstance(answer, list)
    (found,) = answer
    assert isinstance(found, Sample)
    return found.value


def only(store: SeriesStore) -> Series:
    (series,) = store.select(())
    return series


def test_counter_has_risen_at_the_same_rate_for_as_long_as_asked() -> None:
    store = store_of("answers_total", [float(number * 30) for number in range(21)])
    backfill(store, healthy_from=NOON, healthy_until=NOON + 300, reach=timedelta(hours=6))
    assert asked(store, "rate(answers_total[6h])", NOON + 300) == pytest.approx(2.0)
    assert asked(store, "rate(answers_total[1m])", NOON) == pytest.approx(2.0)
    assert min(only(store).values) >= 0
    assert list(only(store).times) == sorted(set(only(store).times))


def test_gauge_was_at_its_mean_before() -> None:
    store = store_of("active_users", [4.0, 6.0, 5.0, 5.0])
    backfill(store, healthy_from=NOON, healthy_until=NOON + 45, reach=timedelta(hours=2))
    assert asked(store, "avg_over_time(active_users[1h])", NOON - 60) == pytest.approx(5.0)


def test_increase_over_a_reset_of_the_counter_is_what_it_was() -> None:
    values = [100.0, 130.0, 160.0, 10.0, 40.0]
    plain, filled = store_of("answers_total", values), store_of("answers_total", values)
    backfill(filled, healthy_from=NOON, healthy_until=NOON + 30, reach=timedelta(hours=1))
    question = "increase(answers_total[1m])"
    assert asked(filled, question, NOON + 60) == pytest.approx(asked(plain, question, NOON + 60))


def test_what_was_before_the_healthy_stretch_is_replaced() -> None:
    store = store_of("answers_total", [0.0, 0.0, 0.0, 900.0, 930.0, 960.0])
    backfill(store, healthy_from=NOON + 45, healthy_until=NOON + 75, reach=timedelta(minutes=10))
    assert asked(store, "rate(answers_total[5m])", NOON + 75) == pytest.approx(2.0)


def test_series_that_began_after_the_healthy_stretch_gets_no_past() -> None:
    store = store_of("errors_total", [1.0, 2.0, 3.0], start=NOON + 600)
    backfill(store, healthy_from=NOON, healthy_until=NOON + 300, reach=timedelta(hours=1))
    assert len(only(store).times) == 3


def test_three_days_of_past_are_never_older_than_the_lookback_apart() -> None:
    store = store_of("active_users", [5.0] * 20)
    backfill(store, healthy_from=NOON, healthy_until=NOON + 300, reach=timedelta(days=3))
    times = only(store).times
    assert max(later - earlier for earlier, later in pairwise(times)) < 300_000
    assert times[0] <= (NOON - 3 * 86_400) * 1000
    assert len(times) < 6000


def test_longest_look_counts_recording_rules_and_every_query(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "groups: [{name: one, rules: [{record: 'a:b', expr: 'rate(c_total[6h])'}, {alert: A, expr: 'a:b > 1'}]}]"
    )
    assert longest_look(load_rules(path)) == timedelta(hours=6)


def test_reset_inside_the_healthy_stretch_does_not_change_the_rate_of_the_past() -> None:
    store = store_of("answers_total", [900.0, 930.0, 960.0, 30.0, 60.0, 90.0])
    backfill(store, healthy_from=NOON, healthy_until=NOON + 75, reach=timedelta(hours=1))
    assert asked(store, "rate(answers_total[10m])", NOON - 60) == pytest.approx(2.0)
