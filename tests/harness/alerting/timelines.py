"""Timelines for alert tests: what each evaluation said goes in as words, the transitions come out as lines."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Protocol

from harness.alerting.conditions import Condition
from harness.alerting.engine import RuleEngine
from harness.alerting.promql import Labels, SeriesStore
from harness.alerting.rules import AlertRule, RecordingRule, RuleGroup, grafana_condition, prometheus_condition
from harness.alerting.states import Result
from harness.durations import duration
from harness.events import AlertChanged

GET, PUT = Labels({"method": "GET"}), Labels({"method": "PUT"})


class Machine(Protocol):
    def judge(self, results: Sequence[Result], *, now: float) -> list[AlertChanged]: ...

    def fail(self, *, now: float) -> list[AlertChanged]: ...


def prometheus_rule(holds_for: str = "0s", *, keep: str = "0s", expr: str = "latency > 5") -> AlertRule:
    return _rule(prometheus_condition(expr), holds_for, keep)


def grafana_rule(holds_for: str = "0s", *, keep: str = "0s", expr: str = "latency > 5") -> AlertRule:
    return _rule(grafana_condition(expr), holds_for, keep)


def _rule(condition: Condition, holds_for: str, keep: str) -> AlertRule:
    return AlertRule("Slow", condition, holds_for=duration(holds_for), keep_firing_for=duration(keep))


def walk(machine: Machine, said: str, *, every: int = 60) -> list[str]:
    """Evaluate once for each word.

    Words name what is seen of the series GET, and after a "/" of PUT: `high`, `low`, `nil` or `-` (not there). `fail`
    is an evaluation that failed. So "low high/-" are two evaluations.
    """
    lines = []
    for turn, word in enumerate(said.split()):
        now = turn * every
        changes = machine.fail(now=now) if word == "fail" else machine.judge(results(word), now=now)
        lines += [line(change, now=now) for change in changes]
    return lines


def results(word: str) -> list[Result]:
    seen = zip((GET, PUT), word.split("/"), strict=False)
    return [_result(labels, what) for labels, what in seen if what != "-"]


def _result(labels: Labels, what: str) -> Result:
    value = {"high": 9.0, "low": 1.0, "nil": None}[what]
    return Result(labels, value, breached=what == "high")


def line(change: AlertChanged, *, now: float) -> str:
    """Write a transition as `+60 GET: inactive -> pending, threshold`; "all" stands for the whole rule."""
    who = change.labels.get("method", "all")
    return f"+{now:.0f} {who}: {change.previous} -> {change.state}, {change.reason}"


def group_of(*rules: AlertRule | RecordingRule, every: timedelta = timedelta(minutes=1), limit: int = 0) -> RuleGroup:
    return RuleGroup("g", every, rules, limit)


def engine_of(*rules: AlertRule | RecordingRule, store: SeriesStore | None = None) -> RuleEngine:
    return RuleEngine([group_of(*rules)], SeriesStore() if store is None else store)


def push(store: SeriesStore, *, at: float, value: float = 9.0, method: str = "GET") -> None:
    store.append({"__name__": "latency", "method": method}, at, value)


def run(engine: RuleEngine, instants: Iterable[float], *, since: float = 0) -> list[str]:
    return [line(change, now=now - since) for now in instants for change in engine.tick(now).events]
