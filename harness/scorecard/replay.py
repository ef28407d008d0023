"""Rules judged over a play: the engine of a run, fed with what was pushed then.

The store gets a healthy past first, so that no rule sees a shorter history than it would in production.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.alerting.backfill import backfill, longest_look
from harness.alerting.engine import RuleEngine
from harness.alerting.rules import RuleGroup
from harness.scorecard.plays import Play
from harness.scorecard.trials import SECOND_AFTER

LATE_SECONDS = 300.0
"""An alert that begins so soon after a fault was healed is still about it."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A stretch of time in which at least one alert of a rule stood."""

    rule: str
    starts: float
    """In steady seconds."""
    ends: float
    is_open: bool = False
    """Whether it still stood when the trial ended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What rules made of a play."""

    play: Play
    rings: tuple[Ring, ...]
    """Every stretch in which a rule was up, in the order of their beginnings."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Why, for each rule that could not be evaluated at some time."""

    def about(self, rule: str) -> tuple[Ring, ...]:
        """Give the stretches of one rule that are about the fault."""
        return tuple(ring for ring in self.rings if ring.rule == rule and self.is_about_the_fault(ring))

    def is_about_the_fault(self, ring: Ring) -> bool:
        """Say whether a stretch tells of something that matters: it began with the fault, or soon after its end."""
        play = self.play
        return play.matters and play.breaks <= ring.starts <= play.heals + LATE_SECONDS

    def detected_by(self) -> dict[str, float]:
        """Give each rule that noticed, and after how many seconds; the quickest first."""
        found: dict[str, float] = {}
        for ring in self.rings:
            if self.is_about_the_fault(ring):
                found.setdefault(ring.rule, ring.starts - self.play.breaks)
        return found

    def tells_of_the_second(self) -> bool:
        """Say whether any rule came up after the second of two faults had begun, so that it is not hidden."""
        begins = self.play.breaks + SECOND_AFTER.total_seconds()
        return any(begins <= ring.starts <= self.play.heals + LATE_SECONDS for ring in self.rings)


def replay(play: Play, groups: Sequence[RuleGroup]) -> Outcome:
    """Judge rules over a play, from the time all was well to its end."""
    store = play.store()
    backfill(store, healthy_from=play.healthy_from, healthy_until=play.breaks, reach=longest_look(groups))
    engine = RuleEngine(groups, store)
    up: dict[str, float] = {}
    rings: list[Ring] = []
    failures: dict[str, str] = {}
    now = play.healthy_from
    while (now := engine.next_due(now)) <= play.ends:
        evaluation = engine.tick(now)
        failures |= evaluation.failures
        standing = {alert.rule for alert in evaluation.alerts}
        rings += [Ring(rule, up.pop(rule), now) for rule in sorted(up.keys() - standing)]
        up |= dict.fromkeys(sorted(standing - up.keys()), now)
    rings += [Ring(rule, starts, play.ends, is_open=True) for rule, starts in up.items()]
    return Outcome(play, tuple(sorted(rings, key=lambda ring: (ring.starts, ring.rule))), failures)


def replay_all(plays: Iterable[Play], groups: Sequence[RuleGroup]) -> tuple[Outcome, ...]:
    """Judge rules over every play that was played to its end."""
    return tuple(replay(play, groups) for play in plays if play.counts)
