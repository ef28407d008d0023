from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.events import DeploymentChanged, Event, TaskChanged
from harness.ingress.commands import CheckTarget, Command, Commands, SetTargets, StartTask, StopTask
from harness.ingress.deployment import NO_BALANCER, Orchestrator, Policy
from harness.ingress.records import Address

V1, V2 = "pizza-service:1", "pizza-service:2"


def at(task: str) -> Address:
    return Address("127.0.0.1", 9000 + int(task.removeprefix("task-")))


class Talk:
    """A conversation with an orchestrator: what was said to it, and what it answered and recorded."""

    def __init__(self, **policy: Any) -> None:
        self.events: list[Event] = []
        self.orchestrator = Orchestrator(Policy(**policy), record=self.events.append)

    def healthy(self, *tasks: str, now: float) -> Commands:
        """Let tasks that were started come up and pass two checks, five seconds apart."""
        said: list[Command] = []
        for task in tasks:
            said += self.orchestrator.task_ready(task, address=at(task), now=now)
        for moment in (now, now + 5):
            self.orchestrator.tick(moment)
            for task in tasks:
                said += self.orchestrator.checked(task, ok=True, reason="status 200", now=moment)
        return tuple(said)

    def serving(self, *tasks: str, revision: str = V1) -> None:
        """Come to where the tasks of a first deployment are healthy behind a load balancer, at 5 s."""
        self.orchestrator.attach_balancer(now=0)
        self.orchestrator.deploy(revision, reason="push", now=0)
        self.healthy(*tasks, now=0)

    def states(self, task: str) -> list[str]:
        return [event.state for event in self.events if isinstance(event, TaskChanged) and event.task == task]

    def reason(self, task: str) -> str:
        return [event for event in self.events if isinstance(event, TaskChanged) and event.task == task][-1].reason

    def deployments(self) -> list[tuple[str, str]]:
        return [(event.revision, event.state) for event in self.events if isinstance(event, DeploymentChanged)]


def test_orchestrator_before_any_deployment_starts_nothing() -> None:
    talk = Talk()
    assert talk.orchestrator.attach_balancer(now=0) == (SetTargets(()),)
    assert talk.orchestrator.tick(3600) == ()
    assert talk.orchestrator.wakes_at == math.inf


def test_deploy_first_starts_a_task_and_completes_once_it_is_healthy() -> None:
    talk = Talk()
    talk.orchestrator.attach_balancer(now=0)
    assert talk.orchestrator.deploy(V1, reason="push", now=0) == (StartTask("task-1", V1),)
    assert talk.orchestrator.task_ready("task-1", address=at("task-1"), now=1) == ()
    assert talk.orchestrator.tick(1) == (CheckTarget("task-1", at("task-1"), "/"),)
    assert talk.orchestrator.checked("task-1", ok=True, reason="status 200", now=1) == ()
    assert talk.orchestrator.tick(5.9) == ()
    assert talk.orchestrator.tick(6) == (CheckTarget("task-1", at("task-1"), "/"),)
    assert talk.orchestrator.checked("task-1", ok=True, reason="status 200", now=6) == (SetTargets((at("task-1"),)),)
    assert talk.states("task-1") == ["starting", "running", "healthy"]
    assert talk.reason("task-1") == "passed 2 health checks in a row"
    assert talk.deployments() == [(V1, "in progress"), (V1, "completed")]


def test_checks_of_a_healthy_task_keep_their_rhythm_when_ticks_come_late() -> None:
    talk = Talk()
    talk.serving("task-1")
    assert talk.orchestrator.wakes_at == 10
    assert talk.orchestrator.tick(11.5) == (CheckTarget("task-1", at("task-1"), "/"),)
    assert talk.orchestrator.wakes_at == 15
    talk.orchestrator.tick(100)
    assert talk.orchestrator.wakes_at == 105


def test_rolling_deploy_new_task_is_healthy_before_the_old_one_leaves() -> None:
    talk = Talk()
    talk.serving("task-1")
    assert talk.orchestrator.deploy(V2, reason="push", now=60) == (StartTask("task-2", V2),)
    said = talk.healthy("task-2", now=61)
    assert said == (SetTargets((at("task-2"),)),)
    assert talk.states("task-1")[-1] == "draining"
    assert talk.orchestrator.tick(75.9) == (CheckTarget("task-2", at("task-2"), "/"),)
    assert talk.orchestrator.tick(76) == (
        StopTask("task-1", f"replaced by {V2}"),
        CheckTarget("task-2", at("task-2"), "/"),
    )
    assert talk.deployments()[-1] == (V2, "in progress")
    assert talk.orchestrator.task_exited("task-1", code=-15, now=76.1) == ()
    assert talk.states("task-1") == ["starting", "running", "healthy", "draining", "stopped"]
    assert talk.deployments()[-1] == (V2, "completed")


