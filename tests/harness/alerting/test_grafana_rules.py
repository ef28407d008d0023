import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.alerting import yaml_lines
from harness.alerting.conditions import Threshold
from harness.alerting.engine import RuleEngine
from harness.alerting.frames import Number, Series
from harness.alerting.grafana_reduce import Reduce
from harness.alerting.grafana_rules import read_grafana_rules
from harness.alerting.logql import LogExpression, LoggedSeries
from harness.alerting.promql import SeriesStore
from harness.alerting.reading import Reading
from harness.alerting.routing import Policy
from harness.errors import ScenarioError
from harness.telemetry.logs import LogStore
from harness.telemetry.pushes import LogLine
from tests.harness.alerting.grafana_file import RULE, condition, load, one
from tests.harness.alerting.timelines import line


def test_exported_rule_is_read_with_the_defaults_of_a_file(tmp_path: Path) -> None:
    (group,) = load(tmp_path, RULE)
    assert (group.name, group.interval) == ("pizza", timedelta(minutes=1))
    rule = one(tmp_path)
    assert (rule.name, rule.holds_for, rule.no_data_state, rule.exec_err_state) == (
        "Slow", timedelta(minutes=2), "NoData", "Alerting",
    )  # fmt: skip
    assert {name: template.text for name, template in rule.labels.items()} == {
        "severity": "page",
        "grafana_folder": "Course",
    }


def test_steps_are_put_in_the_order_in_which_they_feed_each_other(tmp_path: Path) -> None:
    found = condition(one(tmp_path))
    assert found.steps == (Reduce("B", "A", "last"), Threshold("C", "B", ">", (50,)))
    assert (found.outcome, found.queries[0].datasource) == ("C", "grafanacloud-prom")
    (query,) = found.queries
    assert query.expression.text == "rate(latency[60000ms])"
    assert (query.reach, query.step) == (timedelta(minutes=10), timedelta(seconds=10))


def test_exported_rule_over_a_range_of_10m_is_no_data_660s_after_the_last_sample(tmp_path: Path) -> None:
    store = SeriesStore()
    engine = RuleEngine(load(tmp_path, RULE), store)
    for at in range(600, 661, 10):
        store.append({"__name__": "latency"}, at, float(at))
    changes = [line(each, now=now - 660) for now in range(660, 1800, 60) for each in engine.tick(now).events]
    assert changes == ["+660 all: inactive -> no data, no data"]
    (alert,) = engine.tick(1800).alerts
    assert alert.labels["datasource_uid"] == "grafanacloud-prom"
    assert alert.labels["grafana_folder"] == "Course"


def test_instant_query_may_be_judged_without_a_reduce(tmp_path: Path) -> None:
    text = RULE.replace("range: true", "instant: true").replace("expression: B", "expression: A")
    found = condition(one(tmp_path, text))
    assert found.steps == (Threshold("C", "A", ">", (50,)),)
    assert found.queries[0].reach == timedelta()


def test_query_that_ends_before_now_sees_what_was_until_then(tmp_path: Path) -> None:
    text = RULE.replace("rate(latency[$__rate_interval])", "latency").replace("from: 600, to: 0", "from: 720, to: 120")
    (query,) = condition(one(tmp_path, text)).queries
    assert (query.reach, query.behind) == (timedelta(minutes=10), timedelta(minutes=2))
    assert query.window == timedelta(minutes=2 + 10 + 5)
    store = SeriesStore()
    for at in (100, 290, 310):
        store.append({"__name__": "latency"}, at, float(at))
    (found,) = query.ask(store, now=420)
    assert isinstance(found, Series)
    assert found.points[-1] == (300.0, 290.0)


def test_reduce_settings_and_range_evaluators_are_read(tmp_path: Path) -> None:
    text = RULE.replace("reducer: last", "reducer: mean, settings: {mode: replaceNN, replaceWithValue: 3.5}").replace(
        "type: gt, params: [50, 0]", "type: outside_range, params: [9, 1]"
    )
    assert condition(one(tmp_path, text)).steps == (
        Reduce("B", "A", "mean", "replace", 3.5),
        Threshold("C", "B", "not in [,]", (9, 1)),
    )


def loki(expr: str, *, says: str) -> str:
    model = f"{{expr: '{expr}', {says}, datasource: {{type: loki, uid: logs}}, refId: A}}"
    return RULE.replace("{expr: 'rate(latency[$__rate_interval])', range: true, intervalMs: 10000, refId: A}", model)


