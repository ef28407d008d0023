"""What every cloud does alike, on one that only writes down what it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.clock import VirtualClock
from harness.errors import ScenarioError
from harness.events import Event, TaskChanged
from harness.ingress.commands import CheckTarget, StartTask
from harness.ingress.control_plane import ControlPlane, Site
from harness.ingress.records import Address, Zone
from harness.stacks.carrier import Carrier
from harness.stacks.target_troubles import Targets

TASK = Address("127.0.0.1", 9001)
BALANCER = Address("127.0.0.11", 8080)
BEGINS = datetime(2024, 12, 1, 5, tzinfo=UTC)


class WrittenCloud(Carrier[str, str]):
    """Starts nothing: a task is its own name, after all that was changed about it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(BEGINS)
        self.events: list[Event] = []
        self.did: list[str] = []
        site = Site(name="pizza.test", service="pizza", ttl=timedelta(seconds=30))
        super().__init__(ControlPlane(site, zone=Zone(), record=self.events.append), clock=self.clock)

    def deploy(self) -> None:
        """Bring up a load balancer, and a task that is healthy behind it."""
        self.carry_out(self.plane.create_balancer(now=self.clock.steady()).commands)
        self._balancer_ready("pizza-balancer-1", BALANCER)
        self.carry_out(self.plane.push("1", note="", now=self.clock.steady()).commands)
        self._task_ready("task-1", TASK)

    def pass_by(self, seconds: float) -> None:
        """Let time go by, a second at a time."""
        for _ in range(int(seconds)):
            self.clock.move_to(self.clock.steady() - BEGINS.timestamp() + 1)
            self.tick()

    def _start_task(self, command: StartTask) -> str:
        return self._changed(command.task)

    def _stop_task(self, task: str) -> None:
        self.did.append(f"stop {task}")

    def _start_balancer(self, name: str) -> str:
        return name

    def _stop_balancer(self, balancer: str) -> None:
        self.did.append(f"stop {balancer}")

    def _tell(self, targets: Targets) -> None:
        self.did.append(f"forward to {', '.join(map(str, targets)) or 'nobody'}")

    def _begin_check(self, command: CheckTarget) -> None:
        self._checked(command.task, ok=True, reason="status 200")


def test_oldest_task_of_a_cloud_without_any_is_refused() -> None:
    with pytest.raises(ScenarioError, match="no task of the service runs"):
        WrittenCloud().oldest_task()


def test_task_that_starts_while_a_trouble_wants_it_is_changed() -> None:
    cloud = WrittenCloud()
    cloud.changes["crash"] = lambda task: f"crashing {task}"
    cloud.deploy()
    assert cloud.oldest_task() == "crashing task-1"
    assert cloud.tasks == ("crashing task-1",)


def test_task_that_passes_its_checks_is_forwarded_to_but_for_what_is_changed_about_the_targets() -> None:
    cloud = WrittenCloud()
    cloud.deploy()
    cloud.pass_by(30)
    assert cloud.did[-1] == f"forward to {TASK}"
    cloud.detours["withheld"] = lambda _targets: ()
    cloud.tell_targets()
    assert cloud.did[-1] == "forward to nobody"


def test_task_that_ended_by_itself_is_forgotten_and_another_is_started() -> None:
    cloud = WrittenCloud()
    cloud.deploy()
    cloud._task_exited("task-1", 1)
    assert cloud.tasks == ("task-2",)
    states = [(event.task, event.state) for event in cloud.events if isinstance(event, TaskChanged)]
    assert states[-2:] == [("task-1", "stopped"), ("task-2", "starting")]


def test_balancer_that_is_removed_is_stopped() -> None:
    cloud = WrittenCloud()
    cloud.deploy()
    cloud.carry_out(cloud.plane.remove_balancer(now=cloud.clock.steady()).commands)
    assert "stop pizza-balancer-1" in cloud.did
