"""The search over a shop that is only a rule of thumb: planted blind spots are found, and shrunk to short stories."""

from __future__ import annotations

import pytest

from harness.checks.promises import Finding
from harness.errors import HarnessError, ScenarioError
from harness.explore.command import Say, explore_now, tell
from harness.explore.schedules import ARRIVAL, Blow, Radius, Schedule
from harness.explore.search import Found, Player, Search, explore
from harness.explore.story import as_scenario, in_words
from harness.history import History
from tests.harness.checks.test_promises import FACTORY, SITE, fault, load, paged, told

RADIUS = Radius.of(["balancer_missing", "factory_fail", "task_killed"])


def blind_to(*kinds: str, alone: bool = True) -> Player:
    """Make a shop whose monitoring never notices these faults; or, not alone, only when another one stands."""

    def play(schedule: Schedule) -> History:
        events = [*load(0, ARRIVAL)]
        for blow in schedule.blows:
            error = FACTORY if blow.fault == "factory_fail" else SITE
            masked = any(other != blow and other.start < blow.end for other in schedule.blows)
            events += [*load(blow.start, blow.end, error), *fault(blow.start, blow.end, blow.fault)]
            if blow.fault not in kinds or not (alone or masked):
                events.append(paged(blow.start + 1, page=str(blow)))
        return told(events)

    return play


def test_planted_blind_spot_is_found_and_shrunk_to_one_fault() -> None:
    found = explore(Search(RADIUS, examples=60), player=blind_to("factory_fail"))
    assert found.schedule is not None
    assert [(blow.fault, blow.start, blow.minutes) for blow in found.schedule.blows] == [("factory_fail", ARRIVAL, 5)]
    assert (found.schedule.diners, found.schedule.rush) == (4, 0)


def test_failure_that_only_another_one_hides_is_found_as_a_pair() -> None:
    blind = blind_to("factory_fail", alone=False)
    found = explore(Search(RADIUS, examples=200), player=blind)
    assert found.schedule is not None
    assert len(found.schedule.blows) == 2
    assert "factory_fail" in {blow.fault for blow in found.schedule.blows}


def test_nothing_is_found_where_every_promise_holds_and_what_was_covered_is_said() -> None:
    found = explore(Search(RADIUS, examples=30), player=blind_to())
    assert found.schedule is None
    assert found.coverage.plays > 10
    assert "faults (3): balancer_missing, factory_fail, task_killed" in found.coverage.words()


def test_same_seed_finds_the_same_story() -> None:
    first, second = (explore(Search(RADIUS, examples=60), player=blind_to("task_killed")) for _ in range(2))
    assert first.schedule == second.schedule
    assert first.coverage.plays == second.coverage.plays


def test_search_that_has_no_time_left_draws_nothing() -> None:
    found = explore(Search(RADIUS, seconds=0.0, examples=20), player=blind_to("task_killed"))
    assert found.coverage.plays == 0


def test_story_is_told_in_words_and_as_a_scenario_that_python_reads() -> None:
    schedule = Schedule((Blow(3, "balancer_missing", 6), Blow(5, "factory_fail", 9)), 6, answers=False, rush=9)
    words = in_words(schedule, ())
    assert words[0] == "6 diners; on-call leaves every page alone."
    assert [line.strip().split(":")[0] for line in words[1:]] == [f"minute {minute}" for minute in (3, 5, 9, 9, 14)]
    assert words[3:5] == ["  minute 9: balancer_missing is healed", "  minute 9: as many diners again come"]
    finding = Finding("outage is noticed", "nobody was paged")
    text = as_scenario(schedule, [finding], name="found", replay="pizza-chaos run found.py")
    compile(text, "test_found.py", "exec")
    assert "first.enter_context(scenario.fault(BalancerMissing()))" in text
    assert text.index("first.close()") < text.index("second.close()")
    assert "    diners.arrive(6)\n" in text
    assert text.index("first.close()") < text.index("diners.arrive(12)")


def breaking_off(*, finding: bool) -> Player:
    """Make a shop in which the harness fails at one fault; and, or not, whose monitoring never notices another."""
    shop = blind_to("factory_fail") if finding else blind_to()

    def play(schedule: Schedule) -> History:
        if any(blow.fault == "task_killed" for blow in schedule.blows):
            raise HarnessError("the tasks do not come back")
        return shop(schedule)

    return play


def test_schedule_in_which_the_harness_fails_is_listed_and_leaves_the_answer_unknown() -> None:
    found = explore(Search(RADIUS, examples=20), player=breaking_off(finding=False))
    assert "task_killed: the tasks do not come back" in found.broken_off
    assert not found.skipped
    lines: list[str] = []
    assert told_by(found, say=lines.append) == 2
    assert "broken off, so nothing is known of it: task_killed: the tasks do not come back" in lines


def test_finding_is_told_though_the_harness_failed_in_another_schedule() -> None:
    found = explore(Search(RADIUS, examples=60), player=breaking_off(finding=True))
    assert found.broken_off
    assert told_by(found, say=list[str]().append) == 1


def told_by(found: Found, *, say: Say) -> int:
    return tell(found, Search(RADIUS), save=None, say=say)


def test_flaw_that_nobody_knows_is_refused_before_anything_is_played() -> None:
    with pytest.raises(ScenarioError, match="order-written-first"):
        Search(RADIUS, mended=("order-writen-first",))


def test_nothing_that_could_be_played_is_unknown_and_not_green() -> None:
    lines: list[str] = []
    search = Search(Radius.of(["balancer_missing"]), seconds=0.0, examples=20)
    assert explore_now(search, save=None, say=lines.append, progress=lines.append) == 2
    assert "nothing is known" in lines[-1]


def test_ctrl_c_in_a_search_says_that_nothing_is_kept_and_what_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.explore.command.explore_on", stop)
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        explore_now(Search(RADIUS, seed=7), save=None, say=lines.append, progress=lines.append)
    assert lines == ["stopped: nothing of it is kept. With --within 1m it stops by itself, and tells; seed 7."]
