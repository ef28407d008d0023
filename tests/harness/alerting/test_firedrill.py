from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from harness.alerting.alertmanager_file import load_alertmanager
from harness.alerting.firedrill import Beat, FireDrill, Subject
from harness.alerting.inhibition import Inhibition
from harness.alerting.notifier import Notifier, Receiver
from harness.alerting.provocation import Provocation
from harness.alerting.routing import read_matchers
from harness.alerting.rule_file import load_rules
from harness.errors import ScenarioError

NOW = 1_733_054_400.0
RULES = """\
groups:
- name: pizza
  interval: 30s
  rules:
  - record: sold:rate1m
    expr: sum(rate(sold_total[1m]))
  - alert: NotSold
    expr: sold:rate1m < 0.1
    for: 2m
    labels: {severity: page}
  - alert: Other
    expr: other > 1
  - alert: Impossible
    expr: x > 5 and x < 3
  - alert: Blink
    expr: x > 1 unless x offset 30s > 1
    for: 5m
"""


def subject(folder: Path, name: str = "NotSold", rules: str = RULES) -> Subject:
    path = folder / "rules.yaml"
    path.write_text(rules)
    return Subject.find(name, load_rules(path))


def drilled(of: Subject, notifier: Notifier | None = None, *, by_silence: bool = False) -> tuple[FireDrill, list[Beat]]:
    provoked = of.provoked(by_silence=by_silence, now=NOW)
    assert isinstance(provoked, Provocation)
    drill = FireDrill(of, provoked, notifier=notifier or Notifier(), starts=NOW)
    return drill, list(drill.beats())


def told(beats: list[Beat]) -> list[str]:
    return [f"+{beat.after.total_seconds():g} {beat.said.split(' (')[0]}" for beat in beats]


def test_drill_tells_inactive_pending_firing_told(tmp_path: Path) -> None:
    drill, beats = drilled(subject(tmp_path))
    assert told(beats) == [
        "+0 the breach begins",
        "+30 inactive → pending",
        "+150 pending → firing",
        "+180 on-call is told of 1 alert",
    ]
    notification = beats[-1].notification
    assert notification is not None
    assert [dict(each.alert.labels) for each in notification.alerts] == [{"alertname": "NotSold", "severity": "page"}]
    assert drill.missing() == ""


def test_subject_has_the_rules_that_it_reads_and_no_others(tmp_path: Path) -> None:
    found = subject(tmp_path)
    assert [rule.name for group in found.groups for rule in group.rules] == ["sold:rate1m", "NotSold"]
    assert found.window == timedelta(minutes=6)


def test_rule_that_nobody_wrote_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="unknown alert rule 'NotSol'"):
        subject(tmp_path, "NotSol")


def test_rule_that_cannot_go_off_says_why(tmp_path: Path) -> None:
    why = subject(tmp_path, "Impossible").provoked(by_silence=False, now=NOW)
    assert isinstance(why, str)
    assert why.startswith("its condition held in none of")


def test_rule_whose_condition_never_lasts_does_not_go_off_and_says_so(tmp_path: Path) -> None:
    drill, beats = drilled(subject(tmp_path, "Blink"))
    assert not drill.has_fired
    assert "must hold for 5 min" in drill.missing()
    assert not any(beat.notification for beat in beats)


def test_silence_of_a_rule_with_a_no_data_state_is_told_as_that(tmp_path: Path) -> None:
    rules = RULES.replace("    labels: {severity: page}", "    annotations: {no_data_state: NoData}")
    direct = rules.replace("sold:rate1m < 0.1", "sum(rate(sold_total[1m])) < 0.1")
    _, beats = drilled(subject(tmp_path, rules=direct), by_silence=True)
    assert told(beats)[1] == "+30 inactive → no data"
    notification = beats[-1].notification
    assert notification is not None
    assert notification.alerts[0].alert.labels["alertname"] == "DatasourceNoData"


def test_rule_that_fires_and_is_routed_to_nobody_says_who_swallows_it(tmp_path: Path) -> None:
    nobody = Notifier(receivers={"on-call": Receiver("on-call", reaches_somebody=False)})
    drill, _ = drilled(subject(tmp_path), nobody)
    assert drill.has_fired
    assert "nobody was told: on-call hears of" in drill.missing()


def test_rule_that_inhibits_itself_is_no_reason_not_to_be_told(tmp_path: Path) -> None:
    both = Inhibition(read_matchers("severity=page"), read_matchers("severity=page"))
    drill, _ = drilled(subject(tmp_path), Notifier(inhibitions=[both]))
    assert drill.is_told


def test_team_that_routes_by_label_is_told_as_it_has_arranged(tmp_path: Path) -> None:
    path = tmp_path / "am.yaml"
    path.write_text(
        "route: {receiver: mail, routes: [{receiver: pager, matchers: [severity=page], group_wait: 5s}]}\n"
        "receivers: [{name: mail, email_configs: [{to: a}]}, {name: pager, webhook_configs: [{url: 'http://x'}]}]\n"
    )
    _, beats = drilled(subject(tmp_path), load_alertmanager(path).notifier())
    assert told(beats)[-1] == "+155 pager is told of 1 alert"
