import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from harness.alerting.notifier import Notification, Notified
from harness.alerting.promql import Labels
from harness.alerting.states import Alert
from harness.alerting.templates import Subject
from harness.alerting.webhooks import Origin, alertmanager_payload, fingerprint, grafana_payload

AT = 1_733_055_840.0
"""2024-12-01 12:24:00 UTC."""
MST = timezone(timedelta(hours=-7))
ORIGIN = Origin(instant=lambda steady: datetime.fromtimestamp(steady, MST), external_url="http://127.0.0.1:3000")


def alert(ends_at: float | None = None, /, starts_at: float = AT, **labels: str) -> Notified:
    annotations = {"summary": "It is slow.", "where": labels.get("method", ""), "__dashboardUid__": "abc"}
    return Notified(Alert("Slow", Labels({"alertname": "Slow", **labels}), annotations, starts_at), ends_at)


def notification(*alerts: Notified, receiver: str = "on-call", **group: str) -> Notification:
    return Notification(receiver, Labels({"alertname": "Slow", **group}), '{}:{alertname="Slow"}', alerts)


GET, PUT = alert(method="GET", job="pizza"), alert(AT + 90.25, method="PUT", job="pizza")


def test_alertmanager_payload_has_every_field_of_version_4() -> None:
    assert alertmanager_payload(notification(GET, PUT), ORIGIN) == {
        "receiver": "on-call",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "Slow", "method": "GET", "job": "pizza"},
                "annotations": {"summary": "It is slow.", "where": "GET", "__dashboardUid__": "abc"},
                "startsAt": "2024-12-01T12:24:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": fingerprint({"alertname": "Slow", "method": "GET", "job": "pizza"}),
            },
            {
                "status": "resolved",
                "labels": {"alertname": "Slow", "method": "PUT", "job": "pizza"},
                "annotations": {"summary": "It is slow.", "where": "PUT", "__dashboardUid__": "abc"},
                "startsAt": "2024-12-01T12:24:00Z",
                "endsAt": "2024-12-01T12:25:30.25Z",
                "generatorURL": "",
                "fingerprint": fingerprint({"alertname": "Slow", "method": "PUT", "job": "pizza"}),
            },
        ],
        "groupLabels": {"alertname": "Slow"},
        "commonLabels": {"alertname": "Slow", "job": "pizza"},
        "commonAnnotations": {"summary": "It is slow.", "__dashboardUid__": "abc"},
        "externalURL": "http://127.0.0.1:3000",
        "version": "4",
        "groupKey": '{}:{alertname="Slow"}',
        "truncatedAlerts": 0,
    }


def test_grafana_payload_has_every_field_of_version_1() -> None:
    payload = grafana_payload(notification(GET), ORIGIN)
    assert payload == {
        "receiver": "on-call",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "Slow", "method": "GET", "job": "pizza"},
                "annotations": {"summary": "It is slow.", "where": "GET"},
                "startsAt": "2024-12-01T12:24:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": fingerprint({"alertname": "Slow", "method": "GET", "job": "pizza"}),
                "silenceURL": "http://127.0.0.1:3000/alerting/silence/new?alertmanager=grafana"
                "&matcher=alertname%3DSlow&matcher=job%3Dpizza&matcher=method%3DGET&orgId=1",
                "dashboardURL": "",
                "panelURL": "",
                "values": None,
                "valueString": "",
                "orgId": 1,
            }
        ],
        "groupLabels": {"alertname": "Slow"},
        "commonLabels": {"alertname": "Slow", "method": "GET", "job": "pizza"},
        "commonAnnotations": {"summary": "It is slow.", "where": "GET"},
        "externalURL": "http://127.0.0.1:3000",
        "version": "1",
        "groupKey": '{}:{alertname="Slow"}',
        "truncatedAlerts": 0,
        "orgId": 1,
        "title": "[FIRING:1] Slow (pizza GET)",
        "state": "alerting",
        "message": "**Firing**\n\nValue: [no value]\nLabels:\n - alertname = Slow\n - job = pizza\n - method = GET\n"
        "Annotations:\n - summary = It is slow.\n - where = GET\n"
        f"Silence: {payload['alerts'][0]['silenceURL']}\n",
    }


