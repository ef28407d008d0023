from dataclasses import replace
from datetime import timedelta

import pytest

from harness.alerting.grafana_state import GrafanaStates
from harness.alerting.rules import AlertRule, ErrorState, GrafanaVersion, NoDataState
from tests.harness.alerting.timelines import grafana_rule, walk

MINUTE = timedelta(minutes=1)


def states(rule: AlertRule, *, version: GrafanaVersion = 12) -> GrafanaStates:
    return GrafanaStates(rule, interval=MINUTE, version=version)


def silent(policy: NoDataState, said: str, *, holds_for: str = "2m", version: GrafanaVersion = 12) -> list[str]:
    return walk(states(replace(grafana_rule(holds_for), no_data_state=policy), version=version), said)


def failing(policy: ErrorState, said: str, *, version: GrafanaVersion = 12) -> list[str]:
    return walk(states(replace(grafana_rule("2m"), exec_err_state=policy), version=version), said)


# Breach and quiet


def test_breach_without_for_fires_at_once_and_resolves_when_it_ends() -> None:
    assert walk(states(grafana_rule()), "low high high low") == [
        "+60 GET: inactive -> firing, threshold",
        "+180 GET: firing -> inactive, resolved",
    ]


def test_breach_for_2m_is_pending_at_60_and_fires_at_180() -> None:
    assert walk(states(grafana_rule("2m")), "low high high high") == [
        "+60 GET: inactive -> pending, threshold",
        "+180 GET: pending -> firing, threshold",
    ]


def test_breach_that_pauses_while_pending_starts_from_nothing() -> None:
    assert walk(states(grafana_rule("2m")), "high low high high high")[1:] == [
        "+60 GET: pending -> inactive, resolved",
        "+120 GET: inactive -> pending, threshold",
        "+240 GET: pending -> firing, threshold",
    ]


def test_quiet_with_keep_firing_2m_is_recovering_and_resolved_2m_later() -> None:
    assert walk(states(grafana_rule(keep="2m")), "high low low low") == [
        "+0 GET: inactive -> firing, threshold",
        "+60 GET: firing -> recovering, resolved",
        "+180 GET: recovering -> inactive, resolved",
    ]


def test_breach_while_recovering_fires_at_once_whatever_for_says() -> None:
    assert walk(states(grafana_rule("1m", keep="5m")), "high high low high")[2:] == [
        "+120 GET: firing -> recovering, resolved",
        "+180 GET: recovering -> firing, threshold",
    ]


# No data


def test_no_data_up_to_grafana_12_goes_off_at_once_and_is_let_go_at_the_first_data() -> None:
    assert silent("NoData", "low - - low") == [
        "+60 all: inactive -> no data, no data",
        "+180 all: no data -> inactive, missing series",
    ]


def test_no_data_from_grafana_13_on_is_pending_for_2m_first() -> None:
    assert silent("NoData", "low - - - low", version=13) == [
        "+60 all: inactive -> pending, no data",
        "+180 all: pending -> no data, no data",
        "+240 all: no data -> inactive, missing series",
    ]


def test_no_data_from_grafana_13_on_that_ends_while_pending_is_let_go_at_the_first_data() -> None:
    assert silent("NoData", "low - low", version=13) == [
        "+60 all: inactive -> pending, no data",
        "+120 all: pending -> inactive, missing series",
    ]


def test_no_data_from_grafana_13_on_without_for_goes_off_at_once() -> None:
    assert silent("NoData", "low -", holds_for="0s", version=13) == ["+60 all: inactive -> no data, no data"]


def test_no_data_while_firing_leaves_the_series_firing_until_it_was_missed_twice() -> None:
    assert silent("NoData", "high - -", holds_for="0s") == [
        "+0 GET: inactive -> firing, threshold",
        "+60 all: inactive -> no data, no data",
        "+120 GET: firing -> inactive, missing series",
    ]


def test_no_data_while_pending_does_not_let_the_series_ripen() -> None:
    assert silent("NoData", "high - -", holds_for="1m") == [
        "+0 GET: inactive -> pending, threshold",
        "+60 all: inactive -> no data, no data",
        "+120 GET: pending -> inactive, missing series",
    ]


def test_no_data_as_alerting_takes_every_series_through_for() -> None:
    assert silent("Alerting", "low/low - - - low/low") == [
        "+60 GET: inactive -> pending, no data",
        "+60 PUT: inactive -> pending, no data",
        "+180 GET: pending -> firing, no data",
        "+180 PUT: pending -> firing, no data",
        "+240 GET: firing -> inactive, resolved",
        "+240 PUT: firing -> inactive, resolved",
    ]


def test_no_data_as_alerting_from_the_start_has_one_alert_for_the_rule() -> None:
    assert silent("Alerting", "- - - low low") == [
        "+0 all: inactive -> pending, no data",
        "+120 all: pending -> firing, no data",
        "+240 all: firing -> inactive, missing series",
    ]


def test_no_data_as_ok_ends_what_fires() -> None:
    assert silent("OK", "high low/high - -", holds_for="0s") == [
        "+0 GET: inactive -> firing, threshold",
        "+60 GET: firing -> inactive, resolved",
        "+60 PUT: inactive -> firing, threshold",
        "+120 PUT: firing -> inactive, no data",
    ]


