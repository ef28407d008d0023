"""What Prometheus and Alertmanager say, read as transitions."""

from __future__ import annotations

from typing import Any

from harness.alerting.real.readings import Judged, read_alerts, read_rules, transitions

AHEAD = 1000.0
NOTHING = Judged((), {}, {})


def rule(*alerts: dict[str, Any], waits: float = 0, at: str = "10.013", error: str = "") -> dict[str, Any]:
    said = {
        "name": "Errors",
        "type": "alerting",
        "duration": waits,
        "lastEvaluation": instant(at),
        "lastError": error,
        "alerts": list(alerts),
    }
    recorded = {"name": "a:b", "type": "recording", "lastEvaluation": instant(at)}
    return {"data": {"groups": [{"name": "g", "interval": 2, "rules": [said, recorded]}]}}


def alert(state: str, *, active: str = "10.000000001") -> dict[str, Any]:
    return {"labels": {"alertname": "Errors"}, "state": state, "activeAt": instant(active), "value": "1.5e+00"}


def instant(seconds: str) -> str:
    return f"1970-01-01T00:20:{seconds}Z"


def told(before: Judged, after: Judged) -> list[tuple[str, str, float]]:
    return [(each.previous, each.state, round(each.steady, 2)) for each in transitions(before, after)]


def test_rule_without_for_fires_at_the_evaluation_that_first_saw_it() -> None:
    assert told(NOTHING, read_rules(rule(alert("firing")), ahead=AHEAD)) == [("inactive", "firing", 210.0)]


def test_rule_with_for_is_pending_and_fires_at_a_later_evaluation() -> None:
    pending = read_rules(rule(alert("pending"), waits=4), ahead=AHEAD)
    firing = read_rules(rule(alert("firing"), waits=4, at="14.2"), ahead=AHEAD)
    assert told(NOTHING, pending) == [("inactive", "pending", 210.0)]
    assert told(pending, firing) == [("pending", "firing", 214.0)]


def test_alert_that_fires_before_anybody_looked_was_pending_first() -> None:
    firing = read_rules(rule(alert("firing"), waits=4, at="14.2"), ahead=AHEAD)
    assert told(NOTHING, firing) == [("inactive", "pending", 210.0), ("pending", "firing", 214.0)]


def test_alert_that_is_gone_is_resolved_at_the_newest_evaluation() -> None:
    firing = read_rules(rule(alert("firing")), ahead=AHEAD)
    (event,) = transitions(firing, read_rules(rule(at="20.5"), ahead=AHEAD))
    assert (event.state, event.reason, event.labels) == ("inactive", "resolved", {"alertname": "Errors"})
    assert round(event.steady, 2) == 220.5


def test_alert_that_went_and_came_back_between_two_looks_is_told_as_both() -> None:
    earlier = read_rules(rule(alert("firing")), ahead=AHEAD)
    later = read_rules(rule(alert("firing", active="16.0"), at="18.01"), ahead=AHEAD)
    assert told(earlier, later) == [("firing", "inactive", 216.0), ("inactive", "firing", 218.0)]


def test_nothing_new_is_no_transition() -> None:
    firing = read_rules(rule(alert("firing")), ahead=AHEAD)
    assert told(firing, read_rules(rule(alert("firing"), at="12.01"), ahead=AHEAD)) == []


def test_rule_that_cannot_be_evaluated_says_why() -> None:
    assert read_rules(rule(error="many-to-many"), ahead=AHEAD).failures == {"Errors": "many-to-many"}


def test_alerts_of_alertmanager_have_their_words_and_their_beginning() -> None:
    said = {"labels": {"alertname": "Errors"}, "annotations": {"summary": "s"}, "startsAt": instant("10.5")}
    (read,) = read_alerts([said], ahead=AHEAD)
    assert (read.rule, read.annotations, read.starts_at) == ("Errors", {"summary": "s"}, 210.5)


def no_data(*alerts: dict[str, Any], at: str = "10.013") -> dict[str, Any]:
    answer = rule(*alerts, at=at)
    said = answer["data"]["groups"][0]["rules"][0]
    said |= {"name": "DatasourceNoData", "labels": {"rulename": "Slow", "ref_id": "A"}}
    return answer


def test_query_without_an_answer_is_a_state_of_the_rule_it_is_about() -> None:
    labels = {"alertname": "DatasourceNoData", "rulename": "Slow", "ref_id": "A"}
    silent = read_rules(no_data(alert("firing") | {"labels": labels}), ahead=AHEAD)
    (began,) = transitions(NOTHING, silent)
    assert (began.rule, began.previous, began.state, began.reason) == ("Slow", "inactive", "no data", "no data")
    assert began.labels == {"alertname": "Slow", "ref_id": "A"}
    (ended,) = transitions(silent, read_rules(no_data(at="12.0"), ahead=AHEAD))
    assert (ended.previous, ended.state, ended.reason) == ("no data", "inactive", "missing series")


def test_alert_of_no_data_is_told_under_the_name_of_its_rule() -> None:
    labels = {"alertname": "DatasourceNoData", "rulename": "Slow"}
    (read,) = read_alerts([{"labels": labels, "annotations": {}, "startsAt": instant("10.5")}], ahead=AHEAD)
    assert (read.rule, read.labels["alertname"]) == ("Slow", "DatasourceNoData")
