import math
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from harness.errors import ScenarioError
from harness.events import NotificationSent, PageAcknowledged, PageIgnored, PageSent
from harness.oncall.chain import Chain, Notify, Repeat, Wait, course_chain
from harness.oncall.escalation import Escalation, PageEvent
from harness.oncall.responder import Acknowledges, Ignores, Person, Responder

MINUTE = timedelta(minutes=1)
FIRING = NotificationSent(receiver="on-call", group="Down", status="firing", alerts=["Down"])
RESOLVED = NotificationSent(receiver="on-call", group="Down", status="resolved", alerts=[])
OTHER = NotificationSent(receiver="on-call", group="Slow", status="firing", alerts=["Slow"])


def escalation(chain: Chain | None = None, **responders: Responder) -> Escalation:
    return Escalation(chain or course_chain("J", team="team"), rng=Random(7), responders=responders)


def lines(events: Sequence[PageEvent], now: float) -> list[str]:
    return [f"+{now:.0f} {line(event)}" for event in events]


def line(event: PageEvent) -> str:
    match event:
        case PageSent():
            return f"{event.page}: page {event.responder} ({event.level}, {event.channel}) {' '.join(event.alerts)}"
        case PageIgnored():
            return f"{event.page}: {event.responder} ignores: {event.reason}"
        case PageAcknowledged():
            return f"{event.page}: {event.responder} acknowledges"
        case _:
            return f"{event.page}: resolved"


def play(made: Escalation, *, until: float) -> list[str]:
    said = []
    while (now := made.next_due()) <= until:
        said += lines(made.tick(now), now)
    return said


def test_page_nobody_takes_escalates_at_0_and_5m_and_10m_and_then_ends() -> None:
    made = escalation()
    assert lines(made.notified(FIRING, now=0), 0) == ["+0 Down #1: page J (1, default) Down"]
    assert play(made, until=86400) == [
        "+300 Down #1: page J (2, important) Down",
        "+600 Down #1: page team (3, default) Down",
    ]
    assert made.next_due() == math.inf
    assert [page.state for page in made.pages] == ["new"]


def test_acknowledged_page_is_escalated_no_further_whatever_joins_it() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    assert lines(made.acknowledge("Down #1", responder="J"), 100) == ["+100 Down #1: J acknowledges"]
    assert made.notified(FIRING, now=200) == []
    assert play(made, until=86400) == []
    assert [page.state for page in made.pages] == ["acknowledged"]


def test_page_acknowledged_twice_is_acknowledged_once() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    made.acknowledge("Down #1", responder="J")
    assert made.acknowledge("Down #1", responder="K") == []


def test_resolved_notification_ends_the_page_and_its_chain() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    assert lines(made.notified(RESOLVED, now=100), 100) == ["+100 Down #1: resolved"]
    assert play(made, until=86400) == []
    assert made.notified(RESOLVED, now=200) == []
    assert made.acknowledge("Down #1", responder="J") == []
    assert made.ignore("Down #1", responder="J", reason="over") == []


def test_acknowledged_page_is_resolved_with_its_alerts() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    made.acknowledge("Down #1", responder="J")
    assert lines(made.notified(RESOLVED, now=100), 100) == ["+100 Down #1: resolved"]


def test_group_that_fires_again_after_its_end_is_another_page() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    made.notified(RESOLVED, now=100)
    assert lines(made.notified(FIRING, now=200), 200) == ["+200 Down #2: page J (1, default) Down"]


def test_ignored_page_goes_on_escalating() -> None:
    made = escalation(J=Ignores("misconfigured", after=MINUTE))
    made.notified(FIRING, now=0)
    assert play(made, until=86400) == [
        "+60 Down #1: J ignores: misconfigured",
        "+300 Down #1: page J (2, important) Down",
        "+360 Down #1: J ignores: misconfigured",
        "+600 Down #1: page team (3, default) Down",
    ]


def test_responder_who_acknowledges_after_a_minute_stops_the_chain() -> None:
    made = escalation(J=Acknowledges(MINUTE))
    made.notified(FIRING, now=0)
    assert play(made, until=86400) == ["+60 Down #1: J acknowledges"]


def test_answer_at_the_moment_of_the_next_step_comes_first() -> None:
    made = escalation(J=Acknowledges(5 * MINUTE))
    made.notified(FIRING, now=0)
    assert play(made, until=86400) == ["+300 Down #1: J acknowledges"]


