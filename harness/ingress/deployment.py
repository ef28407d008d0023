"""Which service tasks run: an orchestrator that starts, proves, drains, stops and replaces them, and that gives up.

The life of a task:

    starting    its process was asked for
    running     it listens, and has yet to pass its health checks
    healthy     it passed them: the load balancer forwards to it
    unhealthy   it failed them: it is stopped at once and another one takes its place
    draining    a newer task took over: no new request comes, those under way may finish
    stopped     its process is gone

Rules of this file: each input changes what is known and then everything is settled anew; an old task leaves only once
a new one is healthy; a target leaves the load balancer before its task is stopped; after so many launches in a row
that never became healthy the deployment is failed, and nothing starts until somebody acts.

Source: Amazon ECS rolling updates with the deployment circuit breaker, 100 % minimum and 200 % maximum healthy.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import msgspec
from msgspec.structs import replace

from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import DeploymentChanged, Event, TaskChanged
from harness.ingress.commands import CheckTarget, Command, Commands, SetTargets, StartTask, StopTask
from harness.ingress.health import Health
from harness.ingress.records import Address

NO_BALANCER = "no load balancer forwards to the target group"
"""Why every health check fails while there is none to perform it."""

TaskState = Literal["starting", "running", "healthy", "unhealthy", "draining", "stopped"]
DeploymentState = Literal["in progress", "completed", "failed"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How careful and how patient a deployment is, in incident time."""

    desired: int = 1
    """Tasks that should serve."""
    check_path: str = "/"
    """What a health check asks for."""
    check_interval: timedelta = timedelta(seconds=5)
    """From one health check of a target to the next."""
    healthy_threshold: int = 2
    """Successful checks in a row before a target is forwarded to."""
    unhealthy_threshold: int = 2
    """Failed checks in a row before its task is stopped."""
    drain: timedelta = timedelta(seconds=10)
    """How long requests under way may take to finish once a task was replaced."""
    failed_launches_before_giving_up: int = 2
    """Launches in a row that never became healthy."""
    start_timeout: timedelta = timedelta(seconds=120)
    """How long a task may take until it listens."""

    def __post_init__(self) -> None:
        for name in ("desired", "healthy_threshold", "unhealthy_threshold", "failed_launches_before_giving_up"):
            if getattr(self, name) < 1:
                message = f"the deployment policy's {name} is {getattr(self, name)}. Give 1 or more."
                raise ScenarioError(message)
        for name in ("check_interval", "start_timeout"):
            if getattr(self, name) <= timedelta():
                message = f"the deployment policy's {name} is {spoken(getattr(self, name))}. Give more than nothing."
                raise ScenarioError(message)
        if self.drain < timedelta():
            message = f"the deployment policy's drain is {spoken(self.drain)}. Give 0 s or more."
            raise ScenarioError(message)


class Deployment(msgspec.Struct, frozen=True):
    """One attempt to have a revision serve."""

    number: int
    """From 1 up; the same revision may be deployed again."""
    revision: str
    """The task definition."""
    state: DeploymentState
    """Whether it still tries, got there, or gave up."""
    reason: str
    """Why it is in that state."""


class Task(msgspec.Struct, frozen=True):  # as Health
    """One process of the service, as far as the orchestrator knows."""

    name: str
    """Never used twice."""
    revision: str
    """The task definition it runs."""
    deployment: int
    """The number of the deployment it belongs to."""
    state: TaskState
    """Where it is in its life."""
    reason: str
    """Why it is in that state, or why it is being stopped."""
    due: float
    """Steady seconds when it is looked at again: not ready by then, next check, or drained."""
    health: Health
    """What its checks said."""
    address: Address | None = None
    """Where it listens, once it does."""
    was_healthy: bool = False
    """Whether it ever passed its health checks."""
    is_stopping: bool = False
    """Whether its process was told to end."""

    @property
    def is_up(self) -> bool:
        """Whether it serves, or may yet come to."""
        return self.state in ("starting", "running", "healthy") and not self.is_stopping


