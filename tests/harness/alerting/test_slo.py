"""Rules for a service level objective."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from harness.alerting.backfill import backfill
from harness.alerting.engine import RuleEngine
from harness.alerting.promql import SeriesStore
from harness.alerting.rule_file import load_rules
from harness.alerting.rules import RecordingRule, RuleGroup
from harness.alerting.slo import BURNS, Objective, slo_rules
from harness.errors import ScenarioError

GOOD, TOTAL = 'answers_total{outcome="ok"}', "answers_total"
NOON = 1_700_006_400.0
STEP = 15.0


def rules_of(objective: Objective, folder: Path) -> tuple[RuleGroup, ...]:
    path = folder / "slo.yaml"
    path.write_text(slo_rules(objective))
    return load_rules(path)


def test_burn_rates_over_thirty_days_are_those_of_the_workbook() -> None:
    objective = Objective.read("99.9%")
    assert [objective.burn_rate(burn) for burn in BURNS] == [Decimal("14.4"), 6, 3, 1]


def test_burn_rates_over_four_weeks_spend_the_same_shares_of_the_budget() -> None:
    objective = Objective.read("99.9%", window="28d")
    assert [str(objective.burn_rate(burn)) for burn in BURNS] == ["13.44", "5.6", "2.8", "0.933"]


def test_file_has_a_recording_rule_a_window_and_an_alert_a_severity(tmp_path: Path) -> None:
    (group,) = rules_of(Objective.read("99.95%"), tmp_path)
    recorded = [rule.name.rpartition("rate")[2] for rule in group.rules if isinstance(rule, RecordingRule)]
    assert recorded == ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
    assert [rule.name for rule in group.alerts] == ["ErrorBudgetBurnPage", "ErrorBudgetBurnTicket"]
    assert "(14.4 * 0.0005)" in group.rules[-2].condition.text  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["", "100%", "0%", "-1%", "best", "99.9.9%", "99,9%", "nan", "1e1%"])
def test_objective_that_cannot_be_promised_is_an_error_that_names_it(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"--objective .* such as 99\.9%"):
        Objective.read(text)


def test_objective_whose_fastest_rule_could_never_fire_is_an_error_with_the_least_that_can() -> None:
    with pytest.raises(ScenarioError, match=r"error ratio of 1\.44.*more than 93\.1%"):
        Objective.read("90%")


@pytest.mark.parametrize("window", ["1d", "91d"])
def test_window_out_of_range_is_an_error(window: str) -> None:
    with pytest.raises(ScenarioError, match="7d to 90d"):
        Objective.read("99.9%", window=window)


def test_expression_that_cannot_be_read_is_an_error_that_names_the_option() -> None:
    with pytest.raises(ScenarioError, match=r"--good cannot be used.*\$window"):
        Objective.read("99.9%", good="answers_total{")


def test_expression_with_window_is_taken_as_it_is(tmp_path: Path) -> None:
    good = 'sum(rate(answers_total{outcome="ok"}[$window]))'
    written = slo_rules(Objective.read("99.9%", good=good, total=TOTAL))
    assert f"(({good.replace('$window', '5m')}) or vector(0))" in " ".join(written.split())


def a_blip(*, minutes: int) -> SeriesStore:
    """Half an hour with ten answers a second, of which every tenth fails for some minutes before its end."""
    store = SeriesStore()
    good = bad = 0.0
    for number in range(int(1800 / STEP)):
        fails = number * STEP >= 1800 - minutes * 60
        good, bad = good + STEP * (9 if fails else 10), bad + STEP * fails
        at = NOON + number * STEP
        store.append({"__name__": "answers_total", "outcome": "ok"}, at, good)
        store.append({"__name__": "answers_total", "outcome": "failed"}, at, bad)
    return store


def fired(groups: tuple[RuleGroup, ...], store: SeriesStore) -> set[str]:
    engine, found, now = RuleEngine(groups, store), set[str](), NOON + 600
    while (now := engine.next_due(now)) <= NOON + 1800:
        found |= {alert.rule for alert in engine.tick(now).alerts}
    return found


def test_blip_of_five_minutes_with_a_past_is_no_page_and_without_one_it_is(tmp_path: Path) -> None:
    groups = rules_of(Objective.read("99.9%", good=GOOD, total=TOTAL), tmp_path)
    filled, bare = a_blip(minutes=5), a_blip(minutes=5)
    backfill(filled, healthy_from=NOON, healthy_until=NOON + 1200, reach=timedelta(days=3))
    assert fired(groups, filled) == set()
    assert "ErrorBudgetBurnPage" in fired(groups, bare)


def test_six_hour_rule_at_a_blip_is_below_its_limit_with_a_past_and_above_without(tmp_path: Path) -> None:
    groups = rules_of(Objective.read("99.9%", good=GOOD, total=TOTAL), tmp_path)
    ratios = []
    for reach in (timedelta(hours=6), timedelta()):
        store = a_blip(minutes=5)
        backfill(store, healthy_from=NOON, healthy_until=NOON + 1200, reach=reach)
        RuleEngine(groups, store).evaluate(NOON + 1800)
        (found,) = [series for series in store.select(()) if series.labels["__name__"].endswith("rate6h")]
        ratios.append(found.values[-1])
    limit = 6 * 0.001
    assert ratios[0] < limit < ratios[1]
    assert ratios[0] == pytest.approx(0.1 * 5 / 360, rel=0.1)
