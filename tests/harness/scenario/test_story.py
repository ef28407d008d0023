from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from harness.checks import (
    alert_fires,
    alert_stays_quiet,
    alerts_fire_in_order,
    nothing_succeeds,
    steady_state,
    still_down,
)
from harness.errors import HarnessError, ScenarioError
from harness.events import (
    FaultApplied,
    FaultHit,
    FaultRemoved,
    HarnessTroubled,
    Healed,
    Jumped,
    RequestFinished,
    StepStarted,
)
from harness.faults import BalancerMissing, CpuBurn, FactoryChaos, Fault, LinkDown, Noop, TaskKilled
from harness.faults.fault import View
from harness.scenario import Diners, OnCall, Scenario
from tests.harness.scenario.fake_stack import FakeStack

MST = timezone(timedelta(hours=-7), "MST")
EVENING = datetime(2024, 11, 30, 21, 59, tzinfo=MST)


@pytest.fixture
def stack() -> FakeStack:
    return FakeStack(EVENING)


@pytest.fixture
def scenario(stack: FakeStack) -> Scenario:
    return Scenario(stack, begins=EVENING, locate=lambda: "night.py:7")


def refused(diner: str = "diner-1") -> RequestFinished:
    return RequestFinished(
        diner=diner,
        operation="order",
        method="POST",
        path="/api/order",
        address="127.0.0.11:80",
        started=datetime(2024, 12, 1, 13, tzinfo=MST),
        latency_seconds=0.1,
        outcome="failed",
        cause="connection refused",
        report_url="http://127.0.0.1:4000/report",
    )


def test_at_a_time_soon_lives_up_to_it_and_begins_the_step(scenario: Scenario, stack: FakeStack) -> None:
    scenario.at("21:59:20", "a push")
    assert stack.did == ["live 0:00:20"]
    steps = stack.so_far().of(StepStarted)
    assert [(step.name, step.at) for step in steps] == [("a push", EVENING + timedelta(seconds=20))]


def test_at_a_time_far_off_crosses_to_its_lead_and_lives_the_rest(scenario: Scenario, stack: FakeStack) -> None:
    scenario.at("05:24", lead="2m")
    crossed = stack.so_far().of(Jumped)
    assert [jump.at for jump in crossed] == [datetime(2024, 12, 1, 5, 22, tzinfo=MST)]
    assert stack.did == ["live 0:02:00"]
    assert stack.clock.now() == datetime(2024, 12, 1, 5, 24, tzinfo=MST)


def test_at_a_time_that_has_passed_is_refused_with_the_line_and_the_time(scenario: Scenario) -> None:
    scenario.play("10m")
    with pytest.raises(ScenarioError, match=r'night\.py:7: at\("22:03"\) comes too late: it is already 22:09:00'):
        scenario.at("22:03")