def test_answer_to_a_page_that_somebody_has_taken_is_not_given() -> None:
    made = escalation(J=Ignores("asleep", after=MINUTE))
    made.notified(FIRING, now=0)
    made.acknowledge("Down #1", responder="K")
    assert play(made, until=86400) == []


def test_person_answers_for_themselves() -> None:
    made = escalation(J=Person())
    made.notified(FIRING, now=0)
    assert lines(made.ignore("Down #1", responder="J", reason="asleep"), 10) == ["+10 Down #1: J ignores: asleep"]
    assert len(play(made, until=86400)) == 2


def test_chain_that_repeats_begins_again_as_often_as_it_says() -> None:
    made = escalation(Chain((Notify("J"), Wait(MINUTE), Repeat(2))))
    said = lines(made.notified(FIRING, now=0), 0) + play(made, until=86400)
    assert said == [f"+{at} Down #1: page J (1, default) Down" for at in (0, 60, 120)]


def test_two_groups_have_chains_of_their_own() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    made.notified(OTHER, now=60)
    made.acknowledge("Down #1", responder="J")
    assert play(made, until=400) == ["+360 Slow #1: page J (2, important) Slow"]


def test_tick_that_comes_late_catches_up_in_the_order_of_what_was_due() -> None:
    made = escalation(J=Ignores("asleep", after=MINUTE))
    made.notified(FIRING, now=0)
    events = made.tick(86400)
    assert [type(event).__name__ for event in events] == [
        "PageIgnored", "PageSent", "PageIgnored", "PageSent",
    ]  # fmt: skip


def test_rules_that_join_are_named_on_the_next_page() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    joined = NotificationSent(receiver="on-call", group="Down", status="firing", alerts=["Down", "Slow"])
    made.notified(joined, now=10)
    assert play(made, until=300) == ["+300 Down #1: page J (2, important) Down Slow"]


def test_page_or_responder_that_is_not_known_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(ScenarioError, match=r"unknown responder 'Jo'.*Known: J, team"):
        escalation(Jo=Person())
    made = escalation()
    made.notified(FIRING, now=0)
    with pytest.raises(ScenarioError, match=r"unknown page 'Down'. Did you mean 'Down #1'"):
        made.acknowledge("Down", responder="J")


def test_page_that_was_dismissed_pages_nobody_else_and_can_still_be_taken() -> None:
    escalation = Escalation(course_chain("Ann"), rng=Random(1))
    (sent,) = escalation.notified(FIRING, now=0.0)
    assert isinstance(sent, PageSent)
    assert escalation.dismiss(sent.page, responder="Ann", reason="noise") == [
        PageIgnored(page=sent.page, responder="Ann", reason="dismissed: noise")
    ]
    assert escalation.dismiss(sent.page, responder="Ann", reason="noise") == []
    assert escalation.tick(10_000.0) == []
    assert escalation.acknowledge(sent.page, responder="Ann") == [PageAcknowledged(page=sent.page, responder="Ann")]


def test_page_that_was_resolved_by_hand_opens_again_when_its_group_is_told_again() -> None:
    escalation = Escalation(course_chain("Ann"), rng=Random(1))
    (sent,) = escalation.notified(FIRING, now=0.0)
    assert isinstance(sent, PageSent)
    assert [type(event).__name__ for event in escalation.resolve(sent.page)] == ["PageResolved"]
    assert escalation.resolve(sent.page) == []
    assert escalation.tick(10_000.0) == []
    again = escalation.notified(FIRING, now=20_000.0)
    assert [event.page for event in again if isinstance(event, PageSent)] == ["Down #2"]


def test_escalated_page_goes_to_the_next_level_at_once_and_on_from_there() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    assert lines(made.escalate("Down #1", now=60), 60) == ["+60 Down #1: page J (2, important) Down"]
    assert play(made, until=86400) == ["+360 Down #1: page team (3, default) Down"]
    assert made.escalate("Down #1", now=400) == []


def test_escalated_page_that_somebody_has_taken_stays_taken() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    made.acknowledge("Down #1", responder="J")
    assert lines(made.escalate("Down #1", now=60), 60) == ["+60 Down #1: page J (2, important) Down"]
    assert play(made, until=86400) == []
    assert [page.state for page in made.pages] == ["acknowledged"]


def test_page_that_is_over_is_not_escalated() -> None:
    made = escalation()
    made.notified(FIRING, now=0)
    made.notified(RESOLVED, now=30)
    assert made.escalate("Down #1", now=60) == []
