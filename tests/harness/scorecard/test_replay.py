"""Rules judged over a play."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scorecard.replay import LATE_SECONDS, Ring, replay
from tests.harness.scorecard.made import BREAKS, ENDS, FAILING, HEALS, LOUD, QUIET, SLOW, a_play, rules


def test_rule_rings_from_its_alert_to_its_end(tmp_path: Path) -> None:
    outcome = replay(FAILING, rules(tmp_path))
    assert outcome.rings == (Ring("Errors", BREAKS + 30, BREAKS + 660),)
    assert outcome.detected_by() == {"Errors": 30.0}


def test_rule_with_for_rings_when_it_has_held(tmp_path: Path) -> None:
    assert replay(SLOW, rules(tmp_path)).detected_by() == {"Slow": 60.0}


def test_alert_that_stands_at_the_end_is_open(tmp_path: Path) -> None:
    (ring,) = replay(a_play("factory_fail", {"errors": [(0, 9999)]}), rules(tmp_path)).rings
    assert ring.is_open
    assert ring.ends == ENDS


def test_play_of_good_health_rings_nothing(tmp_path: Path) -> None:
    assert replay(QUIET, rules(tmp_path)).rings == ()


def test_alert_in_a_trial_that_must_stay_quiet_is_about_nothing(tmp_path: Path) -> None:
    outcome = replay(LOUD, rules(tmp_path))
    assert len(outcome.rings) == 1
    assert outcome.about("Errors") == ()
    assert outcome.detected_by() == {}


LATEST = HEALS - BREAKS + LATE_SECONDS


@pytest.mark.parametrize(("begins", "counts"), [(-60, False), (0, True), (LATEST - 30, True), (LATEST + 30, False)])
def test_alert_is_about_the_fault_from_its_beginning_until_soon_after_its_end(
    tmp_path: Path, begins: float, counts: bool
) -> None:
    play = a_play("factory_fail", {"errors": [(begins, begins + 90)]})
    assert bool(replay(play, rules(tmp_path)).about("Errors")) == counts


def test_rule_that_cannot_be_evaluated_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    text = """
groups:
  - name: shop
    interval: 15s
    rules:
      - {alert: Broken, expr: 'errors / on(nothing) {__name__=~"errors|latency_seconds"} > 0'}
      - {alert: Errors, expr: errors > 0.5}
"""
    outcome = replay(FAILING, rules(tmp_path, text))
    assert "Broken" in outcome.failures
    assert outcome.detected_by() == {"Errors": 30.0}


def test_long_window_sees_a_healthy_past_instead_of_the_trial_alone(tmp_path: Path) -> None:
    text = "groups: [{name: shop, interval: 15s, rules: [{alert: Long, expr: 'avg_over_time(errors[6h]) > 1'}]}]"
    assert replay(FAILING, rules(tmp_path, text)).rings == ()
    text = text.replace("6h", "10m")
    assert replay(FAILING, rules(tmp_path, text)).detected_by().keys() == {"Long"}


def test_second_fault_tells_when_anything_comes_up_after_it_began(tmp_path: Path) -> None:
    pair = ("balancer_missing", "factory_fail")
    hidden = a_play("a + b", {"errors": [(0, 600)]}, faults=pair)
    seen = a_play("a + b", {"errors": [(0, 600)], "latency_seconds": [(320, 600)]}, faults=pair)
    assert not replay(hidden, rules(tmp_path)).tells_of_the_second()
    assert replay(seen, rules(tmp_path)).tells_of_the_second()
