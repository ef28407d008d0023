from dataclasses import replace

from harness.alerting.engine import RuleEngine
from harness.alerting.promql import Sample, SeriesStore
from harness.alerting.rules import RecordingRule, compile_expression
from tests.harness.alerting.timelines import engine_of, grafana_rule, group_of, line, prometheus_rule, push, run

# Failures


TWINS = '{__name__=~"latency|delay"}'


def twins() -> SeriesStore:
    store = SeriesStore()
    push(store, at=0)
    store.append({"__name__": "delay", "method": "GET"}, 0, 9.0)
    return store


def test_rule_that_fails_says_why_and_does_not_stop_the_others() -> None:
    bad = replace(prometheus_rule(expr=f"{TWINS} > 5"), name="Twins")
    made = engine_of(bad, prometheus_rule(), store=twins())
    evaluation = made.tick(0)
    assert [(change.rule, change.state, change.reason) for change in evaluation.events] == [
        ("Twins", "error", "error"),
        ("Slow", "firing", "threshold"),
    ]
    assert "the same labels" in evaluation.failures["Twins"]
    assert made.tick(60).events == ()


def test_rule_that_fails_and_then_does_not_says_so_once() -> None:
    store = twins()
    made = engine_of(prometheus_rule(expr=f"{TWINS} > 5"), store=store)
    push(store, at=350, value=9.0)
    assert run(made, range(0, 481, 60)) == [
        "+0 all: inactive -> error, error",
        "+300 all: error -> inactive, resolved",
        "+360 GET: inactive -> firing, threshold",
    ]


def test_rule_judged_as_grafana_that_fails_has_an_alert_of_its_own() -> None:
    made = engine_of(grafana_rule(expr=f"{TWINS} > 5"), store=twins())
    evaluation = made.tick(0)
    assert [line(change, now=0) for change in evaluation.events] == ["+0 all: inactive -> error, error"]
    assert [alert.labels["alertname"] for alert in evaluation.alerts] == ["DatasourceError"]


# What rules write


def asked(store: SeriesStore, text: str, *, now: float) -> dict[str, float]:
    answer = compile_expression(text).at(store, now)
    assert isinstance(answer, list)
    return {str(sample.labels): sample.value for sample in answer if isinstance(sample, Sample)}


def test_recording_rule_is_seen_by_the_rules_after_it_and_ends_with_its_source() -> None:
    store = SeriesStore()
    push(store, at=0, value=4.0)
    recording = RecordingRule("latency:double", compile_expression("latency * 2"), {"team": "pizza"})
    made = engine_of(recording, prometheus_rule(expr="latency:double > 5"), store=store)
    (change,) = made.tick(0).events
    assert change.labels == {"alertname": "Slow", "method": "GET", "team": "pizza"}
    assert asked(store, "latency:double", now=0) == {'latency:double{method="GET",team="pizza"}': 8.0}
    made.tick(300)
    assert asked(store, "latency:double", now=300) == {}


def test_recording_rule_that_fails_says_so_and_writes_nothing() -> None:
    store = twins()
    made = engine_of(RecordingRule("both", compile_expression(TWINS)), store=store)
    evaluation = made.tick(0)
    assert [(change.rule, change.state) for change in evaluation.events] == [("both", "error")]
    assert asked(store, "both", now=0) == {}


def test_prometheus_rule_writes_alerts_and_since_when() -> None:
    store = SeriesStore()
    push(store, at=0)
    made = engine_of(prometheus_rule("1m"), store=store)
    made.tick(0)
    assert asked(store, "ALERTS", now=0) == {'ALERTS{alertname="Slow",alertstate="pending",method="GET"}': 1.0}
    made.tick(60)
    assert asked(store, "ALERTS", now=60) == {'ALERTS{alertname="Slow",alertstate="firing",method="GET"}': 1.0}
    assert asked(store, "ALERTS_FOR_STATE", now=60) == {'ALERTS_FOR_STATE{alertname="Slow",method="GET"}': 0.0}
    push(store, at=70, value=1.0)
    made.tick(120)
    assert asked(store, '{__name__=~"ALERTS.*"}', now=120) == {}


def test_rule_over_its_groups_limit_fails_and_loses_its_alerts() -> None:
    store = SeriesStore()
    push(store, at=0)
    made = RuleEngine([group_of(prometheus_rule(), limit=1)], store)
    made.tick(0)
    push(store, at=10, method="PUT")
    evaluation = made.tick(60)
    assert [line(change, now=60) for change in evaluation.events] == [
        "+60 all: inactive -> error, error",
        "+60 GET: firing -> inactive, error",
    ]
    assert evaluation.alerts == ()
    assert "2 results, and its group's limit is 1" in evaluation.failures["Slow"]
