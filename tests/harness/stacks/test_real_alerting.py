"""The machine's Prometheus takes over from the embedded engine, or does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.alerting.engine import RuleEngine
from harness.alerting.real.judges import RealEngine
from harness.alerting.rule_file import load_rules
from harness.errors import ScenarioError
from harness.events import Event, ProcessExited
from harness.settings import Settings
from harness.stacks.children import Children
from harness.stacks.monitoring import Monitoring
from harness.stacks.real_alerting import take_over
from tests.required import required_program

RULES = "groups: [{name: a, rules: [{alert: A, expr: up > 1%s}]}]"
SILENCE = ", annotations: {no_data_state: KeepLast}"
REAL = Settings(alerting="prometheus", speed=1.0)


@pytest.fixture
def recorded() -> list[Event]:
    return []


@pytest.fixture
def children(tmp_path: Path, recorded: list[Event]) -> Iterator[Children]:
    made = Children(logs=tmp_path / "logs", environment={}, record=recorded.append)
    yield made
    made.end()


def monitoring(tmp_path: Path, rules: str) -> Monitoring:
    (tmp_path / "rules.yaml").write_text(rules)
    groups = load_rules(tmp_path / "rules.yaml")
    return Monitoring(
        groups, on_call="J", seed=1, incident=lambda steady: datetime.fromtimestamp(steady, UTC), record=lambda _: None
    )


def taken_over(watching: Monitoring, settings: Settings, tmp_path: Path, children: Children) -> RuleEngine:
    take_over(watching, settings, rules=tmp_path / "rules.yaml", directory=tmp_path, children=children)
    return watching.engine


def test_embedded_engine_stays_when_the_settings_do_not_say_otherwise(tmp_path: Path, children: Children) -> None:
    watching = monitoring(tmp_path, RULES % SILENCE)
    embedded = watching.engine
    assert taken_over(watching, Settings(), tmp_path, children) is embedded


def test_rules_that_prometheus_cannot_judge_are_refused_before_anything_starts(
    tmp_path: Path, children: Children, recorded: list[Event]
) -> None:
    with pytest.raises(ScenarioError, match="cannot judge A"):
        taken_over(monitoring(tmp_path, RULES % SILENCE), REAL, tmp_path, children)
    assert recorded == []


@pytest.mark.slow
def test_programs_that_took_over_end_with_the_children_and_write_below_the_run(
    tmp_path: Path, children: Children, recorded: list[Event]
) -> None:
    required_program("prometheus")
    required_program("prometheus-alertmanager")
    engine = taken_over(monitoring(tmp_path, RULES % ""), REAL, tmp_path, children)
    assert isinstance(engine, RealEngine)
    assert engine.tick(1_733_029_140.0).events == ()
    children.end()
    ended = {each.component for each in recorded if isinstance(each, ProcessExited) and each.expected}
    assert ended == {"prometheus", "alertmanager"}
    assert (tmp_path / "alerting" / "prometheus").is_dir()