@pytest.mark.parametrize("says", ["queryType: instant", "instant: true"])
def test_query_of_loki_counts_lines_over_the_range_of_its_macro(tmp_path: Path, says: str) -> None:
    text = 'sum by (level) (count_over_time({app="pizza"} |= "error" [$__auto]))'
    (query,) = condition(one(tmp_path, loki(text, says=says))).queries
    assert query.reach == timedelta()
    logs = LogStore()
    for at in (0.0, 300.0, 599.0):
        logs.append(LogLine({"app": "pizza", "level": "warn"}, at, "an error"))
    answer = query.ask(LoggedSeries(logs), now=600.0)
    assert [(str(each.labels), each.value) for each in answer if isinstance(each, Number)] == [('{level="warn"}', 2.0)]


def test_query_of_loki_over_a_range_is_counted_at_each_step(tmp_path: Path) -> None:
    rule = one(tmp_path, loki('count_over_time({app="pizza"} [$__auto])', says="queryType: range, intervalMs: 60000"))
    (query,) = condition(rule).queries
    assert (query.reach, query.expression.text) == (timedelta(minutes=10), 'count_over_time({app="pizza"} [60000ms])')


def test_query_of_prometheus_that_looks_like_one_of_loki_is_read_as_what_its_source_is(tmp_path: Path) -> None:
    both = RULE.replace("rate(latency[$__rate_interval])", 'rate({job="x"}[1m])')
    told = both.replace("refId: A}", "refId: A, datasource: {type: prometheus}}")
    assert isinstance(condition(one(tmp_path, both)).queries[0].expression, LogExpression)
    assert not isinstance(condition(one(tmp_path, told)).queries[0].expression, LogExpression)


def test_states_and_lengths_are_read_and_a_paused_rule_is_left_out(tmp_path: Path) -> None:
    more = RULE + "    noDataState: KeepLast\n    execErrState: OK\n    missing_series_evals_to_resolve: 5\n"
    rule = one(tmp_path, more + "    keepFiringFor: 3m\n    isPaused: false\n")
    assert (rule.no_data_state, rule.exec_err_state, rule.missing_evaluations) == ("KeepLast", "OK", 5)
    assert rule.keep_firing_for == timedelta(minutes=3)
    (group,) = load(tmp_path, RULE + "    isPaused: true\n")
    assert group.rules == ()


def test_same_rule_as_json_is_the_same_rule(tmp_path: Path) -> None:
    text = """{
\t"groups": [{"name": "pizza", "folder": "Course", "interval": "30s", "rules": [{
\t\t"title": "Slow", "condition": "A", "data": [{
\t\t\t"refId": "A", "datasourceUid": "p", "relativeTimeRange": {"from": 60, "to": 0},
\t\t\t"model": {"expr": "latency", "instant": true}}]}]}]
}"""
    assert condition(one(tmp_path, text)).outcome == "A"


def test_provisioning_file_may_hold_what_says_nothing_about_when_a_rule_fires(tmp_path: Path) -> None:
    text = RULE.replace("groups:", "contactPoints: []\npolicies: [{receiver: x}]\nresetPolicies: [1]\ngroups:")
    left_out: list[str] = []
    path = tmp_path / "grafana.yaml"
    path.write_text(text + "    isPaused: true\n", encoding="utf-8")
    (group,) = read_grafana_rules(yaml_lines.read(path, what="rule file"), Reading(leave_out=left_out.append))
    assert group.rules == ()
    assert left_out == [
        "line 2, contactPoints: who is told stands in --notifications",
        "line 3, policies: who is told stands in --notifications",
        "line 4, resetPolicies: nothing was there before",
        "line 28, rule 'Slow', isPaused: it is paused",
    ]


def test_null_is_as_good_as_a_key_that_is_not_there(tmp_path: Path) -> None:
    plain = one(tmp_path)
    more = (
        "    noDataState: null\n    keepFiringFor: null\n    isPaused: null\n    missing_series_evals_to_resolve: ~\n"
    )
    assert replace(one(tmp_path, RULE + more), condition=plain.condition) == plain


SETTINGS = """\
    notification_settings:
      receiver: pizza
      group_by: [method]
      group_wait: 10s
      mute_time_intervals: [nights]
muteTimes:
- {orgId: 1, name: nights, time_intervals: [{times: [{start_time: "00:00", end_time: "06:00"}]}]}
"""


def test_notification_settings_are_a_route_past_the_policies(tmp_path: Path) -> None:
    route = one(tmp_path, RULE + SETTINGS).route
    assert route is not None
    assert route.policy == Policy("pizza", ("grafana_folder", "alertname", "method"), group_wait=timedelta(seconds=10))
    assert route.is_muted(datetime(2024, 12, 1, 3, tzinfo=UTC))
    assert not route.is_muted(datetime(2024, 12, 1, 9, tzinfo=UTC))
    assert one(tmp_path).route is None