def test_fault_undone_by_nobody_is_healed_at_the_end_of_its_block(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(BalancerMissing()):
        assert stack.did == ["RemoveBalancer()"]
    history = stack.so_far()
    assert stack.did == ["RemoveBalancer()", "RestoreIngress()"]
    assert [removed.by for removed in history.of(FaultRemoved)] == ["heal"]
    assert history.of(Healed)


def test_fault_undone_by_a_remedy_is_recorded_as_removed_by_it_and_not_healed(
    scenario: Scenario, stack: FakeStack
) -> None:
    with scenario.fault(BalancerMissing()):
        OnCall(scenario).performs("update DNS")
    assert [removed.by for removed in stack.so_far().of(FaultRemoved)] == ["remedy: update DNS"]
    assert "RestoreIngress()" not in stack.did


def removals(stack: FakeStack) -> list[tuple[str, timedelta]]:
    return [(removed.by, removed.at - EVENING) for removed in stack.so_far().of(FaultRemoved)]


def test_fault_that_the_system_got_over_is_over_when_it_did_and_by_itself(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(TaskKilled()):
        scenario.play("5m")
        assert removals(stack) == [("itself", timedelta(seconds=20))]
    assert len(removals(stack)) == 1


def test_fault_that_the_system_got_over_is_not_ended_by_a_later_remedy(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(TaskKilled()):
        stack.live(timedelta(minutes=5))
        OnCall(scenario).performs("update DNS")
    assert removals(stack) == [("itself", timedelta(seconds=20))]


def test_fault_that_ends_by_itself_before_anybody_looks_is_noticed_as_its_block_ends(
    scenario: Scenario, stack: FakeStack
) -> None:
    with scenario.fault(TaskKilled()):
        stack.live(timedelta(minutes=5))
    assert removals(stack) == [("itself", timedelta(seconds=20))]


def test_fault_that_the_system_has_not_got_over_is_healed_at_the_end_of_its_block(
    scenario: Scenario, stack: FakeStack
) -> None:
    with scenario.fault(TaskKilled()):
        scenario.play("10s")
    assert removals(stack) == [("heal", timedelta(seconds=10))]


def test_fault_that_only_people_end_is_not_over_because_a_task_is_healthy(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(FactoryChaos("fail")), scenario.fault(TaskKilled()):
        stack.follow("http://127.0.0.1:4000/report")
        scenario.play("5m")
        assert [removed.fault for removed in stack.so_far().of(FaultRemoved)] == ["task_killed"]


def test_fault_that_cannot_be_looked_at_is_looked_at_again_and_healed_all_the_same(
    scenario: Scenario, stack: FakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind() -> View:
        message = "the factory does not answer."
        raise HarnessError(message)

    with scenario.fault(TaskKilled()), monkeypatch.context() as patch:
        patch.setattr(stack, "view", blind)
        scenario.play("5m")
    assert removals(stack) == [("itself", timedelta(seconds=20))]
    with pytest.raises(HarnessError, match="does not answer"), scenario.fault(TaskKilled()):
        scenario.stack.live(timedelta(minutes=5))
        monkeypatch.setattr(stack, "view", blind)
    assert stack.did[-1] == "RestoreTasks()"


def test_fault_is_healed_when_its_block_raises(scenario: Scenario, stack: FakeStack) -> None:
    with pytest.raises(ZeroDivisionError), scenario.fault(FactoryChaos("fail")):
        _ = 1 // 0
    assert stack.view().factory_chaos == "none"


def test_fault_that_resists_healing_is_an_error(scenario: Scenario, stack: FakeStack) -> None:
    stack.heals = False
    with (
        pytest.raises(HarnessError, match="balancer_missing was healed and is still there"),
        scenario.fault(BalancerMissing()),
    ):
        pass


def test_heal_with_a_fault_that_resists_records_it_and_heals_the_others(scenario: Scenario, stack: FakeStack) -> None:
    with pytest.raises(HarnessError), scenario.fault(BalancerMissing()), scenario.fault(Noop()):
        stack.heals = False
        scenario.heal()
        assert [trouble.where for trouble in stack.so_far().of(HarnessTroubled)] == ["healing balancer_missing-1"]
        assert [removed.fault for removed in stack.so_far().of(FaultRemoved)] == ["noop"]


def test_fault_counts_what_it_hits_and_records_the_first(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(BalancerMissing()):
        stack.record(refused("diner-1"))
        stack.record(refused("diner-2"))
    hits = stack.so_far().of(FaultHit)
    assert [hit.evidence for hit in hits] == ["diner-1 could not order: connection refused at 127.0.0.11:80"]
    assert [removed.hits for removed in stack.so_far().of(FaultRemoved)] == [2]


def test_fault_that_is_gone_counts_no_more_hits(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(BalancerMissing()) as outage:
        OnCall(scenario).performs("update DNS")
        stack.record(refused())
    assert outage.hits == 0


def test_noop_hits_nothing_and_is_recorded_all_the_same(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(Noop()):
        stack.record(refused())
    assert [applied.fault for applied in stack.so_far().of(FaultApplied)] == ["noop"]
    assert [removed.hits for removed in stack.so_far().of(FaultRemoved)] == [0]


def test_expect_with_times_of_day_means_moments_of_this_scenario(scenario: Scenario) -> None:
    scenario.expect(nothing_succeeds, "05:24", until="13:10")
    expectation = scenario.expectations[0]
    assert expectation.line == "night.py:7"
    assert expectation.check.arguments["since"] == "2024-12-01T05:24:00-07:00"
    assert expectation.check.arguments["until"] == "2024-12-01T13:10:00-07:00"


def test_expect_with_an_argument_that_does_not_exist_names_line_and_check(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"night\.py:7: still_down cannot be asked like this"):
        scenario.expect(still_down, when="13:05")


def test_on_call_follows_the_report_url_of_their_own_failed_purchase(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(FactoryChaos("fail")):
        stack.record(refused("Jaquelyn"))
        OnCall(scenario).follows_the_report_url()
    assert [removed.by for removed in stack.so_far().of(FaultRemoved)] == ["remedy: follow reportUrl"]


def test_on_call_who_has_seen_no_report_url_is_told_to_buy_a_pizza(scenario: Scenario, stack: FakeStack) -> None:
    stack.record(refused("diner-1"))
    with pytest.raises(HarnessError, match="Jaquelyn has seen no reportUrl"):
        OnCall(scenario).follows_the_report_url()


@pytest.mark.parametrize("given", [BalancerMissing, "balancer_missing"])
def test_fault_that_is_none_is_refused_and_nothing_is_hurt(scenario: Scenario, stack: FakeStack, given: Any) -> None:
    with (
        pytest.raises(ScenarioError, match=r"night.py:7: .* is not a fault. .*BalancerMissing\(\)"),
        scenario.fault(given),
    ):
        pass
    scenario.heal()
    assert stack.so_far().events == ()


def test_expectation_of_a_rule_that_there_is_not_is_refused_though_it_would_stay_quiet(scenario: Scenario) -> None:
    scenario.expect(alert_stays_quiet, "Heartbeat", "05:24", "05:30")
    with pytest.raises(ScenarioError, match=r"night.py:7: .*'Heartbeet'. Did you mean 'Heartbeat'"):
        scenario.expect(alert_stays_quiet, "Heartbeet", "05:24", "05:30")
    with pytest.raises(ScenarioError, match="unknown alert rule 'Other'"):
        scenario.expect(alerts_fire_in_order, ["Heartbeat", "Other"], since="05:24")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((still_down(EVENING), "05:24"), "still_down was called. Let expect call it: scenario.expect(still_down, …)"),
        ((steady_state, "05:30", "05:24"), "steady_state: 05:24:00 comes before 05:30:00. Exchange the two"),
        ((still_down, EVENING - timedelta(days=1)), "still_down: 2024-11-29 21:59:00 MST lies before the scenario"),
        ((still_down, "25:10"), "still_down: '25:10' is not a time of day"),
        ((alert_fires, "Heartbeat", "05:24", "5"), "alert_fires: within: '5' is not a duration"),
        ((print, "05:24"), "print is no check. Give one of harness.checks"),
    ],
)
def test_expectation_that_cannot_be_meant_is_refused_at_once_with_its_line(
    scenario: Scenario, asked: tuple[Any, ...], said: str
) -> None:
    with pytest.raises(ScenarioError) as refused:
        scenario.expect(*asked)
    assert str(refused.value).startswith(f"night.py:7: {said}")
    assert scenario.expectations == []


def test_expect_reads_a_time_of_day_as_at_does(scenario: Scenario) -> None:
    scenario.expect(still_down, "5:24")
    assert scenario.expectations[0].check.arguments["at"] == "2024-12-01T05:24:00-07:00"


def test_play_of_more_than_a_week_is_refused_and_nothing_is_lived_through(scenario: Scenario, stack: FakeStack) -> None:
    with pytest.raises(ScenarioError, match=r'night.py:7: play\("400d"\) is longer than 7 days'):
        scenario.play("400d")
    assert stack.did == []
    scenario.play("7d")


def test_fault_that_was_made_and_never_struck_is_told_at_the_end(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(FactoryChaos("fail")):
        assert scenario.overlooked() is None
    forgotten = scenario.fault(BalancerMissing())
    said = str(scenario.overlooked())
    assert said.startswith(
        "night.py:7: the fault balancer_missing was made and never struck. Write `with scenario.fault"
    )
    with forgotten:
        assert scenario.overlooked() is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (BalancerMissing(), BalancerMissing()),
        (FactoryChaos("fail"), FactoryChaos("fail")),
        (CpuBurn(1), CpuBurn(2)),
    ],
)
def test_fault_that_is_there_already_is_refused_before_anything_is_done(
    scenario: Scenario, stack: FakeStack, first: Fault, second: Fault
) -> None:
    with scenario.fault(first):
        did = list(stack.did)
        with pytest.raises(ScenarioError, match=rf"night.py:7: the fault {first.name} is there already"):
            scenario.fault(second).__enter__()
        assert (stack.did, removals(stack)) == (did, [])
    assert [by for by, _ in removals(stack)] == ["heal"]


def test_fault_may_come_again_once_it_is_over(scenario: Scenario, stack: FakeStack) -> None:
    with scenario.fault(TaskKilled()):
        stack.live(timedelta(minutes=5))
        with scenario.fault(TaskKilled()):
            pass
    with scenario.fault(BalancerMissing()):
        OnCall(scenario).performs("update DNS")
        with scenario.fault(BalancerMissing()):
            pass
    assert [by for by, _ in removals(stack)] == ["itself", "heal", "remedy: update DNS", "heal"]


def test_faults_of_one_kind_on_two_links_may_stand_together(scenario: Scenario) -> None:
    with scenario.fault(LinkDown("factory")), scenario.fault(LinkDown("database")), scenario.fault(Noop()):
        assert not scenario.stands(Noop())
        assert scenario.stands(LinkDown("database"))


@pytest.mark.parametrize("count", ["8", 2.5, True, None])
def test_diners_that_are_no_number_are_refused(scenario: Scenario, count: object) -> None:
    with pytest.raises(ScenarioError, match="is no number of diners"):
        Diners(scenario).arrive(count)  # type: ignore[arg-type]
