"""Plays made by hand: series that say when something was wrong, and rules that look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.alerting.promql import SeriesStore
from harness.alerting.rule_file import load_rules
from harness.alerting.rules import RuleGroup
from harness.scorecard.plays import Kept, Play
from harness.scorecard.replay import replay_all
from harness.scorecard.scores import Scorecard, scorecard
from harness.scorecard.trials import Trial

START = 1_700_006_400.0
BREAKS, HEALS, ENDS = START + 300, START + 900, START + 1500

Stretch = tuple[float, float]

TWO_RULES = """
groups:
  - name: shop
    interval: 15s
    rules:
      - {alert: Errors, expr: errors > 0.5}
      - {alert: Slow, expr: latency_seconds > 5, for: 1m}
"""


def rules(folder: Path, text: str = TWO_RULES) -> tuple[RuleGroup, ...]:
    path = folder / "rules.yaml"
    path.write_text(text)
    return load_rules(path)


def a_play(name: str, up: Mapping[str, Sequence[Stretch]], *, wrong: int = 50, faults: tuple[str, ...] = ()) -> Play:
    """Make a play in which each series is at 10 within its stretches (seconds from the fault), and else at 0."""
    store = SeriesStore()
    for metric in ("errors", "latency_seconds"):
        for number in range(int((ENDS - START) / 5) + 1):
            at = START + number * 5
            is_up = any(begins <= at - BREAKS < ends for begins, ends in up.get(metric, ()))
            store.append({"__name__": metric}, at, 10.0 if is_up else 0.0)
    return Play(
        Trial(name, faults or (() if name == "more diners" else (name,))),
        healthy_from=START,
        breaks=BREAKS,
        heals=HEALS,
        ends=ENDS,
        requests=100,
        wrong=wrong,
        series=tuple(map(Kept.of, store.select(()))),
    )


def card(folder: Path, *plays: Play, text: str = TWO_RULES) -> Scorecard:
    groups = rules(folder, text)
    return scorecard(groups, replay_all(plays, groups), unjudged=[play for play in plays if not play.counts])


def broken_off(name: str, *faults: str) -> Play:
    """Make a play at which the harness failed."""
    return Play(Trial(name, faults or (name,)), 0.0, 0.0, 0.0, 0.0, broken_off="the tasks do not come back.")


FAILING = a_play("factory_fail", {"errors": [(30, 660)]})
SLOW = a_play("factory_throttle", {"latency_seconds": [(0, 600)]})
QUIET = a_play("noop", {}, wrong=0)
LOUD = a_play("more diners", {"errors": [(0, 60)]}, wrong=0)
