import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.events import (
    AlertChanged,
    BalancerCreated,
    DinersChanged,
    Event,
    HarnessTroubled,
    Jumped,
    MetricsReceived,
    ProcessExited,
    ProcessStarted,
    RequestFinished,
    TaskChanged,
)
from harness.faults import BalancerMissing, FactoryChaos
from harness.stacks.services.twin import COURSE_RULES, TwinService
from harness.stacks.simulated.stack import SimulatedStack
from harness.testing import Leak
from tests.harness.stacks.simulated.simulation import EVENING, Simulation, simulation


def orders_of(run: Simulation, diner: str) -> list[RequestFinished]:
    requests = run.history.of(RequestFinished)
    return [request for request in requests if (request.diner, request.operation) == (diner, "order")]


def outcomes(requests: tuple[RequestFinished, ...]) -> set[tuple[str, str]]:
    return {(request.outcome, request.cause) for request in requests}


def test_stack_that_has_started_serves_its_site_and_says_what_runs(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        started = [event.component for event in run.history.of(ProcessStarted)]
        assert started == ["factory", "pizza-service-balancer-1", "task-1"]
        assert run.stack.view().record == run.stack.view().balancer == "127.0.0.11:8080"
        assert run.stack.view().factory_chaos == "none"


def test_diners_of_a_healthy_shop_are_served_without_a_failure(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.diners.arrive(4)
        run.scenario.play("4m")
        requests = run.history.of(RequestFinished)
    assert len(requests) > 60
    assert outcomes(requests) == {("ok", "")}
    assert {"register", "log in", "look at the menu", "order", "verify the pizza", "log out"} <= {
        request.operation for request in requests
    }


def test_latencies_are_of_the_order_that_the_model_declares(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.diners.arrive(6)
        run.scenario.play("2m")
        requests = run.history.of(RequestFinished)
    for operation, least, most in (("look at the menu", 4, 7), ("log in", 6, 10), ("order", 14, 28)):
        latencies = [request.latency_seconds * 1000 for request in requests if request.operation == operation]
        assert least < sum(latencies) / len(latencies) < most


def test_service_under_way_pushes_at_its_interval_in_virtual_time(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.scenario.play("5m")
        pushes = [push.steady for push in run.history.of(MetricsReceived)]
    gaps = [later - earlier for earlier, later in pairwise(pushes)]
    assert len(gaps) >= 18
    assert gaps == pytest.approx([15.0] * len(gaps), abs=0.01)


def test_quiet_stretch_is_lived_through_to_the_instant_and_not_jumped_over(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.stack.cross(EVENING + timedelta(minutes=10))
        assert run.stack.clock.now() == EVENING + timedelta(minutes=10)
        assert not run.history.of(Jumped)


def test_balancer_that_is_missing_refuses_everybody_until_dns_knows_the_new_one(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.diners.arrive(3)
        run.scenario.play("1m")
        fault = run.scenario.fault(BalancerMissing())
        with fault as active:
            begun = run.stack.clock.now()
            run.scenario.play("2m")
            missing = [request for request in run.history.of(RequestFinished) if request.started >= begun]
            run.on_call.performs("recreate load balancer")
            run.scenario.play("1m")
            assert run.history.of(BalancerCreated)[-1].address == "127.0.0.12:8080"
            assert run.stack.diagnose()[1] == "DNS points at a load balancer that no longer exists"
            run.on_call.performs("update DNS")
            updated = run.stack.clock.now()
            run.scenario.play("2m")
        assert active.hits > 10
        late = [r for r in run.history.of(RequestFinished) if r.started > updated + timedelta(seconds=31)]
    at_the_site = tuple(request for request in missing if request.operation != "verify the pizza")
    assert outcomes(at_the_site) == {("failed", "connection refused")}
    assert {request.error for request in at_the_site} == {"500: failed to fetch"}
    assert outcomes(tuple(late)) == {("ok", "")}


def test_task_that_is_killed_cuts_the_orders_under_way_and_another_takes_its_place(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.diners.arrive(4)
        run.scenario.play("2m")
        with run.scenario.fault(FactoryChaos("throttle")):
            run.scenario.play("1m")
            run.on_call.performs("recreate service")  # drains for ten seconds, where an order takes half a minute
            run.scenario.play("30s")
        exited = run.history.of(ProcessExited)
        changes = [(change.task, change.state) for change in run.history.of(TaskChanged)]
        cut = [request for request in run.history.of(RequestFinished) if request.status == 502]
    assert [(event.component, event.code) for event in exited][:1] == [("task-1", -15)]
    assert ("task-2", "healthy") in changes
    assert {request.operation for request in cut} == {"order"}
    assert all(exited[0].at <= request.at < exited[0].at + timedelta(seconds=0.1) for request in cut)


def test_factory_that_fails_says_where_to_report_it_and_reporting_helps(tmp_path: Path) -> None:
    with simulation(tmp_path) as run, run.scenario.fault(FactoryChaos("fail")) as active:
        run.on_call.buys_a_pizza()
        failed = orders_of(run, "Jaquelyn")
        assert {order.error for order in failed} == {"500: Failed to fulfill order at factory"}
        run.on_call.follows_the_report_url()
        assert run.stack.view().factory_chaos == "none"
        run.on_call.buys_a_pizza()
        assert orders_of(run, "Jaquelyn")[-1].outcome == "ok"
        assert active.hits == len(failed)


def test_purchase_by_hand_shows_which_orders_exist_after_a_failure(tmp_path: Path) -> None:
    with simulation(tmp_path) as run, run.scenario.fault(FactoryChaos("fail")):
        run.on_call.buys_a_pizza()
        looked = run.history.of(RequestFinished)[-1]
    assert (looked.operation, looked.orders) == ("look at past orders", (1, 2))


def test_factory_that_throttles_holds_each_order_for_32_virtual_seconds(tmp_path: Path) -> None:
    with simulation(tmp_path) as run, run.scenario.fault(FactoryChaos("throttle")):
        run.on_call.buys_a_pizza()
        (order,) = orders_of(run, "Jaquelyn")
        assert 32 < order.latency_seconds < 32.2


def test_rules_over_what_diners_experience_fire_in_a_simulation_too(tmp_path: Path) -> None:
    rules = COURSE_RULES.with_name("black_box_alerts.yaml")
    with simulation(tmp_path, service=TwinService(rules=rules)) as run:
        run.diners.arrive(3)
        run.scenario.play("3m")
        assert not run.history.of(AlertChanged)
        with run.scenario.fault(FactoryChaos("fail")):
            run.scenario.play("2m")
        assert "firing" in {change.state for change in run.history.of(AlertChanged)}


def test_service_that_is_a_program_of_its_own_cannot_be_simulated_and_is_told_what_to_do(tmp_path: Path) -> None:
    own: Any = object()
    with pytest.raises(ScenarioError, match="Run it with --stack processes"), simulation(tmp_path, service=own):
        pytest.fail("it was simulated")


def test_remedy_nobody_knows_is_the_authors_mistake_with_a_suggestion(tmp_path: Path) -> None:
    with simulation(tmp_path) as run, pytest.raises(ScenarioError, match="Did you mean 'roll back'"):
        run.stack.remedy("rollback", "")


def test_scenario_that_sleeps_for_real_is_told_so_with_its_line(tmp_path: Path) -> None:
    with simulation(tmp_path), pytest.raises(Leak, match=r"time\.sleep was called at .*test_stack\.py:\d+"):
        time.sleep(1)  # noqa: TID251 - the mistake under test


def test_leak_that_the_scenario_swallows_troubles_the_run(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        with pytest.raises(Leak):
            time.monotonic()
        with pytest.raises(HarnessError, match=r"time\.monotonic was called"):
            run.scenario.play("1s")
        assert run.history.of(HarnessTroubled)


def test_stack_that_has_stopped_leaves_nothing_behind_and_lets_the_world_in(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.diners.arrive(3)
        run.scenario.play("1m")
        run.stack.stop()
        run.stack.stop()
    ended = [event.component for event in run.history.of(ProcessExited)]
    assert ended == ["factory", "pizza-service-balancer-1", "task-1"]
    assert [event.count for event in run.history.of(DinersChanged)] == [3, 0]
    assert not [change for change in run.history.of(TaskChanged) if change.task != "task-1"]
    assert time.time() > 0  # noqa: TID251 - the real one again


def test_stack_whose_service_does_not_come_up_says_why_and_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: SimulatedStack, *_arguments: object) -> None:
        raise RuntimeError("no flour")

    monkeypatch.setattr(SimulatedStack, "_build_task", broken)
    with pytest.raises(HarnessError, match="no flour"), simulation(tmp_path):
        pytest.fail("it came up")
    assert time.time() > 0  # noqa: TID251 - the real one again


def test_history_of_a_simulation_names_no_process_port_or_directory_of_this_machine(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.scenario.play("1m")
        events: tuple[Event, ...] = run.history.events
    assert str(tmp_path) not in repr(events)
    assert [event.pid for event in run.history.of(ProcessStarted)] == [1, 2, 3]