@pytest.mark.parametrize(
    ("old", "new", "line_number", "complaint"),
    [
        ("receiver: pizza", "recever: pizza", 26, "unknown key 'recever'. Did you mean 'receiver'"),
        ("[nights]", "[night]", 29, "unknown time interval 'night'. Did you mean 'nights'"),
        ('"06:00"', '"6:00"', 31, "'6:00' is no time of day"),
    ],
)
def test_notification_settings_with_a_mistake_are_refused_by_line_and_key(
    tmp_path: Path, old: str, new: str, line_number: int, complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=re.escape(complaint)) as refused:
        load(tmp_path, RULE + SETTINGS.replace(old, new))
    assert f"grafana.yaml:{line_number}: " in str(refused.value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("rate(latency[$__rate_interval])", "rate(latency[60000ms])"),
        ("rate(latency[${__interval}])", "rate(latency[10000ms])"),
        ("rate(latency[$__range])", "rate(latency[600000ms])"),
        ("rate(latency[${__range_s}s])", "rate(latency[600s])"),
        ("latency * $__interval_ms / $__range_ms", "latency * 10000 / 600000"),
    ],
)
def test_macro_is_written_out(tmp_path: Path, written: str, read: str) -> None:
    text = RULE.replace("rate(latency[$__rate_interval])", written)
    assert condition(one(tmp_path, text)).queries[0].expression.text == read


@pytest.mark.parametrize(
    ("old", "new", "line_number", "complaint"),
    [
        ("groups:", "grups:", 2, "unknown key 'grups'. Did you mean 'groups'"),
        ("    for: 2m", "    fro: 2m", 22, "unknown key 'fro'. Did you mean 'for'"),
        ("  interval: 1m", "  interval: 0s", 6, "cannot be evaluated every 0 s"),
        ("condition: C", "condition: D", 10, "'D' leads to no query. The queries and expressions are A, C, B"),
        ("expression: A", "expression: C", 21, "'C' leads to no query"),
        ("type: gt", "type: greater", 18, "unknown word 'greater'"),
        ("params: [50, 0]", "params: []", 18, "gt needs 1, and here are 0"),
        ("reducer: last", "reducer: final", 21, "unknown word 'final'"),
        ("reducer: last", "reducer: last, settings: {mode: replaceNN}", 21, "replaceWithValue: there is none"),
        (
            "type: reduce",
            "type: resample",
            21,
            "'resample' expressions cannot be read. Those that can are math, reduce",
        ),
        ("type: reduce, expression: A", "type: math, expression: $A +", 21, "expression: it ends too early"),
        ("type: reduce, expression: A", "type: math, expression: $A>-1", 21, "unexpected '>-' at column 3"),
        ("type: reduce, expression: A", "type: math, expression: $D + 1", 21, "'D' leads to no query"),
        (
            "type: reduce, expression: A",
            "type: math, expression: $A + 1",
            10,
            "judges query 'A', which has many points",
        ),
        ("expression: B", "expression: A", 10, "judges query 'A', which has many points for each series. Reduce it"),
        ("expr: 'rate(", "expr: 'rat(", 15, "rule 'Slow', query 'A', model, expr: "),
        ("expr: ", "query: ", 15, "only queries of Prometheus and Loki can be read"),
        ("range: true", "range: true, instant: true", 15, "both instant and over a range"),
        ("range: true", "range: maybe", 15, "'maybe' is neither true nor false"),
        ("to: 0", "to: 600", 13, "the range is empty"),
        ("from: 600", "from: 0", 13, "the range is empty"),
        ("refId: B", "refId: A", 19, "'A' is already in line 12"),
        ("datasourceUid: grafanacloud-prom", "datasourceUid: __expr__", 11, "no query of a data source"),
        ("    for: 2m", "    noDataState: Nodata", 22, "unknown word 'Nodata'. Did you mean 'NoData'"),
        ("    for: 2m", "    record: {metric: m, from: A}", 22, "recording rules cannot be read yet"),
        (
            "params: [50, 0]}",
            "params: [50]}, unloadEvaluator: {type: lt, params: []}",
            18,
            "lt needs 1, and here are 0",
        ),
    ],
)
def test_exported_rule_with_a_mistake_is_refused_by_line_and_key(
    tmp_path: Path, old: str, new: str, line_number: int, complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=re.escape(complaint)) as refused:
        load(tmp_path, RULE.replace(old, new, 1))
    assert f"grafana.yaml:{line_number}: " in str(refused.value)