def test_no_data_as_ok_ends_what_fires_even_when_it_would_be_kept_firing() -> None:
    rule = replace(grafana_rule(keep="5m"), no_data_state="OK")
    assert walk(states(rule), "high -")[1:] == ["+60 GET: firing -> inactive, no data"]


def test_no_data_as_keep_last_keeps_firing_and_normal_and_lets_pending_ripen() -> None:
    assert silent("KeepLast", "high/low high/low high/low - -/- low/low")[1:] == [
        "+120 GET: pending -> firing, threshold",
        "+300 GET: firing -> inactive, resolved",
    ]
    assert silent("KeepLast", "high - - -") == [
        "+0 GET: inactive -> pending, threshold",
        "+120 GET: pending -> firing, no data",
    ]


def test_no_data_as_keep_last_ends_recovering() -> None:
    rule = replace(grafana_rule(keep="5m"), no_data_state="KeepLast")
    assert walk(states(rule), "high low -")[2:] == ["+120 GET: recovering -> inactive, no data"]


@pytest.mark.parametrize(
    ("policy", "lines"),
    [
        ("NoData", ["+60 PUT: inactive -> no data, no data", "+180 PUT: no data -> inactive, resolved"]),
        ("OK", []),
        ("KeepLast", []),
        ("Alerting", ["+60 PUT: inactive -> pending, no data", "+180 PUT: pending -> inactive, resolved"]),
    ],
)
def test_one_series_without_a_value_goes_its_way_alone(policy: NoDataState, lines: list[str]) -> None:
    assert silent(policy, "low/low low/nil low/nil low/low") == lines


# Missing series


def test_series_missing_while_firing_resolves_after_two_evaluations() -> None:
    assert silent("NoData", "high/low -/low -/low", holds_for="0s") == [
        "+0 GET: inactive -> firing, threshold",
        "+120 GET: firing -> inactive, missing series",
    ]


def test_series_missing_once_goes_on_as_if_nothing_had_been() -> None:
    assert silent("NoData", "high/low -/low high/low", holds_for="0s") == ["+0 GET: inactive -> firing, threshold"]


def test_series_missing_is_forgotten_after_as_many_evaluations_as_the_rule_says() -> None:
    machine = states(replace(grafana_rule(), missing_evaluations=3))
    assert walk(machine, "high/low -/low -/low -/low")[1:] == ["+180 GET: firing -> inactive, missing series"]
    assert [each.labels["method"] for each in machine.instances] == ["PUT"]


# Errors


def test_error_up_to_grafana_12_stands_for_the_rule_at_once() -> None:
    assert failing("Error", "low fail fail low") == [
        "+60 all: inactive -> error, error",
        "+180 all: error -> inactive, missing series",
    ]


def test_error_from_grafana_13_on_is_pending_for_2m_first() -> None:
    assert failing("Error", "low fail fail fail", version=13) == [
        "+60 all: inactive -> pending, error",
        "+180 all: pending -> error, error",
    ]


def test_error_as_alerting_takes_every_series_through_for() -> None:
    assert failing("Alerting", "low fail fail fail") == [
        "+60 GET: inactive -> pending, error",
        "+180 GET: pending -> firing, error",
    ]


def test_error_as_ok_or_keep_last_leaves_a_normal_series_normal() -> None:
    assert failing("OK", "low fail low") == []
    assert failing("KeepLast", "low fail low") == []


def test_error_after_no_data_changes_what_stands_for_the_rule() -> None:
    assert failing("Error", "low - fail -") == [
        "+60 all: inactive -> no data, no data",
        "+120 all: no data -> error, error",
        "+180 all: error -> no data, no data",
    ]


# What people are told


def test_no_data_is_told_under_its_own_alert_name_with_the_rule_beside_it() -> None:
    machine = states(grafana_rule("2m"))
    walk(machine, "low -")
    (alert,) = machine.alerts()
    assert alert.rule == "Slow"
    assert alert.labels == {
        "alertname": "DatasourceNoData",
        "rulename": "Slow",
        "datasource_uid": "prometheus",
        "ref_id": "A",
    }
    assert alert.annotations == {"grafana_state_reason": "NoData"}
    assert alert.starts_at == 60


def test_error_is_told_under_its_own_alert_name() -> None:
    machine = states(grafana_rule("2m"))
    walk(machine, "low fail")
    (alert,) = machine.alerts()
    assert (alert.labels["alertname"], alert.labels["rulename"]) == ("DatasourceError", "Slow")


def test_no_data_as_alerting_is_told_under_the_rules_own_name_with_the_reason() -> None:
    machine = states(replace(grafana_rule(), no_data_state="Alerting"))
    walk(machine, "low -")
    (alert,) = machine.alerts()
    assert alert.labels == {"alertname": "Slow", "method": "GET"}
    assert alert.annotations == {"grafana_state_reason": "NoData"}


def test_recovering_is_told_as_still_firing_and_pending_is_not_told() -> None:
    machine = states(grafana_rule("1m", keep="5m"))
    walk(machine, "high/low high/high low/high")
    assert sorted(alert.labels["method"] for alert in machine.alerts()) == ["GET", "PUT"]
    pending = states(grafana_rule("1m"))
    walk(pending, "high")
    assert pending.alerts() == []