@pytest.mark.parametrize(
    ("alerts", "title", "state", "status"),
    [
        ((GET,), "[FIRING:1] Slow (pizza GET)", "alerting", "firing"),
        ((GET, PUT), "[FIRING:1, RESOLVED:1] Slow (pizza)", "alerting", "firing"),
        ((PUT,), "[RESOLVED] Slow (pizza PUT)", "ok", "resolved"),
        ((alert(a="1"), alert(b="1")), "[FIRING:2] Slow ", "alerting", "firing"),
    ],
)
def test_grafana_says_in_title_state_and_status_what_fires(
    alerts: tuple[Notified, ...], title: str, state: str, status: str
) -> None:
    payload = grafana_payload(notification(*alerts), ORIGIN)
    assert (payload["title"], payload["state"], payload["status"]) == (title, state, status)


def test_grafana_tells_of_the_firing_and_then_of_the_resolved_in_its_message() -> None:
    message = grafana_payload(notification(PUT, GET), ORIGIN)["message"]
    firing, resolved = message.split("\n\n**Resolved**\n")
    assert firing.startswith("**Firing**\n\nValue")
    assert "method = GET" in firing
    assert firing.endswith("\n")
    assert "method = PUT" in resolved


@pytest.mark.parametrize("make", [alertmanager_payload, grafana_payload])
def test_payload_of_too_many_alerts_holds_the_first_and_counts_the_others(make: Any) -> None:
    origin = Origin(instant=ORIGIN.instant, most_alerts=1)
    payload = make(notification(PUT, GET), origin)
    assert (len(payload["alerts"]), payload["truncatedAlerts"], payload["status"]) == (1, 1, "resolved")
    assert payload["commonLabels"]["method"] == "PUT"


@pytest.mark.parametrize("make", [alertmanager_payload, grafana_payload])
def test_payload_is_json_and_without_an_address_has_no_links(make: Any) -> None:
    payload = make(notification(GET), Origin(instant=ORIGIN.instant))
    assert json.loads(json.dumps(payload)) == payload
    assert "http" not in json.dumps(payload)


def test_receiver_is_written_as_a_regular_expression_would_take_it() -> None:
    assert alertmanager_payload(notification(GET, receiver="team.a+b"), ORIGIN)["receiver"] == "team\\.a\\+b"


@pytest.mark.parametrize(
    ("labels", "digits"),
    [
        ({"alertname": "alert1", "lbl1": "val1"}, "fac0861a85de433a"),
        ({"lbl1": "val2", "alertname": "alert1"}, "fab6861a85d5eeb5"),
        ({}, "cbf29ce484222325"),
    ],
)
def test_fingerprint_is_the_one_that_alertmanager_and_grafana_give(labels: dict[str, str], digits: str) -> None:
    assert fingerprint(labels) == digits


@pytest.mark.parametrize(
    ("starts_at", "written"),
    [
        (AT, "2024-12-01T12:24:00Z"),
        (AT + 0.5, "2024-12-01T12:24:00.5Z"),
        (AT + 0.000125, "2024-12-01T12:24:00.000125Z"),
    ],
)
def test_instant_is_written_in_utc_without_zeros_at_its_end(starts_at: float, written: str) -> None:
    origin = Origin(instant=lambda steady: datetime.fromtimestamp(steady, UTC).astimezone(MST))
    payload = alertmanager_payload(notification(alert(starts_at=starts_at)), origin)
    assert payload["alerts"][0]["startsAt"] == written


@pytest.mark.parametrize(
    ("seen", "values"),
    [({"A": 7.5, "C": 1.0}, {"A": 7.5, "C": 1.0}), ({"A": math.nan, "C": 1.0}, None), ({"A": None}, None), ({}, None)],
)
def test_grafana_payload_says_what_was_seen(seen: dict[str, float | None], values: dict[str, float] | None) -> None:
    about = Subject({"method": "GET"}, 7.5, seen)
    told = Notified(replace(GET.alert, about=about))
    payload = grafana_payload(notification(told), ORIGIN)
    (written,) = payload["alerts"]
    assert written["values"] == values
    assert f"Value: {'A=7.5, C=1' if values else '[no value]'}\n" in payload["message"]
    assert written["valueString"] == about.evaluation
    assert Subject({"method": "GET"}, 7.5, {"A": 7.5}).evaluation == "[ var='A' labels={method=GET} value=7.5 ]"
