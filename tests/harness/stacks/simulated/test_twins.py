import signal
from pathlib import Path
from typing import Any

import pytest

from harness.events import ProcessExited, RequestFinished
from harness.faults import FactoryChaos
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.stack import SimulatedStack
from tests.harness.stacks.simulated.simulation import Simulation, simulation


def orders_written(stack: SimulatedStack) -> int:
    return int(stack._twins._database._connection.execute("SELECT COUNT(*) FROM dinerOrder").fetchone()[0])


def killed_in_the_middle_of_an_order(run: Simulation) -> int:
    """Begin a purchase that the factory holds, kill the task meanwhile, and give how many orders remain."""
    with run.scenario.fault(FactoryChaos("throttle")):
        buying = run.stack._world.background.run("a purchase", run.stack._buy_a_pizza("Pat"))
        run.scenario.play("10s")
        assert orders_written(run.stack) == 1
        task = next(each for each in run.stack._programs._alive if each.plan.component == "task-1")
        run.stack._programs.kill(task, signal.SIGKILL)
        run.scenario.play("1s")
        assert buying.done()
    tries = [request.status for request in run.history.of(RequestFinished) if request.operation == "order"]
    assert tries == [502, 503]
    return orders_written(run.stack)


@pytest.mark.parametrize("fixes", [(), ("order-written-first",)])
def test_task_that_is_killed_leaves_its_order_behind_and_can_undo_nothing(tmp_path: Path, fixes: Any) -> None:
    with simulation(tmp_path, service=TwinService(fixes=fixes)) as run:
        assert killed_in_the_middle_of_an_order(run) == 1
        assert run.history.of(ProcessExited)[0].code == -signal.SIGKILL


def test_order_that_fails_is_taken_back_by_a_service_that_was_mended(tmp_path: Path) -> None:
    with (
        simulation(tmp_path, service=TwinService(fixes=("order-written-first",))) as run,
        run.scenario.fault(FactoryChaos("fail")),
    ):
        run.on_call.buys_a_pizza()
        assert orders_written(run.stack) == 0


def test_tasks_of_one_run_share_their_database(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.on_call.buys_a_pizza()
        run.shop.push("something new")
        run.scenario.play("1m")
        run.on_call.buys_a_pizza()
        assert orders_written(run.stack) == 2
        assert {request.outcome for request in run.history.of(RequestFinished)} == {"ok"}


def test_two_simulations_side_by_side_do_not_know_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    with simulation(tmp_path / "one") as one, simulation(tmp_path / "other") as other:
        one.on_call.buys_a_pizza()
        assert (orders_written(one.stack), orders_written(other.stack)) == (1, 0)
        assert not other.history.of(RequestFinished)