def test_rolling_deploy_of_two_tasks_never_has_fewer_than_two_targets() -> None:
    talk = Talk(desired=2)
    talk.serving("task-1", "task-2")
    assert len(talk.orchestrator.deploy(V2, reason="push", now=60)) == 2
    assert talk.healthy("task-3", now=61) == (SetTargets((at("task-2"), at("task-3"))),)
    assert talk.healthy("task-4", now=70) == (SetTargets((at("task-3"), at("task-4"))),)


def test_deploy_during_a_deployment_stops_what_never_served() -> None:
    talk = Talk()
    talk.serving("task-1")
    talk.orchestrator.deploy(V2, reason="push", now=60)
    said = talk.orchestrator.deploy("pizza-service:3", reason="push", now=61)
    assert said == (StopTask("task-2", "replaced by pizza-service:3"), StartTask("task-3", "pizza-service:3"))
    talk.orchestrator.task_exited("task-2", code=-15, now=62)
    assert talk.deployments()[-1] == ("pizza-service:3", "in progress")
    assert talk.states("task-1")[-1] == "healthy"


def test_deploy_of_the_same_revision_replaces_its_tasks() -> None:
    talk = Talk()
    talk.serving("task-1")
    assert talk.orchestrator.deploy(V1, reason="forced", now=60) == (StartTask("task-2", V1),)
    talk.healthy("task-2", now=61)
    assert talk.states("task-1")[-1] == "draining"


def test_unhealthy_task_is_stopped_and_replaced_and_leaves_the_balancer_first() -> None:
    talk = Talk()
    talk.serving("task-1")
    assert talk.orchestrator.checked("task-1", ok=False, reason="status 500", now=10) == ()
    assert talk.orchestrator.checked("task-1", ok=False, reason="status 500", now=15) == (
        SetTargets(()),
        StopTask("task-1", "failed load balancer health checks: status 500"),
        StartTask("task-2", V1),
    )
    talk.orchestrator.task_exited("task-1", code=-15, now=16)
    assert talk.states("task-1")[-2:] == ["unhealthy", "stopped"]
    assert talk.reason("task-1") == "failed load balancer health checks: status 500"


def test_crashed_task_is_replaced_at_once() -> None:
    talk = Talk()
    talk.serving("task-1")
    assert talk.orchestrator.task_exited("task-1", code=1, now=20) == (SetTargets(()), StartTask("task-2", V1))
    assert talk.reason("task-1") == "exited by itself with code 1"
    assert talk.orchestrator.task_exited("task-1", code=1, now=21) == ()


def test_task_that_crashes_each_time_it_served_is_replaced_for_ever() -> None:
    talk = Talk()
    talk.serving("task-1")
    for number in range(1, 6):
        said = talk.orchestrator.task_exited(f"task-{number}", code=1, now=100 * number)
        assert StartTask(f"task-{number + 1}", V1) in said
        talk.healthy(f"task-{number + 1}", now=100 * number + 1)
    assert talk.deployments()[-1] == (V1, "completed")


def test_two_launches_that_exit_at_once_fail_the_deployment_and_nothing_starts_any_more() -> None:
    talk = Talk()
    talk.orchestrator.attach_balancer(now=0)
    talk.orchestrator.deploy(V1, reason="push", now=0)
    assert talk.orchestrator.task_exited("task-1", code=2, now=1) == (StartTask("task-2", V1),)
    assert talk.orchestrator.task_exited("task-2", code=2, now=2) == ()
    assert talk.deployments() == [(V1, "in progress"), (V1, "failed")]
    assert talk.orchestrator.deployment is not None
    assert talk.orchestrator.deployment.reason == (
        "gave up after 2 launches in a row that never became healthy; the last exited by itself with code 2"
    )
    assert talk.orchestrator.tick(3600) == ()


def test_launches_that_fail_but_not_in_a_row_do_not_fail_the_deployment() -> None:
    talk = Talk()
    talk.orchestrator.attach_balancer(now=0)
    talk.orchestrator.deploy(V1, reason="push", now=0)
    talk.orchestrator.task_exited("task-1", code=2, now=1)
    talk.healthy("task-2", now=2)
    talk.orchestrator.task_exited("task-2", code=2, now=20)
    assert talk.orchestrator.task_exited("task-3", code=2, now=21) == (StartTask("task-4", V1),)


def test_failed_deployment_leaves_the_old_task_serving() -> None:
    talk = Talk()
    talk.serving("task-1")
    talk.orchestrator.deploy(V2, reason="push", now=60)
    talk.orchestrator.task_exited("task-2", code=2, now=61)
    assert talk.orchestrator.task_exited("task-3", code=2, now=62) == ()
    assert talk.deployments()[-1] == (V2, "failed")
    assert talk.states("task-1")[-1] == "healthy"


