from datetime import UTC, datetime, timedelta
from typing import Any

from harness.events import (
    AlertChanged,
    DinersChanged,
    Event,
    FaultApplied,
    FaultHit,
    FaultRemoved,
    NoteTaken,
    PaceChanged,
    PageAcknowledged,
    PageIgnored,
    PageResolved,
    PageSent,
    RemedyPerformed,
    RequestFinished,
    ToolUsed,
)
from harness.gameday.board import Board, Injected

AT = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)


def board(*events: Event) -> Board:
    made = Board()
    for event in events:
        made.hear(event)
    return made


def paged(name: str = "p") -> PageSent:
    return PageSent(at=AT, page=name, responder="Ana", level=1, channel="pager", alerts=["Heartbeat"])


def changed(state: str, rule: str = "Heartbeat") -> AlertChanged:
    return AlertChanged(at=AT, rule=rule, labels={}, previous="inactive", state=state, reason="no data")  # type: ignore[arg-type]


def test_page_is_open_until_somebody_takes_it() -> None:
    assert board(paged()).pages["p"].state == "open"
    taken = board(paged(), PageAcknowledged(at=AT, page="p", responder="Bo")).pages["p"]
    assert (taken.state, taken.by) == ("acknowledged", "Bo")


def test_page_that_was_dismissed_says_by_whom_and_a_resolved_one_is_over() -> None:
    ignored = board(paged(), PageIgnored(at=AT, page="p", responder="Ana", reason="later"))
    assert (ignored.pages["p"].state, ignored.pages["p"].by) == ("dismissed", "Ana")
    ignored.hear(PageResolved(at=AT, page="p"))
    assert ignored.pages["p"].state == "resolved"


def test_rule_is_up_until_it_is_inactive_and_the_worst_comes_first() -> None:
    up = board(changed("pending", "CPUHigh"), changed("no data"), changed("firing", "AuthFailures"))
    assert list(up.rules()) == ["AuthFailures", "Heartbeat", "CPUHigh"]
    up.hear(changed("inactive"))
    assert list(up.rules()) == ["AuthFailures", "CPUHigh"]


def test_channel_tells_who_did_looked_and_wrote_what() -> None:
    told = board(
        NoteTaken(at=AT, by="Ana", text="it is DNS"),
        NoteTaken(at=AT, by="Bo", text="look further", is_hint=True),
        RemedyPerformed(at=AT, remedy="push", by="Ana", did="pushed v2"),
        ToolUsed(at=AT, by="Ana", tool="dig", said="an address"),
    )
    assert [(line.who, line.text, line.is_hint) for line in told.channel] == [
        ("Ana", "it is DNS", False),
        ("Bo", "look further", True),
        ("Ana", "push: pushed v2", False),
        ("Ana", "looked: dig", False),
    ]


def test_fault_stands_until_it_is_removed_and_never_reaches_the_channel() -> None:
    fault = FaultApplied(at=AT, fault="noop", id="noop-1", target="nothing", sees="nothing at all")
    hurt = board(fault, FaultHit(at=AT, fault="noop", id="noop-1", evidence="somebody"))
    assert [one.evidence for one in hurt.standing] == ["somebody"]
    hurt.hear(FaultRemoved(at=AT, fault="noop", id="noop-1", by="remedy: push", hits=3))
    assert hurt.standing == ()
    assert not hurt.channel


def test_faults_that_stand_are_told_while_another_begins() -> None:
    hurt = board()

    class Meanwhile(Injected):
        gone = ""

        def __getattribute__(self, name: str) -> Any:
            if name == "gone":
                hurt.faults.setdefault("later", other)
            return super().__getattribute__(name)

    one = Meanwhile("first", "noop", "nothing", "nothing", AT)
    other = Injected("later", "noop", "nothing", "nothing", AT)
    hurt.faults["first"] = one
    assert hurt.standing == (one,)


def visited(diner: str, after: int, *, well: bool) -> RequestFinished:
    at = AT + timedelta(seconds=after)
    return RequestFinished(
        at=at, diner=diner, operation="order", method="POST", path="/", address="", started=at, latency_seconds=0,
        outcome="ok" if well else "failed",
    )  # fmt: skip


def test_radius_tells_what_is_hurt_and_whom_in_the_last_minute() -> None:
    hurt = board(
        DinersChanged(at=AT, count=8),
        visited("d1", 0, well=False),
        FaultApplied(at=AT, fault="noop", id="noop-1", target="factory", sees="nothing"),
        visited("d2", 70, well=False),
        visited("d3", 80, well=True),
    )
    assert hurt.radius() == (
        "Hurt now: factory. In the last minute, of 2 requests of 8 diners: 1 diner, 1 failed operation (order 1)."
    )
    assert board().radius().startswith("Hurt now: nothing.")


def test_pace_is_told_in_the_channel_and_kept() -> None:
    slowed = board(PaceChanged(at=AT, by="Bo", speed=0.0))
    assert slowed.speed == 0
    assert slowed.channel[0].text == "time stands still"
    slowed.hear(PaceChanged(at=AT, by="Bo", speed=4.0))
    assert slowed.channel[1].text == "time goes at speed 4"
