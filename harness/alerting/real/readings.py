"""What Prometheus and Alertmanager say of alerts, read into the words of this package.

Rules of this file: what they say is compared with what they said before, and each difference is a transition, dated
with the evaluation that made it; a state that came and went between two readings is told by the one after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.alerting.promql import Labels
from harness.alerting.real.translated import NO_DATA
from harness.alerting.states import Alert, Reason
from harness.events import AlertChanged, AlertState

_FRACTION = re.compile(r"\.\d+")


@dataclass(frozen=True, slots=True)
class Reading:
    """One alert of a rule, as Prometheus tells of it."""

    rule: str
    """Its name; of DatasourceNoData, that of the rule it speaks for."""
    labels: Labels
    state: AlertState
    active_at: float
    """When the rule first returned it, in steady seconds."""
    evaluated_at: float
    """When the evaluation was due that this is from, in steady seconds."""
    value: float
    waits: bool
    """Whether the rule has a `for`, so that it is pending before it fires."""

    @property
    def has_no_data(self) -> bool:
        """Whether it says that a query has no answer."""
        return self.state == "no data"


@dataclass(frozen=True, slots=True)
class Judged:
    """All that Prometheus says of its alert rules at a moment."""

    readings: tuple[Reading, ...]
    evaluated: Mapping[str, float]
    """When each rule was last evaluated, in steady seconds."""
    failures: Mapping[str, str]
    """Why, for each rule that cannot be evaluated."""


def read_rules(answer: Mapping[str, Any], *, ahead: float) -> Judged:
    """Read what `/api/v1/rules` answers.

    Args:
        answer: its JSON.
        ahead: how far the wall is ahead of steady time, in seconds.
    """
    rules = [
        (group, rule) for group in answer["data"]["groups"] for rule in group["rules"] if rule["type"] == "alerting"
    ]
    return Judged(
        tuple(reading for group, rule in rules for reading in _readings(rule, group["interval"], ahead)),
        {_name(rule): _seconds(rule["lastEvaluation"]) - ahead for _, rule in rules},
        {_name(rule): rule["lastError"] for _, rule in rules if rule.get("lastError")},
    )


def read_alerts(answer: Sequence[Mapping[str, Any]], *, ahead: float) -> tuple[Alert, ...]:
    """Read what Alertmanager's `/api/v2/alerts` answers: the alerts that people are to be told of."""
    return tuple(
        Alert(
            each["labels"].get("rulename", each["labels"].get("alertname", "")),
            Labels(each["labels"]),
            dict(each["annotations"]),
            starts_at=_seconds(each["startsAt"]) - ahead,
        )
        for each in answer
    )


def transitions(before: Judged, after: Judged) -> Iterator[AlertChanged]:
    """Tell what has changed from one reading to the next."""
    was = {(each.rule, each.labels): each for each in before.readings}
    now = {(each.rule, each.labels): each for each in after.readings}
    for key, each in now.items():
        earlier = was.get(key)
        if earlier is not None and earlier.active_at != each.active_at:
            yield _changed(earlier, earlier.state, "inactive", steady=each.active_at)
            earlier = None
        yield from _advances(earlier, each)
    for key, each in was.items():
        if key not in now:
            yield _changed(each, each.state, "inactive", steady=after.evaluated.get(each.rule, each.evaluated_at))


def _advances(earlier: Reading | None, each: Reading) -> Iterator[AlertChanged]:
    state: AlertState = earlier.state if earlier is not None else "inactive"
    if state == "inactive" and each.waits:
        yield _changed(each, "inactive", "pending", steady=each.active_at)
        state = "pending"
    if state != each.state:
        yield _changed(each, state, each.state, steady=each.evaluated_at)


def _changed(each: Reading, previous: AlertState, state: AlertState, *, steady: float) -> AlertChanged:
    reason: Reason = "resolved" if state == "inactive" else "threshold"
    if each.has_no_data:
        reason = "missing series" if state == "inactive" else "no data"
    return AlertChanged(
        rule=each.rule,
        labels=dict(each.labels),
        previous=previous,
        state=state,
        reason=reason,
        value=each.value,
        steady=steady,
    )


def _readings(rule: Mapping[str, Any], interval: float, ahead: float) -> Iterator[Reading]:
    for alert in rule["alerts"]:
        # An evaluation begins a little after it is due, and is as of when it was due; `activeAt` is such an instant.
        active = _seconds(alert["activeAt"])
        evaluations = round((_seconds(rule["lastEvaluation"]) - active) / interval)
        speaks_for_another = rule["name"] == NO_DATA
        yield Reading(
            _name(rule),
            Labels(
                {**alert["labels"], "alertname": _name(rule), "rulename": ""} if speaks_for_another else alert["labels"]
            ),
            "no data" if speaks_for_another else alert["state"],
            active_at=active - ahead,
            evaluated_at=active + evaluations * interval - ahead,
            value=float(alert["value"]),
            waits=rule["duration"] > 0,
        )


def _name(rule: Mapping[str, Any]) -> str:
    name: str = rule["labels"]["rulename"] if rule["name"] == NO_DATA else rule["name"]
    return name


def _seconds(instant: str) -> float:
    """Read an instant that Go wrote, whose fractions have up to nine digits."""
    return datetime.fromisoformat(_FRACTION.sub(lambda found: found[0][:7].ljust(7, "0"), instant)).timestamp()
