"""What Grafana makes of queries: expressions in a file of rules, and what alerts say of them."""

from pathlib import Path

import pytest

from harness.alerting.engine import RuleEngine
from harness.alerting.promql import SeriesStore
from harness.errors import ScenarioError
from tests.harness.alerting.grafana_file import RULE, condition, load, one
from tests.harness.alerting.timelines import line

CLASSIC = """\
      model:
        type: classic_conditions
        conditions:
        - {evaluator: {type: gt, params: [50]}, query: {params: [A]}, reducer: {type: last}, type: query}
        - evaluator: {type: within_range, params: [9, 1]}
          operator: {type: or}
          query: {params: [A]}
          reducer: {type: percent_diff, params: []}
        - {evaluator: {type: no_value}, operator: {type: and}, query: {params: [B]}, reducer: {type: avg}}
"""
THRESHOLD = "      model: {type: threshold, expression: B, conditions: [{evaluator: {type: gt, params: [50, 0]}}]}\n"


def test_math_and_classic_conditions_are_read_as_they_stand(tmp_path: Path) -> None:
    text = RULE.replace(THRESHOLD, CLASSIC).replace("type: reduce, expression: A", 'type: math, expression: "$A * 2"')
    found = condition(one(tmp_path, text))
    assert [str(step) for step in found.steps] == [
        "$A * 2",
        "last(A) > 50 or percent_diff(A) in (1, 9) and avg(B) has no value",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line_number", "complaint"),
    [
        ("type: gt", "type: over", 21, "unknown word 'over'"),
        ("params: [50]", "params: []", 21, "gt needs 1, and here are 0"),
        ("params: [9, 1]", "params: [9]", 22, "within_range needs 2, and here are 1"),
        ("{type: or}", "{type: xor}", 23, "unknown word 'xor'. Did you mean 'or'"),
        ("query: {params: [A]}, reducer: {type: last}", "query: {params: []}, reducer: {type: last}", 21, "no query"),
        ("{type: last}", "{type: mean}", 21, "unknown word 'mean'. Did you mean 'median'"),
        ("params: [B]", "params: [X]", 20, "'X' leads to no query. The queries and expressions are A, C, B"),
    ],
)
def test_classic_conditions_with_a_mistake_are_refused_by_line_and_key(
    tmp_path: Path, old: str, new: str, line_number: int, complaint: str
) -> None:
    classic = CLASSIC.replace(old, new, 1)
    with pytest.raises(ScenarioError, match=complaint) as refused:
        load(tmp_path, RULE.replace(THRESHOLD, classic))
    assert f"grafana.yaml:{line_number}: " in str(refused.value)


BACK = RULE.replace("params: [50, 0]}", "params: [50]}, unloadEvaluator: {type: lt, params: [40]}")


def test_limit_for_the_way_back_holds_for_series_that_are_breached_alone(tmp_path: Path) -> None:
    store = SeriesStore()
    text = BACK.replace("rate(latency[$__rate_interval])", "latency").replace("for: 2m", "for: 0s")
    engine = RuleEngine(load(tmp_path, text.replace("from: 600", "from: 10")), store)
    for at, value in ((600, 45), (660, 51), (720, 45), (780, 41), (840, 39), (900, 45)):
        store.append({"__name__": "latency"}, at, float(value))
    changes = [line(each, now=now - 600) for now in range(600, 960, 60) for each in engine.tick(now).events]
    assert changes == ["+60 all: inactive -> firing, threshold", "+240 all: firing -> inactive, resolved"]


def test_limit_for_the_way_back_is_known_to_the_condition_alone(tmp_path: Path) -> None:
    text = BACK.replace("condition: C", "condition: D").replace(
        "    for: 2m", "    - {refId: D, datasourceUid: __expr__, model: {type: math, expression: $C + 1}}\n    for: 2m"
    )
    with pytest.raises(ScenarioError, match=r"grafana\.yaml:18: .*known to the rule's condition alone"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("source", "named"),
    [("grafanacloud-prom", [("grafanacloud-prom", "A,Q")]), ("p", [("grafanacloud-prom", "A"), ("p", "Q")])],
)
def test_no_data_is_one_alert_for_each_data_source_that_names_its_silent_queries(
    tmp_path: Path, source: str, named: list[tuple[str, str]]
) -> None:
    other = (
        f"    - {{refId: Q, datasourceUid: {source}, relativeTimeRange: {{from: 60}}, "
        "model: {expr: requests, instant: true}}\n"
    )
    store = SeriesStore()
    store.append({"__name__": "requests"}, 590, 1.0)
    engine = RuleEngine(load(tmp_path, RULE.replace("    - refId: C\n", other + "    - refId: C\n")), store)

    def told(now: float) -> list[tuple[str, str]]:
        return [(each.labels["datasource_uid"], each.labels["ref_id"]) for each in engine.tick(now).alerts]

    assert told(600) == [("grafanacloud-prom", "A")]
    assert told(1200) == named


TOLD = RULE.replace("condition: C", "condition: D").replace(
    "    for: 2m\n    annotations: {summary: 'slow'}",
    """\
    - refId: D
      datasourceUid: __expr__
      model:
        type: classic_conditions
        conditions:
        - {evaluator: {type: gt, params: [5]}, query: {params: [A]}, reducer: {type: last}, operator: {type: and}}
    annotations:
      summary: '{{ $values.D0.Labels.method }} {{ $values.D0 }} {{ len $values }} {{ $value }}'""",
)


def test_classic_condition_tells_of_the_series_that_are_breached(tmp_path: Path) -> None:
    store = SeriesStore()
    for method, value in (("GET", 9.0), ("PUT", 3.0)):
        store.append({"__name__": "latency", "method": method}, 590, value)
    text = TOLD.replace("rate(latency[$__rate_interval])", "latency")
    (told,) = RuleEngine(load(tmp_path, text), store).tick(600).alerts
    assert told.annotations["summary"] == "GET 9.0 1 [ var='D0' labels={method=GET} value=9 ]"
    assert told.about
    assert told.about.values == {"D0": 9.0}
