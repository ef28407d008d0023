"""The machine's own Prometheus and Alertmanager, beside the embedded engine."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from harness.alerting.engine import RuleEngine
from harness.alerting.promql import SeriesStore
from harness.alerting.real.judges import Judges, RealEngine, installed
from harness.alerting.rule_file import load_rules
from harness.errors import HarnessError, ScenarioError
from harness.events import AlertChanged, Event
from harness.stacks.children import Children
from harness.stacks.databases.reservation import free_port
from harness.stacks.real_alerting import on_this_machine
from tests.required import required_program

BEGINS = 1_700_006_400.0
"""Steady seconds at the story's start: years behind the wall."""

LASTS = 24.0
LATE = 4.0
"""A busy machine may let Prometheus evaluate so much later; what it says is what counts."""

RULES = """
groups:
  - name: story
    interval: 500ms
    rules:
      - {record: 'story:errors', expr: sum(errors)}
      - {alert: AtOnce, expr: errors > 0.5, labels: {severity: page}, annotations: {summary: '{{ $value }} errors'}}
      - {alert: AfterAWhile, expr: 'story:errors > 0.5', for: 2s}
      - {alert: TooShort, expr: errors > 0.5, for: 1m}
      - {alert: KeepsOn, expr: errors > 0.5, keep_firing_for: 3s}
      - {alert: Silent, expr: 'absent_over_time(heartbeat[2s])', for: 1s}
"""


@contextmanager
def judges(folder: Path) -> Iterator[Judges]:
    required_program("prometheus")
    required_program("prometheus-alertmanager")
    events: list[Event] = []
    children = Children(logs=folder / "logs", environment={}, record=events.append)
    path = folder / "rules.yaml"
    if not path.exists():
        path.write_text(RULES)
    prometheus, alertmanager = (f"127.0.0.1:{free_port('127.0.0.1')}" for _ in range(2))
    made = Judges(folder / "alerting", rules=path, prometheus=prometheus, alertmanager=alertmanager)
    try:
        launches = [on_this_machine(program, folder) for program in made.programs()]
        for child in [children.start(launch) for launch in launches]:
            child.wait_until_ready()
        yield made
    finally:
        made.close()
        children.end()


def push(store: SeriesStore, now: float) -> None:
    """Push what there is at an instant of the story: errors in its second third, and silence towards its end."""
    told = now - BEGINS
    store.append({"__name__": "errors", "task": "one"}, now, 1.0 if 8 <= told < 14 else 0.0)
    if not 15 <= told < 20:
        store.append({"__name__": "heartbeat"}, now, told)


def by_rule(events: list[AlertChanged]) -> dict[str, list[AlertChanged]]:
    found: dict[str, list[AlertChanged]] = defaultdict(list)
    for event in events:
        found[event.rule].append(event)
    return found


def told_by_prometheus(folder: Path) -> tuple[SeriesStore, list[AlertChanged], set[str]]:
    """Live through the story on the wall's clock."""
    store, pause, wall = SeriesStore(), threading.Event(), time.time  # noqa: TID251 - Prometheus' only clock
    events: list[AlertChanged] = []
    standing: set[str] = set()
    with judges(folder) as programs:
        engine = RealEngine(load_rules(folder / "rules.yaml"), store, judges=programs, wall=wall)
        ahead = wall() - BEGINS
        while (now := wall() - ahead) < BEGINS + LASTS:
            push(store, now)
            if engine.next_due(now) <= now:
                evaluation = engine.tick(now)
                assert evaluation.failures == {}
                events += evaluation.events
                standing |= {alert.rule for alert in evaluation.alerts}
            pause.wait(0.2)
    return store, events, standing


def told_by_the_engine(folder: Path, store: SeriesStore, *, until: float = LASTS) -> list[AlertChanged]:
    """Judge what was pushed once more, with the embedded engine."""
    engine, events, now = RuleEngine(load_rules(folder / "rules.yaml"), store), list[AlertChanged](), BEGINS
    while (now := engine.next_due(now)) < BEGINS + until - 1:
        events += [msgspec.structs.replace(event, steady=now) for event in engine.tick(now).events]
    return events


@pytest.mark.slow
def test_prometheus_and_the_embedded_engine_tell_the_same_transitions(tmp_path: Path) -> None:
    store, events, standing = told_by_prometheus(tmp_path)
    real, embedded = by_rule(events), by_rule(told_by_the_engine(tmp_path, store))
    assert embedded.keys() == {"AtOnce", "AfterAWhile", "TooShort", "KeepsOn", "Silent"}
    for rule, expected in embedded.items():
        said = [(each.previous, each.state, each.labels, each.reason) for each in real[rule]]
        assert said == [(each.previous, each.state, each.labels, each.reason) for each in expected], rule
        for one, other in zip(real[rule], expected, strict=True):
            assert abs(one.steady - other.steady) <= LATE, (rule, one, other)
    assert standing == {"AtOnce", "AfterAWhile", "KeepsOn", "Silent"}, "what Alertmanager was sent"


@pytest.mark.slow
def test_rule_file_that_prometheus_refuses_is_an_error_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("groups: [{name: a, query_offset: 1m, rules: [{alert: A, expr: up}]}]")
    with judges(tmp_path) as programs, pytest.raises(ScenarioError, match=r"Prometheus refuses .*rules\.yaml"):
        programs.load_rules([])


def test_programs_that_are_gone_are_a_trouble_of_ours(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port('127.0.0.1')}"
    absent = Judges(tmp_path, rules=tmp_path / "rules.yaml", prometheus=nobody, alertmanager=nobody)
    with pytest.raises(HarnessError, match=r"got no answer.*log is in the run's directory"):
        absent.rules()
    absent.close()
    with pytest.raises(HarnessError, match="got no answer"):
        absent.alerts()


def test_machine_without_the_programs_is_told_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ScenarioError, match="apt install prometheus prometheus-alertmanager"):
        installed("alertmanager")
