"""What a webhook is sent: a notification in JSON, in Alertmanager's words or in Grafana's.

Pure: a payload is a plain mapping. Instants in it are incident time, in UTC, as both programs write them.

Source: Alertmanager notify/webhook and template/template.go (payload version 4); grafana/alerting receivers/webhook and
templates/template_data.go (payload version 1).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from harness.alerting.go_format import shortest
from harness.alerting.notifier import Notification, Notified
from harness.alerting.promql import Labels
from harness.alerting.templates import Subject

Payload = Mapping[str, Any]
"""A JSON object."""

STILL_FIRING = "0001-01-01T00:00:00Z"
"""The end of an alert that has none yet: how Go writes the time that nobody has set."""

_OFFSET, _PRIME, _64_BITS = 0xCBF29CE484222325, 0x100000001B3, 2**64 - 1
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_PRIVATE = re.compile(r"__.*__", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The program in whose name a payload is sent."""

    instant: Callable[[float], datetime]
    """Incident time of a steady instant."""
    external_url: str = ""
    """Where people would find the program, without a slash at the end."""
    most_alerts: int = 0
    """How many alerts a payload may hold, the first ones; 0 is all of them."""


def alertmanager_payload(notification: Notification, origin: Origin) -> Payload:
    """Write a notification as Alertmanager posts it to a webhook."""
    kept = notification.alerts[: origin.most_alerts or None]
    return {
        **_group(notification, kept, origin),
        "alerts": [_alert(each, origin) for each in kept],
        "commonLabels": _common([each.alert.labels for each in kept]),
        "commonAnnotations": _common([each.alert.annotations for each in kept]),
        "version": "4",
        "groupKey": notification.key,
        "truncatedAlerts": len(notification.alerts) - len(kept),
    }


def grafana_payload(notification: Notification, origin: Origin, *, org_id: int = 1) -> Payload:
    """Write a notification as Grafana posts it to a webhook contact point."""
    kept = notification.alerts[: origin.most_alerts or None]
    alerts = [_grafana_alert(each, origin, org_id=org_id) for each in kept]
    common = _public(_common([each.alert.labels for each in kept]))
    group = _group(notification, kept, origin)
    return {
        **group,
        "alerts": alerts,
        "commonLabels": common,
        "commonAnnotations": _public(_common([each.alert.annotations for each in kept])),
        "version": "1",
        "groupKey": notification.key,
        "truncatedAlerts": len(notification.alerts) - len(kept),
        "orgId": org_id,
        "title": _title(kept, notification.group, common),
        "state": "alerting" if group["status"] == "firing" else "ok",
        "message": _message(alerts),
    }


def fingerprint(labels: Mapping[str, str]) -> str:
    """Give the sixteen digits by which both programs tell an alert: FNV-1a over its labels."""
    digest = _OFFSET
    for byte in b"".join(name.encode() + b"\xff" + value.encode() + b"\xff" for name, value in sorted(labels.items())):
        digest = (digest ^ byte) * _PRIME & _64_BITS
    return f"{digest:016x}"


def _group(notification: Notification, kept: Sequence[Notified], origin: Origin) -> dict[str, Any]:
    return {
        # Alertmanager puts a backslash before whatever a regular expression would take for its own.
        "receiver": _SPECIAL.sub(r"\\\g<0>", notification.receiver),
        "status": "firing" if any(each.ends_at is None for each in kept) else "resolved",
        "groupLabels": dict(notification.group),
        "externalURL": origin.external_url,
    }


def _alert(notified: Notified, origin: Origin) -> dict[str, Any]:
    alert, ends_at = notified.alert, notified.ends_at
    return {
        "status": "firing" if ends_at is None else "resolved",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": _written(origin.instant(alert.starts_at)),
        "endsAt": STILL_FIRING if ends_at is None else _written(origin.instant(ends_at)),
        "generatorURL": "",
        "fingerprint": fingerprint(alert.labels),
    }


def _grafana_alert(notified: Notified, origin: Origin, *, org_id: int) -> dict[str, Any]:
    plain, about = _alert(notified, origin), notified.alert.about
    return {
        **plain,
        "labels": _public(plain["labels"]),
        "annotations": _public(plain["annotations"]),
        "silenceURL": _silence_url(notified.alert.labels, origin, org_id=org_id),
        "dashboardURL": "",
        "panelURL": "",
        "values": _values(about) if about else None,
        "valueString": about.evaluation if about else "",
        "orgId": org_id,
    }


def _values(about: Subject) -> dict[str, float] | None:
    """Give what was seen by the names of queries and steps; JSON has no word for NaN, and Grafana then says nothing."""
    seen = {name: math.nan if value is None else value for name, value in about.values.items()}
    return seen if seen and all(map(math.isfinite, seen.values())) else None


def _silence_url(labels: Labels, origin: Origin, *, org_id: int) -> str:
    if not origin.external_url:
        return ""
    matchers = [("matcher", f"{name}={value}") for name, value in _name_first(_public(labels)).items()]
    query = urlencode([("alertmanager", "grafana"), *matchers, ("orgId", org_id)])
    return f"{origin.external_url}/alerting/silence/new?{query}"


def _title(kept: Sequence[Notified], group: Labels, common: Mapping[str, str]) -> str:
    firing = sum(each.ends_at is None for each in kept)
    ended = len(kept) - firing
    status = f"FIRING:{firing}" + (f", RESOLVED:{ended}" if ended else "") if firing else "RESOLVED"
    others = {name: value for name, value in common.items() if name not in group}
    more = f"({' '.join(_name_first(others).values())})" if len(common) > len(group) else ""
    return f"[{status}] {' '.join(_name_first(group).values())} {more}"


def _message(alerts: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for heading, status in (("**Firing**", "firing"), ("**Resolved**", "resolved")):
        found = [_described(each) for each in alerts if each["status"] == status]
        if found:
            parts.append(f"{heading}\n{''.join(found)}")
    return "\n\n".join(parts)


def _described(alert: Mapping[str, Any]) -> str:
    seen = ", ".join(f"{name}={shortest(value)}" for name, value in sorted((alert["values"] or {}).items()))
    lines = ["", f"Value: {seen or '[no value]'}", "Labels:", *_listed(alert["labels"])]
    lines += ["Annotations:", *_listed(alert["annotations"])]
    for word, key in (("Source", "generatorURL"), ("Silence", "silenceURL"), ("Dashboard", "dashboardURL")):
        if alert[key]:
            lines.append(f"{word}: {alert[key]}")
    return "\n".join(lines) + "\n"


def _listed(texts: Mapping[str, str]) -> Iterable[str]:
    return (f" - {name} = {text}" for name, text in _name_first(texts).items())


def _name_first(texts: Mapping[str, str]) -> dict[str, str]:
    """Put labels in the order in which templates see them: the alert's name, then the others by theirs."""
    return dict(sorted(texts.items(), key=lambda pair: (pair[0] != "alertname", pair[0])))


def _common(every: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if not every:
        return {}
    first, *others = every
    return {name: text for name, text in first.items() if all(other.get(name) == text for other in others)}


def _public(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if not _PRIVATE.fullmatch(name)}


def _written(instant: datetime) -> str:
    """Write an instant as Go does: in UTC, without zeros at the end of its fraction."""
    utc = instant.astimezone(UTC)
    fraction = f".{utc.microsecond:06}".rstrip("0") if utc.microsecond else ""
    return f"{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z"
