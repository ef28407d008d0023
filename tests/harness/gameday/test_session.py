"""What a session does with time, orders and faults, without a shop."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from harness.errors import HarnessError, RunStopped, ScenarioError
from harness.events import (
    AlertChanged,
    DinersChanged,
    FaultApplied,
    FaultHit,
    FaultRemoved,
    MetricsReceived,
    NoteTaken,
    PaceChanged,
    PageResolved,
    PageSent,
    ParticipantJoined,
    RemedyPerformed,
    RequestFinished,
    ToolUsed,
)
from harness.faults import FactoryChaos
from harness.gameday.board import FAULTS, PAGES
from harness.gameday.session import NOTE_AT_MOST, Session, held_by_the_wall
from harness.gameday.stories import Inject, Story
from harness.history import EVENTS_HELD, History
from harness.settings import Settings
from harness.stacks.heal import STOP_FILE
from tests.harness.gameday.sessions import BEGINS, Day

FAILING = Inject(timedelta(minutes=2), fault=FactoryChaos("fail"))
HINT = Inject(timedelta(minutes=3), hint="look at the factory")


Make = Callable[..., Day]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Day] = []

    def day(**more: Any) -> Day:
        made.append(Day(tmp_path, **more))
        return made[-1]

    yield day
    for each in made:
        each.stack.recorder.close()


def story(*injects: Inject) -> Story:
    return Story("told", "the factory fails", injects)


def minutes_of(history: History, kind: type[FaultApplied | FaultRemoved | NoteTaken | PaceChanged]) -> list[float]:
    return [round((event.at - BEGINS).total_seconds() / 60, 1) for event in history.of(kind)]


def test_story_is_followed_to_the_minute_and_what_it_broke_is_healed_when_the_time_is_up(make: Make) -> None:
    day = make(story=story(FAILING, HINT), longest=timedelta(minutes=5))
    assert [waiting.words.partition(":")[0] for waiting in _begun(day).waiting] == ["factory_fail", "hint"]
    history = day.played()
    assert minutes_of(history, FaultApplied) == [2.0]
    assert minutes_of(history, NoteTaken) == [3.0]
    assert minutes_of(history, FaultRemoved) == [5.0]
    assert [note.is_hint for note in history.of(NoteTaken)] == [True]
    assert day.stack.chaos == "none"
    assert day.stack.told == [("diners", 8)]
    assert day.session.over.is_set()
    assert day.session.verdict == {"verdict": "unknown"}


def _begun(day: Day) -> Session:
    day.session.began = BEGINS
    return day.session


def test_inject_with_a_delay_waits_and_one_that_was_called_off_never_comes(make: Make) -> None:
    day = make(story=story(HINT))
    day.at("1:00", lambda: day.session.inject("factory_fail", after=timedelta(minutes=4)))
    day.at("1:01", lambda: day.session.cancel(1))
    day.at("1:02", lambda: day.session.cancel(1))
    history = day.played()
    assert day.said[0] == "factory_fail begins in 4 min"
    assert day.said[1] == "called off: hint: look at the factory"
    assert day.said[2].startswith("nothing waits under number 1")
    assert minutes_of(history, FaultApplied) == [5.0]
    assert history.of(NoteTaken) == ()


def test_fault_is_healed_by_the_facilitator_once_and_may_begin_anew(make: Make) -> None:
    day = make()
    day.at("1:00", lambda: day.session.inject("factory_fail"))
    day.at("2:00", lambda: day.session.heal("factory_fail-1"))
    day.at("3:00", lambda: day.session.heal("factory_fail-1"))
    day.at("4:00", lambda: day.session.inject("factory_fail"))
    history = day.played()
    assert day.said[1] == "factory_fail-1 is healed"
    assert day.said[2].startswith("unknown fault 'factory_fail-1'")
    assert minutes_of(history, FaultApplied) == [1.0, 4.0]
    assert minutes_of(history, FaultRemoved) == [2.0, 10.0]


def test_fault_struck_twice_is_refused_and_the_first_one_stays(make: Make) -> None:
    day = make()
    day.at("1:00", lambda: day.session.inject("factory_fail"))
    day.at("2:00", lambda: day.session.inject("factory_fail"))
    day.at("3:00", lambda: day.session.inject("factory_throttle"))
    history = day.played()
    assert day.said[1].startswith("factory_fail is there already. Heal it before you begin it again")
    assert minutes_of(history, FaultApplied) == [1.0, 3.0]
    assert minutes_of(history, FaultRemoved) == [10.0, 10.0]


def test_fault_of_the_story_that_the_facilitator_began_before_it_does_not_begin_twice(make: Make) -> None:
    day = make(story=story(FAILING))
    day.at("0:30", lambda: day.session.inject("factory_fail"))
    history = day.played()
    assert day.session.trouble == ""
    assert minutes_of(history, FaultApplied) == [0.5]


def test_fault_that_a_remedy_undid_is_the_responders_and_nobody_heals_it_again(make: Make) -> None:
    day = make()
    day.at("1:00", lambda: day.session.inject("factory_fail"))

    def mended() -> str:
        day.stack.chaos = "none"
        return day.session.remedy("Ana", "push")

    day.at("2:00", mended)
    day.at("3:00", lambda: day.session.inject("factory_throttle"))
    history = day.played()
    assert [removed.by for removed in history.of(FaultRemoved)] == ["remedy: push", "heal"]
    assert [done.by for done in history.of(RemedyPerformed)] == ["Ana"]


def test_fault_that_the_system_gets_over_leaves_the_facilitators_desk_when_it_does(make: Make) -> None:
    day = make()
    day.at("1:00", lambda: day.session.inject("task_killed"))
    day.stack.at("1:40", day.stack.replace_task)
    for moment in ("1:30", "1:50"):
        day.at(moment, lambda: f"{len(day.session.board.standing)} standing")
    history = day.played()
    assert day.said[1:] == ["1 standing", "0 standing"]
    assert minutes_of(history, FaultRemoved) == [pytest.approx(1.7, abs=0.1)]
    assert [removed.by for removed in history.of(FaultRemoved)] == ["itself"]


def test_story_that_this_stack_cannot_tell_ends_the_day_with_the_reason(make: Make) -> None:
    day = make(story=story(FAILING))
    day.stack.refuses = refusal = ScenarioError("this stack has no factory.")
    day.played()
    assert day.session.trouble == "this stack has no factory."
    assert day.run.ended_by is refusal


def test_inject_that_cannot_be_done_is_answered_and_the_day_goes_on(make: Make) -> None:
    day = make()
    day.stack.refuses = ScenarioError("this stack has no factory.")
    day.at("1:00", lambda: day.session.inject("factory_fail"))
    day.at("1:00", lambda: day.session.inject("factory_fial"))
    day.played()
    assert day.said[0] == "this stack has no factory."
    assert day.said[1].startswith("unknown fault 'factory_fial'. Did you mean 'factory_fail'?")
    assert day.session.trouble == ""
    assert day.stack.wall == pytest.approx(600, abs=2)


@pytest.mark.parametrize("trouble", [HarnessError("the shop does not come up."), RunStopped("stopped.")])
def test_shop_that_does_not_come_up_leaves_nobody_waiting(make: Make, trouble: HarnessError) -> None:
    day = make()
    day.run.trouble = trouble
    day.session.play()
    assert day.session.ready.is_set()
    assert day.session.over.is_set()
    assert day.session.trouble == str(trouble)
    assert day.run.ended_by is trouble


def test_lever_stops_the_day_as_the_stop_command_would(make: Make) -> None:
    day = make()
    day.at("1:00", lambda: day.session.pull_lever("Bo"))
    history = day.played()
    assert (day.run.directory / STOP_FILE).exists()
    assert [(note.by, note.text) for note in history.of(NoteTaken)] == [("Bo", "pulled the safety lever")]


# Time


def test_pause_holds_the_schedule_and_speed_hurries_it(make: Make) -> None:
    day = make(story=story(FAILING))
    day.at("1:00", lambda: day.session.pause("Bo"))
    day.at("31:00", lambda: day.session.set_speed("Bo", 10))
    history = day.played()
    assert day.said == ["time stands still", "time goes at speed 10"]
    assert [event.speed for event in history.of(PaceChanged)] == [0, 10]
    assert minutes_of(history, FaultApplied) == [pytest.approx(2.0, abs=0.1)]
    assert day.stack.wall / 60 == pytest.approx(1 + 30 + 9 / 10, abs=0.1)


def test_resume_goes_on_as_fast_as_before_the_pause(make: Make) -> None:
    day = make()
    day.at("0:10", lambda: day.session.set_speed("Bo", 4))
    day.at("0:20", lambda: day.session.pause("Bo"))
    day.at("0:30", lambda: day.session.resume("Bo"))
    day.played()
    assert day.said[-1] == "time goes at speed 4"
    assert day.session.pace == "speed 4"


def test_speed_out_of_range_is_refused_and_nothing_changes(make: Make) -> None:
    day = make()
    day.at("0:10", lambda: day.session.set_speed("Bo", 400))
    assert day.played().of(PaceChanged) == ()
    assert day.said[0].startswith("speed 400 is out of range")


def test_day_that_ends_while_time_stands_still_lets_it_go_on_to_heal(make: Make) -> None:
    day = make()
    day.at("1:00", lambda: day.session.pause("Bo"))
    day.stack.at("2:00", day.session.end)
    day.played()
    assert not day.stack.clock.is_standing_still


@pytest.mark.parametrize(
    ("settings", "stack", "why"),
    [
        (Settings(service="/a/fork"), "processes", "/a/fork has timers of its own"),
        (Settings(alerting="prometheus"), "processes", "Prometheus goes by the wall's clock"),
        (Settings(stack="containers"), "containers", "what runs in containers goes by the wall's clock"),
    ],
)
def test_what_goes_by_the_wall_is_named_when_somebody_wants_a_pause(settings: Settings, stack: str, why: str) -> None:
    assert why in held_by_the_wall(settings, stack=stack)
    assert held_by_the_wall(Settings(), stack="processes") == ""


def test_pause_and_speed_are_refused_with_the_reason_where_something_goes_by_the_wall(make: Make) -> None:
    day = make(settings=Settings(alerting="prometheus", speed=1))
    day.at("0:10", lambda: day.session.pause("Bo"))
    day.at("0:11", lambda: day.session.set_speed("Bo", 2))
    assert day.played().of(PaceChanged) == ()
    assert all("Prometheus goes by the wall's clock" in said for said in day.said)


# People


def test_order_is_carried_out_in_the_sessions_thread_and_its_refusal_reaches_who_gave_it(make: Make) -> None:
    day = make(longest=timedelta(days=3650))  # however late the orders come
    player = threading.Thread(target=day.session.play, name="player")
    player.start()
    assert day.session.order(lambda: threading.current_thread().name) == "player"
    with pytest.raises(ScenarioError, match=r"unknown remedy 'puhs'\. Did you mean 'push'"):
        day.session.order(lambda: day.session.remedy("Ana", "puhs"))
    day.session.end()
    player.join()
    with pytest.raises(HarnessError, match="the game day is over"):
        day.session.order(str)


def test_order_that_nobody_gets_to_any_more_is_answered(make: Make) -> None:
    day = make()
    answers: list[str] = []

    def ordered() -> None:
        try:
            day.session.order(str)
        except HarnessError as error:
            answers.append(str(error))

    late = threading.Thread(target=ordered)

    def crash() -> None:
        late.start()
        while day.session._orders.empty():
            pass
        raise RunStopped("stopped.")

    day.stack.at("1:00", crash)
    day.session.play()
    late.join()
    assert answers == ["the game day did not get to it. Try again."]


def test_what_people_do_stands_under_their_names(make: Make) -> None:
    day = make()
    session = day.session
    day.stack.log("order 500 failed")
    for order in (
        lambda: session.join("Ana", "responder"),
        lambda: session.acknowledge("Ana"),
        lambda: session.escalate("Ana"),
        lambda: session.dismiss("Ana", ""),
        lambda: session.note("Ana", "  it is\n DNS  "),
        lambda: session.search("Ana", "ORDER failed"),
        lambda: session.diners(3),
    ):
        day.at("1:00", order)
    history = day.played()
    assert day.said[:5] == [
        "Ana joined", "Ana took the page", "Bo paged",
        "pages are left alone from now on, until somebody acknowledges", "noted",
    ]  # fmt: skip
    assert "order 500 failed" in day.said[5]
    assert [event.by for event in history.of(ParticipantJoined)] == ["Ana"]
    assert [note.text for note in history.of(NoteTaken)] == ["escalated: Bo paged", "it is DNS"]
    assert [used.tool for used in history.of(ToolUsed)] == ["search logs ORDER failed"]
    assert day.stack.told == [("diners", 8), ("acknowledge", "Ana"), ("ignore", "Ana: dismissed"), ("diners", 3)]


def test_pages_are_counted_in_words(make: Make) -> None:
    day = make()
    day.stack.open_pages = 0
    day.at("1:00", lambda: day.session.acknowledge("Ana"))
    day.at("1:00", lambda: day.session.escalate("Ana"))
    day.played()
    assert day.said == ["there is no open page to take", "there is no page that could go higher"]


def test_note_is_cut_where_it_is_too_long_and_refused_where_it_is_empty(make: Make) -> None:
    day = make()
    day.at("1:00", lambda: day.session.note("Ana", "x" * 9000))
    day.at("1:00", lambda: day.session.note("Ana", " \n "))
    (note,) = day.played().of(NoteTaken)
    assert len(note.text) == NOTE_AT_MOST
    assert day.said[1].startswith("the note is empty")


# Memory


def test_session_that_lasts_twice_as_long_holds_no_more_and_its_history_is_whole(make: Make) -> None:
    day = make()
    day.hear(holds=EVENTS_HELD)
    happened = EVENTS_HELD // 4  # eleven events each
    for number in range(happened):
        happen(day, number)
    once = held(day.session)
    for number in range(happened, 2 * happened):
        happen(day, number)
    assert held(day.session) == pytest.approx(once, rel=0.02)
    history = day.stack.so_far()
    assert history.damage == ()
    assert [event.seq for event in history] == list(range(len(history)))
    assert len(history.of(RequestFinished)) == 2 * happened
    assert history == History.read(day.stack.recorder.path)


def happen(day: Day, number: int) -> None:
    """Let one of everything happen that may happen again and again in a long session."""
    stack = day.stack
    stack.wall = 10.0 * number
    now, name = stack.clock.now(), f"{number:06}"
    stack.record(
        RequestFinished(
            diner="diner-1", operation="order", method="POST", path="/api/order", address="127.0.0.11:80", started=now,
            latency_seconds=0.1, outcome="ok", status=200,
        )
    )  # fmt: skip
    stack.record(MetricsReceived(source="service", samples=9, newest=now))
    panels = day.session.dashboards.read(stack.monitoring.store, stack.clock.steady())
    assert panels is not None
    stack.record(panels)
    everything: tuple[Callable[[], object], ...] = (
        lambda: day.session.note("Ana", f"note {name}"),
        lambda: stack.record(DinersChanged(count=8)),
        lambda: stack.record(PageSent(page=name, responder="Ana", level=1, channel="pager", alerts=["Heartbeat"])),
        lambda: stack.record(PageResolved(page=name)),
        lambda: stack.record(changed("firing")),
        lambda: stack.record(changed("inactive")),
        lambda: stack.record(FaultApplied(fault="noop", id=name, target="nothing", sees="nothing")),
        lambda: stack.record(FaultHit(fault="noop", id=name, evidence="somebody")),
        lambda: stack.record(FaultRemoved(fault="noop", id=name, by="heal", hits=1)),
    )
    for happens in everything:
        happens()


def changed(state: str) -> AlertChanged:
    return AlertChanged(rule="Heartbeat", labels={}, previous="inactive", state=state, reason="threshold")  # type: ignore[arg-type]


def held(root: object) -> int:
    """Give the bytes of everything that can be reached from an object, code left out."""
    seen: set[int] = set()
    waiting, total = [root], 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        waiting += gc.get_referents(one)
    return total


def test_board_forgets_what_is_over_before_what_stands(make: Make) -> None:
    day = make()
    day.hear(holds=EVENTS_HELD)
    day.stack.page()
    day.stack.record(FaultApplied(fault="noop", id="first", target="nothing", sees="nothing"))
    for number in range(max(PAGES, FAULTS) + 5):
        happen(day, number)
    board = day.session.board
    assert (len(board.pages), len(board.faults)) == (PAGES, FAULTS)
    assert board.pages["p"].state == "open"
    assert [fault.id for fault in board.standing] == ["first"]
