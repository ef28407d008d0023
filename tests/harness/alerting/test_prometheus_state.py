import pytest

from harness.alerting.prometheus_state import PrometheusStates
from harness.alerting.promql import EvaluationError, Labels
from harness.alerting.states import Result
from harness.alerting.templates import Template
from tests.harness.alerting.timelines import GET, prometheus_rule, walk


def test_breach_without_for_fires_at_once_and_resolves_when_it_ends() -> None:
    assert walk(PrometheusStates(prometheus_rule()), "- high high -") == [
        "+60 GET: inactive -> firing, threshold",
        "+180 GET: firing -> inactive, resolved",
    ]


def test_breach_for_2m_is_pending_at_0_and_fires_at_120() -> None:
    assert walk(PrometheusStates(prometheus_rule("2m")), "high high high high") == [
        "+0 GET: inactive -> pending, threshold",
        "+120 GET: pending -> firing, threshold",
    ]


def test_breach_that_pauses_while_pending_starts_from_nothing() -> None:
    assert walk(PrometheusStates(prometheus_rule("2m")), "high high - high high high") == [
        "+0 GET: inactive -> pending, threshold",
        "+120 GET: pending -> inactive, resolved",
        "+180 GET: inactive -> pending, threshold",
        "+300 GET: pending -> firing, threshold",
    ]


def test_breach_again_after_firing_is_pending_again() -> None:
    assert walk(PrometheusStates(prometheus_rule("1m")), "high high - high high")[2:] == [
        "+120 GET: firing -> inactive, resolved",
        "+180 GET: inactive -> pending, threshold",
        "+240 GET: pending -> firing, threshold",
    ]


def test_keep_firing_2m_holds_from_the_first_miss_and_resolves_at_its_end() -> None:
    assert walk(PrometheusStates(prometheus_rule(keep="2m")), "high - - - -") == [
        "+0 GET: inactive -> firing, threshold",
        "+180 GET: firing -> inactive, resolved",
    ]


def test_keep_firing_2m_counts_anew_after_each_breach() -> None:
    assert walk(PrometheusStates(prometheus_rule(keep="2m")), "high - - high - - -") == [
        "+0 GET: inactive -> firing, threshold",
        "+360 GET: firing -> inactive, resolved",
    ]


def test_evaluation_that_fails_neither_resolves_nor_stops_the_count() -> None:
    assert walk(PrometheusStates(prometheus_rule("2m")), "high fail high fail fail high -") == [
        "+0 GET: inactive -> pending, threshold",
        "+120 GET: pending -> firing, threshold",
        "+360 GET: firing -> inactive, resolved",
    ]


def test_two_series_go_their_own_ways() -> None:
    assert walk(PrometheusStates(prometheus_rule("1m")), "high high/high -/high -/-") == [
        "+0 GET: inactive -> pending, threshold",
        "+60 GET: pending -> firing, threshold",
        "+60 PUT: inactive -> pending, threshold",
        "+120 GET: firing -> inactive, resolved",
        "+120 PUT: pending -> firing, threshold",
        "+180 PUT: firing -> inactive, resolved",
    ]


def test_alerts_are_those_that_fire_with_when_they_began_to() -> None:
    states = PrometheusStates(prometheus_rule("1m"))
    walk(states, "high high high/high")
    (alert,) = states.alerts()
    assert (alert.rule, alert.starts_at) == ("Slow", 60)
    assert alert.labels == {"alertname": "Slow", "method": "GET"}


def test_label_template_that_makes_two_results_one_alert_is_refused_and_changes_nothing() -> None:
    rule = prometheus_rule()
    states = PrometheusStates(rule)
    walk(states, "high")
    twins = [Result(GET, 9.0, breached=True), Result(GET, 8.0, breached=True)]
    with pytest.raises(EvaluationError, match=r'the same labels .*method="GET"'):
        states.judge(twins, now=60)
    assert len(states.alerts()) == 1


def test_label_template_sees_the_series_and_wins_over_it() -> None:
    rule = prometheus_rule()
    rule = type(rule)(rule.name, rule.condition, labels={"method": Template.parse("not {{ $labels.method }}")})
    (change,) = PrometheusStates(rule).judge([Result(GET, 9.0, breached=True)], now=0)
    assert change.labels == {"alertname": "Slow", "method": "not GET"}
    assert change.value == 9.0


def test_clear_ends_every_alert_because_of_an_error() -> None:
    states = PrometheusStates(prometheus_rule())
    walk(states, "high/high")
    changes = states.clear(now=60)
    assert [(change.state, change.reason) for change in changes] == [("inactive", "error")] * 2
    assert states.instances == ()


def test_metric_name_is_no_label_of_an_alert() -> None:
    named = Labels({"__name__": "latency", "method": "GET"})
    (change,) = PrometheusStates(prometheus_rule()).judge([Result(named, 9.0, breached=True)], now=0)
    assert change.labels == {"alertname": "Slow", "method": "GET"}