def test_deploy_after_a_failed_deployment_tries_again() -> None:
    talk = Talk()
    talk.orchestrator.deploy(V1, reason="push", now=0)
    talk.orchestrator.task_exited("task-1", code=2, now=1)
    talk.orchestrator.task_exited("task-2", code=2, now=2)
    assert talk.orchestrator.deploy(V2, reason="fixed", now=60) == (StartTask("task-3", V2),)
    assert talk.orchestrator.task_exited("task-3", code=2, now=61) == (StartTask("task-4", V2),)


def test_task_that_never_listens_is_stopped_after_the_start_timeout() -> None:
    talk = Talk()
    talk.orchestrator.deploy(V1, reason="push", now=0)
    assert talk.orchestrator.tick(119.9) == ()
    assert talk.orchestrator.tick(120) == (
        StopTask("task-1", "did not listen within 2 min"),
        StartTask("task-2", V1),
    )
    assert talk.orchestrator.task_ready("task-1", address=at("task-1"), now=121) == ()
    assert talk.states("task-1") == ["starting"]


def test_balancer_gone_stops_tasks_within_two_checks_then_gives_up_after_two_more_launches() -> None:
    talk = Talk()
    talk.serving("task-1")
    talk.orchestrator.detach_balancer(now=12)
    assert talk.orchestrator.tick(15) == ()
    stopped = StopTask("task-1", f"failed load balancer health checks: {NO_BALANCER}")
    assert talk.orchestrator.tick(20) == (stopped, StartTask("task-2", V1))
    for number, ready in ((2, 21), (3, 31)):
        task = f"task-{number}"
        talk.orchestrator.task_ready(task, address=at(task), now=ready)
        assert talk.orchestrator.tick(ready) == ()
        assert StopTask(task, f"failed load balancer health checks: {NO_BALANCER}") in talk.orchestrator.tick(ready + 5)
        talk.orchestrator.task_exited(task, code=-15, now=ready + 5)
    assert talk.deployments()[-1] == (V1, "failed")
    assert talk.orchestrator.tick(3600) == ()
    assert [task.state for task in talk.orchestrator.tasks] == ["unhealthy", "stopped", "stopped"]


def test_balancer_gone_a_check_that_was_under_way_no_longer_counts() -> None:
    talk = Talk()
    talk.serving("task-1")
    talk.orchestrator.detach_balancer(now=11)
    talk.orchestrator.tick(15)
    talk.orchestrator.checked("task-1", ok=True, reason="status 200", now=16)
    assert StartTask("task-2", V1) in talk.orchestrator.tick(20)


def test_balancer_back_after_giving_up_tries_the_same_revision_again() -> None:
    talk = Talk()
    talk.orchestrator.deploy(V1, reason="push", now=0)
    talk.orchestrator.task_exited("task-1", code=2, now=1)
    talk.orchestrator.task_exited("task-2", code=2, now=2)
    assert talk.orchestrator.attach_balancer(now=60) == (SetTargets(()), StartTask("task-3", V1))
    assert talk.healthy("task-3", now=61) == (SetTargets((at("task-3"),)),)
    assert talk.deployments()[-2:] == [(V1, "in progress"), (V1, "completed")]


def test_balancer_back_before_anything_was_stopped_is_told_the_targets() -> None:
    talk = Talk()
    talk.serving("task-1")
    talk.orchestrator.detach_balancer(now=11)
    assert talk.orchestrator.attach_balancer(now=12) == (SetTargets((at("task-1"),)),)


def test_recreate_takes_everything_away_before_anything_new_is_healthy() -> None:
    talk = Talk()
    talk.serving("task-1")
    said = talk.orchestrator.recreate(V1, reason="the service was recreated", now=60)
    assert said == (SetTargets(()), StartTask("task-2", V1))
    assert talk.states("task-1")[-1] == "draining"
    assert StopTask("task-1", "the service was recreated") in talk.orchestrator.tick(70)


def test_input_about_a_task_that_never_was_is_an_error() -> None:
    with pytest.raises(HarnessError, match="unknown task 'task-9'"):
        Talk().orchestrator.task_exited("task-9", code=0, now=0)


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ({"desired": 0}, "desired is 0"),
        ({"unhealthy_threshold": 0}, "unhealthy_threshold is 0"),
        ({"check_interval": timedelta()}, "check_interval is 0 ms"),
        ({"drain": timedelta(seconds=-1)}, "drain is -1 s"),
    ],
)
def test_policy_that_cannot_be_followed_is_refused(policy: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        Policy(**policy)
