from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.events import AlertChanged, AlertState, FaultApplied
from harness.history import History
from tests.beats.telling import TOLERANCE, Told, differences, transitions, words

NOON = datetime(2024, 12, 1, 12, tzinfo=UTC)
FIRED = [("firing", "threshold", timedelta(seconds=65)), ("inactive", "resolved", timedelta(minutes=3))]


def told(where: str, verdict: str = "passed", **moments: Sequence[tuple[str, str, timedelta]]) -> Told:
    return Told(where, verdict, f"{where} says so", moments)


def changed(after: float, previous: AlertState, state: AlertState, **labels: str) -> AlertChanged:
    stamp: dict[str, Any] = {"at": NOON + timedelta(seconds=after), "steady": after}
    return AlertChanged(
        rule="SiteDown",
        labels=labels,
        previous=previous,
        state=state,
        reason="threshold",
        **stamp,
    )


def test_transitions_are_told_since_the_first_fault_and_without_what_was_only_pending() -> None:
    applied = FaultApplied(
        at=NOON, steady=0.0, fault="balancer_missing", id="balancer_missing-1", target="ingress", sees="", parameters={}
    )
    changes = [
        changed(10, "inactive", "pending"),
        changed(20, "pending", "inactive"),
        changed(30, "inactive", "no data", datasource_uid="prometheus"),
        changed(40, "inactive", "pending"),
        changed(50, "pending", "firing"),
    ]
    assert transitions(History((applied, *changes))) == {
        "SiteDown, no data": [("no data", "threshold", timedelta(seconds=30))],
        "SiteDown": [("firing", "threshold", timedelta(seconds=50))],
    }


def test_nights_that_went_the_same_way_have_no_differences() -> None:
    late = [(state, why, after + TOLERANCE) for state, why, after in FIRED]
    assert differences(told("here", SiteDown=FIRED), told("there", SiteDown=late)) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (told("there", "failed", SiteDown=FIRED), "here passed, there failed: here says so; there says so"),
        (told("there"), "SiteDown: firing +1:05 → inactive +3:00 here, nothing there"),
        (told("there", SiteDown=FIRED[:1]), "SiteDown: firing +1:05 → inactive +3:00 here, firing +1:05 there"),
        (
            told("there", SiteDown=[FIRED[0], ("inactive", "resolved", timedelta(minutes=5))]),
            "SiteDown: inactive +3:00 here, inactive +5:00 there",
        ),
    ],
    ids=["verdict", "missing", "unfinished", "late"],
)
def test_night_that_went_another_way_is_told_in_a_sentence(other: Told, said: str) -> None:
    assert differences(told("here", SiteDown=FIRED), other) == [said]


def test_words_of_an_alert_that_did_nothing_say_so() -> None:
    assert words(()) == "nothing"
