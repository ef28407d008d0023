"""What is done to a deployment, on a cloud whose load balancer takes its time to end; and how its tasks are healed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from harness.clock import WallClock
from harness.errors import HarnessError, ScenarioError
from harness.faults import BalancerMissing, ClockSkew, TaskCrashLoop, TaskKilled
from harness.ingress.control_plane import ControlPlane, Site
from harness.ingress.records import Address, Zone
from harness.scenario import Scenario
from harness.stacks.children import Children, Ears, Launch
from harness.stacks.cloud import Cloud
from harness.stacks.looping import LoopThread
from harness.stacks.operations import Operations
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.in_memory import simulated
from harness.stacks.ways import Ways

LINGERS_SECONDS = 0.2
AT_ONCE = timedelta(seconds=1)


class Lingering:
    """Children, and the one child of theirs: a load balancer that goes on for a while after it was told to stop."""

    def __init__(self) -> None:
        self.component = ""
        self.is_alive = True
        self._ears = Ears()

    def start(self, launch: Launch, *, ears: Ears) -> Lingering:
        self.component, self._ears = launch.component, ears
        ears.ready("127.0.0.1:8080")
        return self

    def stop(self, *, kill: bool) -> None:
        assert kill
        threading.Timer(LINGERS_SECONDS, self.end).start()

    def end(self) -> None:
        self.is_alive = False
        self._ears.exited(-9)

    def tell(self, message: dict[str, Any]) -> None:
        """It has nothing to forward to."""


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    thread = LoopThread(trouble=lambda where, error: pytest.fail(f"{where}: {error}"))
    thread.start()
    yield thread
    thread.stop()


def wait(condition: Callable[[], bool], what: str) -> None:
    gives_up = time.monotonic() + 5
    while not condition():
        if time.monotonic() > gives_up:
            raise HarnessError(what)
        threading.Event().wait(0.005)


def test_load_balancer_that_is_removed_is_gone_once_the_operation_comes_back(loop: LoopThread) -> None:
    balancer, clock = Lingering(), WallClock(datetime(2024, 12, 1, 5, tzinfo=UTC))
    plane = ControlPlane(
        Site(name="pizza.test", service="pizza", ttl=timedelta(seconds=30)), zone=Zone(), record=lambda _event: None
    )
    operations = Operations(plane, loop=loop, clock=clock, wait=wait, show=lambda: None)
    operations.cloud = cloud = Cloud(
        plane,
        children=cast("Children", balancer),
        launch_task=lambda task, _version: Launch(task, []),
        clock=clock,
        loop=loop,
        ways=Ways(Zone(), cast("Any", None), cast("Any", None), lambda: Address("127.0.0.1", 8080)),
    )
    operations.perform(lambda now: plane.create_balancer(now=now))
    wait(operations.has_balancer, "the load balancer does not come up")
    operations.perform(lambda now: plane.remove_balancer(now=now))
    assert not balancer.is_alive
    assert not cloud.leaving
    loop.call(cloud.close())


@pytest.fixture
def story() -> Iterator[Scenario]:
    with simulated(TwinService(), seed=7, begins=datetime(2024, 12, 1, 5, tzinfo=UTC), command="test") as stack:
        yield Scenario(stack, begins=stack.clock.now(), locate=lambda: "here")


def healthy_tasks(story: Scenario) -> list[str]:
    stack = cast("Any", story.stack)
    return [task.name for task in stack.outside().console.tasks if task.state == "healthy"]


def test_killed_task_is_left_to_whoever_brings_the_load_balancer_back(story: Scenario) -> None:
    with story.fault(BalancerMissing()):
        with story.fault(TaskKilled()) as killed:
            story.play("10s")
            story.settle("a remedy that is none")
            assert not killed.is_over
            healed = story.stack.clock.now()
        assert killed.is_over
        assert story.stack.clock.now() - healed < AT_ONCE
        story.play("3m")
        assert healthy_tasks(story) == []
        assert story.stack.view().missing_tasks == 0
    assert story.stack.view().missing_tasks == 1
    story.play("30s")
    assert len(healthy_tasks(story)) == 1
    assert story.stack.view().missing_tasks == 0


def test_crash_loop_that_ends_while_there_is_no_load_balancer_is_over_with_it(story: Scenario) -> None:
    first, second = story.fault(TaskCrashLoop()), story.fault(BalancerMissing())
    first.__enter__()
    story.play("2m")
    with second:
        story.play("1m")
        first.__exit__(None, None, None)
    story.play("30s")
    assert len(healthy_tasks(story)) == 1


def test_task_that_cannot_be_killed_amid_a_crash_loop_is_said_at_once(story: Scenario) -> None:
    with story.fault(TaskCrashLoop()):
        story.play("3m")
        tried = story.stack.clock.now()
        with pytest.raises(ScenarioError, match="no task of the service runs"), story.fault(TaskKilled()):
            pass
        assert story.stack.clock.now() - tried < AT_ONCE
    assert len(healthy_tasks(story)) == 1


def test_tasks_that_are_to_start_anew_are_not_waited_for_while_there_is_no_load_balancer(story: Scenario) -> None:
    with story.fault(BalancerMissing()):
        story.play("2m")
        with story.fault(ClockSkew()):
            story.play("1m")
    story.play("30s")
    assert len(healthy_tasks(story)) == 1


def test_task_that_is_killed_anew_is_missed_though_an_earlier_one_was_left(story: Scenario) -> None:
    with story.fault(BalancerMissing()), story.fault(TaskKilled()):
        pass
    story.play("30s")
    with story.fault(TaskKilled()):
        assert story.stack.view().missing_tasks == 1
    assert len(healthy_tasks(story)) == 1