class Orchestrator:
    """Keeps the desired number of healthy tasks of the newest deployment running behind the load balancer.

    Every input returns the commands that follow from it. Instants are steady seconds.

    Args:
        policy: how careful and patient it is.
        record: keeps an event.

    Evidence: TaskChanged, DeploymentChanged.
    """

    def __init__(self, policy: Policy, *, record: Callable[[Event], object]) -> None:
        self.policy = policy
        self.deployment: Deployment | None = None
        self._record = record
        self._tasks: dict[str, Task] = {}
        self._outbox: list[Command] = []
        self._failed_launches = 0
        self._has_balancer = False
        self._told: tuple[Address, ...] | None = None
        self._aside: frozenset[Address] = frozenset()
        self._numbers = itertools.count(1)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Every task there ever was, oldest first."""
        return tuple(self._tasks.values())

    @property
    def wakes_at(self) -> float:
        """When `tick` has something to do next, in steady seconds; infinity when nothing is due."""
        return min((task.due for task in self._tasks.values()), default=math.inf)

    # Inputs

    def deploy(self, revision: str, *, reason: str, now: float) -> Commands:
        """Roll a revision out: each new task proves itself before an old one goes, so that no request fails."""
        number = next(self._numbers)
        self._failed_launches = 0
        self._set_deployment(Deployment(number, revision, "in progress", reason))
        return self._settle(now)

    def recreate(self, revision: str, *, reason: str, now: float) -> Commands:
        """Take every task away and begin anew, without waiting for new ones: nothing serves in between."""
        for task in self._up():
            self._retire(task, reason=reason, now=now)
        return self.deploy(revision, reason=reason, now=now)

    def delete(self, *, reason: str, now: float) -> Commands:
        """Take every task away, and start none until something is deployed again."""
        for task in self._up():
            self._retire(task, reason=reason, now=now)
        self.deployment = None
        return self._settle(now)

    def set_aside(self, target: Address, *, aside: bool, now: float) -> Commands:
        """Forward nothing to a target any more, or again; its task runs on, and its health is still looked at."""
        self._aside = self._aside | {target} if aside else self._aside - {target}
        return self._settle(now)

    def is_target(self, task: Task) -> bool:
        """Say whether a task is in the target group."""
        return task.is_up and task.address is not None and task.address not in self._aside

    def attach_balancer(self, *, now: float) -> Commands:
        """A load balancer forwards to the targets from now on; a deployment that had given up tries again."""
        self._has_balancer, self._told = True, None
        if self.deployment is not None and self.deployment.state == "failed":
            reason = "a load balancer forwards to the target group again"
            return self.deploy(self.deployment.revision, reason=reason, now=now)
        return self._settle(now)

    def detach_balancer(self, *, now: float) -> Commands:
        """No load balancer forwards to the targets any more, so that every health check fails."""
        self._has_balancer = False
        return self._settle(now)

    def task_ready(self, name: str, *, address: Address, now: float) -> Commands:
        """A task listens; its health checks begin with the next tick."""
        task = self._known(name)
        if task.state == "starting" and not task.is_stopping:
            task = replace(task, address=address, due=now)
            self._change(task, "running", reason=f"listening at {address}")
        return self._settle(now)

    def task_exited(self, name: str, *, code: int, now: float) -> Commands:
        """A task's process is gone, on request or by itself."""
        task = self._known(name)
        if task.state == "stopped":
            return ()
        if task.address is not None:
            self._aside -= {task.address}
        reason = task.reason if task.is_stopping else f"exited by itself with code {code}"
        self._change(replace(task, due=math.inf), "stopped", reason=reason)
        if task.is_up:
            self._count_launch(task, reason=reason)
        return self._settle(now)

    def checked(self, name: str, *, ok: bool, reason: str, now: float) -> Commands:
        """A health check ended; one that comes too late to matter is let go."""
        if self._has_balancer:
            self._judge(self._known(name), ok=ok, reason=reason)
        return self._settle(now)

    def tick(self, now: float) -> Commands:
        """Do what is due: health checks, the end of draining, and of patience with a task that does not start."""
        for task in self.tasks:
            if task.due <= now:
                self._attend(task, now)
        return self._settle(now)

    # What is due

    def _attend(self, task: Task, now: float) -> None:
        if task.state == "starting":
            reason = f"did not listen within {spoken(self.policy.start_timeout)}"
            self._stop(task, reason=reason)
            self._count_launch(task, reason=reason)
        elif task.state == "draining":
            self._stop(task, reason=task.reason)
        else:
            self._check(task, now)

    def _check(self, task: Task, now: float) -> None:
        interval = self.policy.check_interval.total_seconds()
        on_time = task.due + interval
        task = self._tasks[task.name] = replace(task, due=on_time if on_time > now else now + interval)
        if not self._has_balancer:
            self._judge(task, ok=False, reason=NO_BALANCER)
        elif task.address is not None:
            self._outbox.append(CheckTarget(task.name, task.address, self.policy.check_path))

    def _judge(self, task: Task, *, ok: bool, reason: str) -> None:
        if not task.is_up:
            return
        health = task.health.after(ok=ok, reason=reason)
        task = self._tasks[task.name] = replace(task, health=health)
        if health.state == "healthy" and task.state == "running":
            self._failed_launches = 0
            passed = f"passed {health.successes} health checks in a row"
            self._change(replace(task, was_healthy=True), "healthy", reason=passed)
        elif health.state == "unhealthy":
            failed = f"failed {health.failures} health checks in a row: {reason}"
            reason = f"failed load balancer health checks: {reason}"
            self._stop(self._change(task, "unhealthy", reason=failed), reason=reason)
            self._count_launch(task, reason=reason)

    def _count_launch(self, task: Task, *, reason: str) -> None:
        deployment = self.deployment
        if deployment is None or task.was_healthy or task.deployment != deployment.number:
            return
        self._failed_launches += 1
        if self._failed_launches >= self.policy.failed_launches_before_giving_up and deployment.state != "failed":
            launches = f"{self._failed_launches} launches in a row that never became healthy"
            why = f"gave up after {launches}; the last {reason}"
            self._set_deployment(replace(deployment, state="failed", reason=why))

    # Settling

    def _settle(self, now: float) -> Commands:
        self._replace_old_tasks(now)
        self._launch_missing_tasks(now)
        self._complete()
        commands = (*self._targets_changed(), *self._outbox)
        self._outbox.clear()
        return commands

    def _replace_old_tasks(self, now: float) -> None:
        if self.deployment is None:
            return
        old = self._up(current=False)
        if not old:
            return
        reason = f"replaced by {self.deployment.revision}"
        serving = [task for task in old if task.state == "healthy"]
        needed = max(0, self.policy.desired - sum(task.state == "healthy" for task in self._up(current=True)))
        spare = serving[: max(0, len(serving) - needed)]
        for task in old:
            if task in spare or task not in serving:
                self._retire(task, reason=reason, now=now)

    def _launch_missing_tasks(self, now: float) -> None:
        if self.deployment is None or self.deployment.state == "failed":
            return
        for _ in range(self.policy.desired - len(self._up(current=True))):
            self._launch(self.deployment, now)

    def _complete(self) -> None:
        deployment = self.deployment
        if deployment is None or deployment.state != "in progress":
            return
        healthy = [task for task in self._up(current=True) if task.state == "healthy"]
        remaining = [task for task in self.tasks if task.state != "stopped" and task.deployment != deployment.number]
        if len(healthy) >= self.policy.desired and not remaining:
            reason = f"{len(healthy)} healthy, none of an older deployment left"
            self._set_deployment(replace(deployment, state="completed", reason=reason))

    def _targets_changed(self) -> tuple[SetTargets, ...]:
        serving = (task for task in self._up() if task.state == "healthy" and self.is_target(task))
        healthy = tuple(task.address for task in serving if task.address is not None)
        if not self._has_balancer or healthy == self._told:
            return ()
        self._told = healthy
        return (SetTargets(healthy),)

    # One task

    def _launch(self, deployment: Deployment, now: float) -> None:
        task = Task(
            name=f"task-{len(self._tasks) + 1}",
            revision=deployment.revision,
            deployment=deployment.number,
            state="starting",
            reason=deployment.reason,
            due=now + self.policy.start_timeout.total_seconds(),
            health=Health(self.policy.healthy_threshold, self.policy.unhealthy_threshold),
        )
        self._outbox.append(StartTask(task.name, task.revision))
        self._change(task, "starting", reason=deployment.reason)

    def _retire(self, task: Task, *, reason: str, now: float) -> None:
        if task.state == "healthy":
            self._change(replace(task, due=now + self.policy.drain.total_seconds()), "draining", reason=reason)
        else:
            self._stop(task, reason=reason)

    def _stop(self, task: Task, *, reason: str) -> None:
        self._tasks[task.name] = replace(task, reason=reason, due=math.inf, is_stopping=True)
        self._outbox.append(StopTask(task.name, reason))

    def _change(self, task: Task, state: TaskState, *, reason: str) -> Task:
        changed = self._tasks[task.name] = replace(task, state=state, reason=reason)
        self._record(TaskChanged(task=task.name, state=state, reason=reason, revision=task.revision))
        return changed

    def _set_deployment(self, deployment: Deployment) -> None:
        self.deployment = deployment
        event = DeploymentChanged(revision=deployment.revision, state=deployment.state, reason=deployment.reason)
        self._record(event)

    def _up(self, *, current: bool | None = None) -> list[Task]:
        number = self.deployment.number if self.deployment else 0
        up = [task for task in self._tasks.values() if task.is_up]
        return up if current is None else [task for task in up if (task.deployment == number) is current]

    def _known(self, name: str) -> Task:
        try:
            return self._tasks[name]
        except KeyError:
            raise HarnessError(unknown_name("task", name, known=self._tasks)) from None
