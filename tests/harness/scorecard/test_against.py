"""Two sets of rules over the same plays."""

from __future__ import annotations

from pathlib import Path

from harness.scorecard.against import against_words
from tests.harness.scorecard.made import FAILING, LOUD, QUIET, SLOW, TWO_RULES, card


def test_rule_that_waits_less_notices_sooner(tmp_path: Path) -> None:
    before, after = card(tmp_path, SLOW), card(tmp_path, SLOW, text=TWO_RULES.replace("1m", "15s"))
    assert list(against_words(before, after)) == ["factory_throttle: 45 s sooner, after 15 s"]
    assert list(against_words(after, before)) == ["factory_throttle: 45 s later, after 1 min"]


def test_fault_that_only_one_of_them_notices_says_which(tmp_path: Path) -> None:
    before, after = card(tmp_path, FAILING, text=TWO_RULES.replace("> 0.5", "> 50")), card(tmp_path, FAILING)
    assert list(against_words(before, after)) == ["factory_fail: noticed after 30 s; it was not noticed at all"]
    assert list(against_words(after, before)) == ["factory_fail: not noticed any more; it was after 30 s"]


def test_trial_that_now_rings_in_vain_is_told(tmp_path: Path) -> None:
    before, after = card(tmp_path, LOUD, text=TWO_RULES.replace("> 0.5", "> 50")), card(tmp_path, LOUD)
    assert "more diners: must stay quiet, and now rings Errors" in list(against_words(before, after))
    assert "more diners: stays quiet of Errors" in list(against_words(after, before))


def test_same_rules_differ_in_nothing(tmp_path: Path) -> None:
    one = card(tmp_path, FAILING, SLOW, QUIET)
    assert list(against_words(one, one)) == ["both notice the same faults, equally soon"]
