"""What the alert rules did: which went off, when, and for what reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import service_requests
from harness.checks.window import crossed_words, lived, reached
from harness.checks.wording import count, listed
from harness.durations import duration, spoken
from harness.errors import ScenarioError, unknown_name
from harness.events import AlertChanged, MetricsReceived
from harness.history import History

GOING_OFF = frozenset({"firing", "no data", "error"})
"""States in which a rule tells people something; `recovering` goes on telling, but is no news."""

_Labels = tuple[tuple[str, str], ...]


@check("{rules} go to no data after {since}")
def alerts_go_no_data(
    history: History, rules: Sequence[str], since: datetime, within: Mapping[str, str | timedelta]
) -> Answer:
    """Each rule goes off for lack of data, within its own delay, and not by a threshold first.

    Args:
        history: what happened.
        rules: their names.
        since: when the data stops.
        within: for each rule the time within which it must notice.
    """
    delays = {rule: _delay(rule, within) for rule in rules}
    first = {rule: _first(history, rule, since) for rule in rules}
    went = [change for change in first.values() if change]
    wrong = [change for change in went if change.reason != "no data"]
    if wrong:
        said = [f"{change.rule} for {change.reason} at {change.at:%H:%M:%S}" for change in wrong]
        return Verdict.FAILED.because(f"went off for another reason: {listed(said)}", wrong)
    late = [rule for rule, change in first.items() if change is None or change.at > since + delays[rule]]
    missed = [rule for rule in late if lived(history, since, since + delays[rule])]
    if missed:
        return Verdict.FAILED.because(f"did not notice in time: {listed(missed)}", went)
    if late or not rules:
        detail = f"the run did not go through the delay of {listed(late)}" if late else "no rule was named"
        return Verdict.UNKNOWN.because(detail, went)
    return Verdict.PASSED.because(_storm(went), went)


@check("{rule} fires within {within} of {since}")
def alert_fires(
    history: History,
    rule: str,
    since: datetime,
    within: str | timedelta,
    *,
    reason: Literal["threshold", "no data", "error"] = "threshold",
) -> Answer:
    """The rule was silent, and goes off soon after `since` for this reason."""
    deadline = since + duration(within)
    standing = [change for change in _standing(history, rule, since) if change.reason == reason]
    if standing:
        detail = f"it was going off already, since {standing[0].at:%H:%M:%S}"
        return Verdict.UNKNOWN.because(detail, standing)
    went = [change for change in _changes(history, rule) if since <= change.at <= deadline and _goes_off(change)]
    right = next((change for change in went if change.reason == reason), None)
    if right:
        value = "" if right.value is None else f", value {right.value:g}"
        return Verdict.PASSED.because(f"at {right.at:%H:%M:%S}, {spoken(right.at - since)} after{value}", (right,))
    if not lived(history, since, deadline):
        return Verdict.UNKNOWN.because("the run did not go through that time")
    if went:
        return Verdict.FAILED.because(f"it went off for {went[0].reason} at {went[0].at:%H:%M:%S}, not {reason}", went)
    later = _first(history, rule, deadline)
    return Verdict.FAILED.because(
        f"not before {later.at:%H:%M:%S}" if later else "it stayed silent", [later] if later else []
    )


@check("{rule} fires within {within} of the first failed “{operation}” since {since}")
def alert_fires_upon(
    history: History, rule: str, operation: str, *, since: datetime, within: str | timedelta
) -> Answer:
    """As soon as diners begin to fail at something, the rule that watches it goes off by its threshold."""
    failed = [one for one in service_requests(history) if one.operation == operation and one.outcome == "failed"]
    replied = next((one for one in failed if one.at >= since and one.status), None)
    if replied is None:
        return Verdict.UNKNOWN.because(f"no “{operation}” got a failed reply")
    said = alert_fires(rule, replied.at, within)(history)
    detail = f"{replied.diner} failed at {replied.at:%H:%M:%S}; {said.detail}"
    return Answer(said.verdict, detail, (replied.seq, *said.evidence))


@check("{rule} stays quiet from {since} to {until}")
def alert_stays_quiet(history: History, rule: str, since: datetime, until: datetime) -> Answer:
    """The rule has something to look at, and does not go off."""
    before = _standing(history, rule, since)
    went = [change for change in _changes(history, rule) if since <= change.at < until and _goes_off(change)]
    if before or went:
        change = (*before, *went)[0]
        detail = f"{change.state} since {change.at:%H:%M:%S}, for {change.reason}"
        return Verdict.FAILED.because(detail, (*before, *went))
    pushes = [push for push in history.of(MetricsReceived) if push.samples and since <= push.at < until]
    if not pushes:
        return Verdict.UNKNOWN.because("no metrics came in, so there was nothing for a rule to judge")
    if not reached(history, until):
        return Verdict.UNKNOWN.because("the run did not get that far")
    detail = f"quiet through {count(len(pushes), 'push', 'pushes')} of metrics{crossed_words(history, since, until)}"
    return Verdict.PASSED.because(detail, (pushes[0], pushes[-1]))


@check("{rule} resolves within {within} of {since}")
def alert_resolves(history: History, rule: str, since: datetime, within: str | timedelta) -> Answer:
    """The rule is going off at `since`, and stops soon after."""
    deadline = since + duration(within)
    active = {_labels(change): change for change in _standing(history, rule, since)}
    if not active:
        return Verdict.UNKNOWN.because("it was not going off, so it could not resolve")
    for change in _changes(history, rule):
        if not since <= change.at <= deadline:
            continue
        if change.state in {"inactive", "pending"}:
            active.pop(_labels(change), None)
        else:
            active[_labels(change)] = change
        if not active:
            return Verdict.PASSED.because(f"at {change.at:%H:%M:%S}, {spoken(change.at - since)} after", (change,))
    if not lived(history, since, deadline):
        return Verdict.UNKNOWN.because("the run did not go through that time", active.values())
    going = next(iter(active.values()))
    return Verdict.FAILED.because(f"still {going.state}, since {going.at:%H:%M:%S}", active.values())


@check("{rules} go off in this order after {since}")
def alerts_fire_in_order(history: History, rules: Sequence[str], since: datetime) -> Answer:
    """Each rule goes off, none before the one that is named before it; two at the same moment are in order."""
    first = {rule: _first(history, rule, since) for rule in rules}
    went = [change for change in first.values() if change]
    early = [(before, after) for before, after in pairwise(went) if after.at < before.at]
    if early:
        before, after = early[0]
        said = f"{after.rule} went off at {after.at:%H:%M:%S}, before {before.rule} at {before.at:%H:%M:%S}"
        return Verdict.FAILED.because(said, (after, before))
    silent = [rule for rule, change in first.items() if change is None]
    if silent or not rules:
        said = f"did not go off: {listed(silent)}" if silent else "no rule was named"
        return (Verdict.FAILED if silent else Verdict.UNKNOWN).because(said, went)
    return Verdict.PASSED.because(listed([f"{change.rule} at {change.at:%H:%M:%S}" for change in went]), went)


def _storm(went: Sequence[AlertChanged]) -> str:
    first, last = min(change.at for change in went), max(change.at for change in went)
    if len(went) == 1:
        return f"at {first:%H:%M:%S}, for lack of data"
    at_once = last - first < timedelta(seconds=1)
    spread = "at once" if at_once else f"within {spoken(last - first)} of one another"
    return f"{len(went)} rules {spread}, {first:%H:%M:%S} to {last:%H:%M:%S}, all for lack of data"


def _delay(rule: str, within: Mapping[str, str | timedelta]) -> timedelta:
    if rule not in within:
        raise ScenarioError(f"alerts_go_no_data: within lacks a delay. {unknown_name('rule', rule, known=within)}")
    return duration(within[rule])


def _changes(history: History, rule: str) -> tuple[AlertChanged, ...]:
    return tuple(change for change in history.of(AlertChanged) if change.rule == rule)


def _goes_off(change: AlertChanged) -> bool:
    return change.state in GOING_OFF


def _first(history: History, rule: str, since: datetime) -> AlertChanged | None:
    return next((change for change in _changes(history, rule) if change.at >= since and _goes_off(change)), None)


def _standing(history: History, rule: str, at: datetime) -> tuple[AlertChanged, ...]:
    """Give the last change of each instance that is going off at a moment."""
    last = {_labels(change): change for change in _changes(history, rule) if change.at < at}
    return tuple(change for change in last.values() if change.state in {*GOING_OFF, "recovering"})


def _labels(change: AlertChanged) -> _Labels:
    return tuple(sorted(change.labels.items()))
