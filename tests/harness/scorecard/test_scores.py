"""How good each rule is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.scorecard.trials import Trial
from tests.harness.scorecard.made import FAILING, LOUD, QUIET, SLOW, a_play, card


def test_precision_and_recall_count_alarms_and_faults(tmp_path: Path) -> None:
    errors, slow = card(tmp_path, FAILING, SLOW, QUIET, LOUD).rules
    assert (errors.precision, errors.recall) == (0.5, 0.5)
    assert (slow.precision, slow.recall) == (1.0, 0.5)
    assert errors.false_alarms == ("more diners",)
    assert errors.missed == ("factory_throttle",)


def test_detection_and_reset_times_are_medians_from_the_faults_edges(tmp_path: Path) -> None:
    quicker = a_play("balancer_missing", {"errors": [(0, 630)]})
    errors, _ = card(tmp_path, FAILING, quicker).rules
    assert errors.detection_seconds == 15.0
    assert errors.reset_seconds == 45.0
    assert not errors.outlasts


def test_alert_that_never_ends_outlasts_the_trial(tmp_path: Path) -> None:
    errors, _ = card(tmp_path, a_play("factory_fail", {"errors": [(0, 9999)]})).rules
    assert errors.outlasts
    assert errors.reset_seconds == 600.0


def test_rule_without_an_alarm_has_no_precision_and_never_rang(tmp_path: Path) -> None:
    _, slow = card(tmp_path, FAILING).rules
    assert slow.precision is None
    assert slow.recall == 0.0
    assert slow.never_rang


def test_rule_that_rings_at_every_fault_has_no_diagnostic_power(tmp_path: Path) -> None:
    plays = [a_play(name, {"errors": [(0, 600)]}) for name in ("balancer_missing", "factory_fail", "task_killed")]
    assert [rule.rings_at_everything for rule in card(tmp_path, *plays).rules] == [True, False]
    assert not any(rule.rings_at_everything for rule in card(tmp_path, *plays[:2]).rules)


def test_fault_that_no_rule_notices_is_listed_and_one_that_nobody_felt_is_not(tmp_path: Path) -> None:
    scored = card(tmp_path, a_play("factory_fail", {}), a_play("task_killed", {}, wrong=0))
    assert scored.undetected == ("factory_fail",)
    assert scored.unfelt == ("task_killed",)
    assert not scored.is_good


def test_trial_that_must_stay_quiet_and_does_not_is_named_with_its_rules(tmp_path: Path) -> None:
    scored = card(tmp_path, FAILING, QUIET, LOUD)
    assert scored.not_quiet == {"more diners": ("Errors",)}
    assert not scored.is_good


def test_everything_noticed_and_all_quiet_is_good(tmp_path: Path) -> None:
    assert card(tmp_path, FAILING, SLOW, QUIET).is_good


def test_storm_is_a_trial_at_which_most_rules_ring(tmp_path: Path) -> None:
    text = "groups: [{name: shop, interval: 15s, rules: [%s]}]"
    rules = ", ".join(f"{{alert: A{number}, expr: errors > {number}}}" for number in range(4))
    assert card(tmp_path, FAILING, SLOW, text=text % rules).storms == {"factory_fail": 4}
    assert card(tmp_path, FAILING, SLOW).storms == {}


@pytest.mark.parametrize(("late", "masked"), [(True, ()), (False, ("factory_fail + factory_throttle",))])
def test_pair_is_masked_when_the_second_fault_is_noticed_only_alone(
    tmp_path: Path, late: bool, masked: tuple[str, ...]
) -> None:
    up = {"errors": [(0.0, 600.0)]} | ({"latency_seconds": [(330.0, 600.0)]} if late else {})
    pair = a_play("factory_fail + factory_throttle", up, faults=("factory_fail", "factory_throttle"))
    scored = card(tmp_path, FAILING, SLOW, pair)
    assert scored.masked == masked
    assert [len(rule.detected) for rule in scored.rules] == [1, 1], "pairs count for no rule"


def test_play_that_was_skipped_counts_for_nothing(tmp_path: Path) -> None:
    skipped = msgspec.structs.replace(SLOW, trial=Trial("cpu_burn", ("cpu_burn",)), skipped="cannot")
    scored = card(tmp_path, FAILING, skipped)
    assert [play.trial.name for play in scored.skipped] == ["cpu_burn"]
    assert scored.undetected == ()


def test_fault_that_hit_nothing_is_told(tmp_path: Path) -> None:
    scored = card(tmp_path, msgspec.structs.replace(FAILING, missed=("factory_fail",)))
    assert scored.unproven == ("factory_fail",)


def test_precision_counts_each_time_a_rule_comes_up(tmp_path: Path) -> None:
    twice = a_play("factory_fail", {"errors": [(0, 100), (300, 400)]})
    errors, _ = card(tmp_path, twice, LOUD).rules
    assert errors.precision == pytest.approx(2 / 3)
    assert errors.recall == 1.0


def test_pair_whose_second_fault_nothing_notices_anyway_is_not_masked(tmp_path: Path) -> None:
    pair = a_play("a + b", {"errors": [(0, 600)]}, faults=("factory_fail", "factory_throttle"))
    scored = card(tmp_path, FAILING, a_play("factory_throttle", {}), pair)
    assert scored.masked == ()
    assert scored.undetected == ("factory_throttle",)
