"""The control plane: what a cloud console shows of a site's ingress, and what it lets one do about it.

Rules of this file: an operation does what its name says and nothing else, whether it helps or not; it answers with a
sentence of what was really done; commands go to the shell, and what came of them comes back as inputs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import msgspec

from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import BalancerCreated, BalancerRemoved, Event
from harness.ingress.commands import Commands, StartBalancer, StopBalancer
from harness.ingress.deployment import Deployment, Orchestrator, Policy, Task
from harness.ingress.description import (
    Balancer,
    DeploymentShown,
    Description,
    RecordShown,
    StackEvent,
    TargetShown,
    TaskDefinition,
    TaskShown,
)
from harness.ingress.records import Address, Record, Zone

NOTHING_DEPLOYED = "nothing was deployed yet, so nothing was done; push a revision first"


@dataclass(frozen=True, slots=True)
class Site:
    """What is reached through the ingress."""

    name: str
    """The DNS name that clients know: `pizza-service.pizza.test`."""
    service: str
    """What the service is called in the console: `pizza-service`."""
    ttl: timedelta = timedelta(seconds=60)
    """How long clients may keep an answer of DNS, in incident time; whole seconds."""
    policy: Policy = field(default_factory=Policy)
    """How careful and patient deployments are."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an operation did."""

    did: str
    """In a sentence, for the history."""
    commands: Commands = ()
    """What the shell has to carry out, in order; empty when there was nothing to do."""


class ControlPlane:
    """The ingress of one site: its record, its load balancers, its service and the tasks behind it.

    Instants are steady seconds. A site comes up by `push`, `create_balancer` and, once that is ready, `update_record`.

    Args:
        site: what is reached through it.
        zone: the DNS records it changes, and a DNS server answers from.
        record: keeps an event.

    Evidence: BalancerCreated, BalancerRemoved, RecordChanged, TaskChanged, DeploymentChanged.
    """

    def __init__(self, site: Site, *, zone: Zone, record: Callable[[Event], object]) -> None:
        self.site = site
        self._zone = zone
        self._record = record
        self._orchestrator = Orchestrator(site.policy, record=record)
        self._balancers: dict[str, Balancer] = {}
        self._definitions: dict[str, TaskDefinition] = {}
        self._trail: list[StackEvent] = []
        self._clusters = 1
        self._services = 1

    # Operations

    def push(self, revision: str, *, note: str, now: float) -> Done:
        """Deploy new code the way CI does after a push: register a task definition and roll it out.

        Args:
            revision: the version of the code.
            note: what the push was for.
            now: steady seconds.
        """
        definition = self._register(revision, note=note)
        commands = self._orchestrator.deploy(definition.name, reason=f"pushed {revision}: {note}", now=now)
        did = f"pushed {revision} ({note}) and began to roll {definition.name} out"
        return self._done(did, resource=self.service, commands=commands, now=now)

    def recreate_task_definition(self, *, now: float) -> Done:
        """Register the deployed task definition once more, and roll it out."""
        current = self._deployed()
        if current is None:
            return Done(NOTHING_DEPLOYED)
        definition = self._register(current.pushed, note=f"recreated from {current.name}")
        reason = f"the task definition was recreated from {current.name}"
        commands = self._orchestrator.deploy(definition.name, reason=reason, now=now)
        did = f"recreated the task definition as {definition.name} and began to roll it out"
        return self._done(did, resource=definition.name, commands=commands, now=now)

    def recreate_service(self, *, now: float) -> Done:
        """Delete the service with all its tasks, and create it anew with the same task definition."""
        return self._recreate("service", now=now)

    def recreate_cluster(self, *, now: float) -> Done:
        """Delete the cluster with its service and all tasks, and create both anew."""
        return self._recreate("cluster", now=now)

    def roll_back(self, *, now: float) -> Done:
        """Roll out the last task definition that ran other code than the deployed one."""
        current = self._deployed()
        if current is None:
            return Done(NOTHING_DEPLOYED)
        earlier = self._before(current)
        if earlier is None:
            return Done(f"there is nothing earlier than {current.name} to roll back to, so nothing was done")
        commands = self._orchestrator.deploy(earlier.name, reason=f"rolled back from {current.name}", now=now)
        did = f"began to roll back from {current.name} to {earlier.name} ({earlier.pushed})"
        return self._done(did, resource=self.service, commands=commands, now=now)

    def create_balancer(self, *, now: float, name: str = "") -> Done:
        """Create a load balancer with an address of its own, which forwards to the target group once it is ready.

        Args:
            now: steady seconds.
            name: one that none had before; the next of the site's own when nobody gives one.

        Raises:
            ScenarioError: when a load balancer had that name before.
        """
        existing = self.balancer
        if existing is not None:
            where = f"at {existing.address}" if existing.address else "and is being made ready"
            return Done(f"the load balancer {existing.name} exists already {where}, so none was created")
        if name in self._balancers:
            message = f"a load balancer was called {name} before, and no name is used twice. Choose another."
            raise ScenarioError(message)
        made = Balancer(name=name or self._next_balancer())
        self._balancers[made.name] = made
        did = f"created the load balancer {made.name} in front of the target group"
        return self._done(did, resource=made.name, commands=(StartBalancer(made.name),), now=now)

    def remove_balancer(self, *, now: float) -> Done:
        """Remove the load balancer, and leave the record that points at it as it is.

        Raises:
            ScenarioError: when there is none; a fault that breaks nothing must not look like one that did.
        """
        removed = self.balancer
        if removed is None:
            message = f"there is no load balancer of {self.site.name} to remove. Create one, or remove it only once."
            raise ScenarioError(message)
        self._balancers[removed.name] = msgspec.structs.replace(removed, exists=False)
        self._record(BalancerRemoved(name=removed.name, address=removed.address))
        commands = (StopBalancer(removed.name), *self._orchestrator.detach_balancer(now=now))
        did = f"removed the load balancer {removed.name}"
        return self._done(did, resource=removed.name, commands=commands, now=now)

    def update_record(self, *, now: float) -> Done:
        """Point the site's name at the load balancer that exists."""
        balancer, name = self.balancer, self.site.name
        if balancer is None or not balancer.address:
            return Done(f"there is no load balancer to point {name} at, so its record was left alone")
        address = Address.parse(balancer.address)
        record = self._zone.find(name)
        if record is not None and record.address == address:
            return Done(f"{name} points at {balancer.name} ({address}) already, so its record was left alone")
        self._record(self._zone.set(name, address, ttl=self.site.ttl))
        patience = f"clients may keep an older answer for {spoken(self.site.ttl)}"
        did = f"pointed {name} at {balancer.name} ({address}); {patience}"
        return self._done(did, resource=name, commands=(), now=now)

    # Piece by piece, as through the cloud's own interface

    def set_record(self, name: str, address: Address, *, ttl: timedelta, now: float) -> Done:
        """Point a name at an address, whether anything listens there or not.

        Raises:
            ScenarioError: when the name, the address or the TTL cannot stand in a DNS answer.
        """
        self._record(self._zone.set(name, address, ttl=ttl))
        did = f"pointed {name} at {address}; clients may keep an older answer for {spoken(ttl)}"
        return self._done(did, resource=name, commands=(), now=now)

    def remove_record(self, name: str, *, now: float) -> Done:
        """Take a name away.

        Raises:
            ScenarioError: when there is no such record.
        """
        self._record(self._zone.remove(name))
        return self._done(f"removed the record of {name}", resource=name, commands=(), now=now)

    def register(self, pushed: str, *, note: str, now: float) -> Done:
        """Register a task definition for a version of the code, and deploy nothing."""
        definition = self._register(pushed, note=note)
        did = f"registered the task definition {definition.name} ({pushed})"
        return self._done(did, resource=definition.name, commands=(), now=now)

    def deploy(self, definition: str, *, now: float) -> Done:
        """Roll out a task definition that is registered, the deployed one again included.

        Raises:
            HarnessError: when no definition has that name.
        """
        chosen = self.definition(definition)
        commands = self._orchestrator.deploy(chosen.name, reason=f"{chosen.name} was chosen", now=now)
        return self._done(f"began to roll {chosen.name} out", resource=self.service, commands=commands, now=now)

    def delete_service(self, *, now: float) -> Done:
        """Delete the service with all its tasks, and leave it deleted."""
        if self._deployed() is None:
            return Done(NOTHING_DEPLOYED)
        deleted = self.service
        commands = self._orchestrator.delete(reason="the service was deleted", now=now)
        return self._done(f"deleted the service {deleted}", resource=deleted, commands=commands, now=now)

    def create_service(self, definition: str, *, now: float) -> Done:
        """Create the service anew with a task definition, after it was deleted."""
        self._services += 1
        chosen = self.definition(definition)
        commands = self._orchestrator.deploy(chosen.name, reason="the service was created", now=now)
        did = f"created the service {self.service} with {chosen.name}"
        return self._done(did, resource=self.service, commands=commands, now=now)

    def set_aside(self, target: Address, *, now: float, aside: bool = True) -> Done:
        """Take a target out of the target group, or back in; its task runs on either way."""
        commands = self._orchestrator.set_aside(target, aside=aside, now=now)
        did = f"{'deregistered' if aside else 'registered'} the target {target}"
        return self._done(did, resource=str(target), commands=commands, now=now)

    # Inputs

    def balancer_ready(self, name: str, *, address: Address, now: float) -> Commands:
        """A load balancer listens: the target group is attached to it, and a service that had given up tries again."""
        balancer = self._balancers.get(name)
        if balancer is None:
            raise HarnessError(unknown_name("load balancer", name, known=self._balancers))
        if not balancer.exists:
            return ()
        self._balancers[name] = msgspec.structs.replace(balancer, address=str(address))
        self._record(BalancerCreated(name=name, address=str(address)))
        self._note(f"ready at {address}, attached to the target group", resource=name, now=now)
        return self._orchestrator.attach_balancer(now=now)

    def task_ready(self, task: str, *, address: Address, now: float) -> Commands:
        """A task listens; its health checks begin with the next tick."""
        return self._orchestrator.task_ready(task, address=address, now=now)

    def task_exited(self, task: str, *, code: int, now: float) -> Commands:
        """A task's process is gone, on request or by itself."""
        return self._orchestrator.task_exited(task, code=code, now=now)

    def checked(self, task: str, *, ok: bool, reason: str, now: float) -> Commands:
        """A health check ended."""
        return self._orchestrator.checked(task, ok=ok, reason=reason, now=now)

    def tick(self, now: float) -> Commands:
        """Do what is due by now; `wakes_at` says when that will be the case again."""
        return self._orchestrator.tick(now)

    @property
    def wakes_at(self) -> float:
        """When `tick` has something to do next, in steady seconds; infinity when nothing is due."""
        return self._orchestrator.wakes_at

    # What there is

    @property
    def balancer(self) -> Balancer | None:
        """The load balancer that exists, be it ready or not."""
        return next((balancer for balancer in self._balancers.values() if balancer.exists), None)

    @property
    def cluster(self) -> str:
        """The name of the cluster."""
        return f"{self.site.service}-cluster-{self._clusters}"

    @property
    def service(self) -> str:
        """The name of the service in its cluster."""
        return f"{self.site.service}-{self._services}"

    def definition(self, name: str) -> TaskDefinition:
        """Give a task definition, so that the shell knows what a task has to run.

        Raises:
            HarnessError: when no definition has that name.
        """
        try:
            return self._definitions[name]
        except KeyError:
            raise HarnessError(unknown_name("task definition", name, known=self._definitions)) from None

    def describe(self) -> Description:
        """Give everything the console shows right now."""
        tasks = self._orchestrator.tasks
        deployment = self._orchestrator.deployment
        return Description(
            site=self.site.name,
            cluster=self.cluster,
            service=self.service,
            records=tuple(_record_shown(record) for record in self._zone),
            balancers=tuple(self._balancers.values()),
            deployment=_deployment_shown(deployment) if deployment else None,
            targets=tuple(_target_shown(task) for task in tasks if self._orchestrator.is_target(task)),
            tasks=tuple(_task_shown(task) for task in tasks),
            definitions=tuple(self._definitions.values()),
            trail=tuple(self._trail),
            health_check=self.site.policy.check_path,
        )

    # Parts of operations

    def _recreate(self, what: Literal["service", "cluster"], *, now: float) -> Done:
        current = self._deployed()
        if current is None:
            return Done(NOTHING_DEPLOYED)
        self._services += 1
        self._clusters += what == "cluster"
        commands = self._orchestrator.recreate(current.name, reason=f"the {what} was recreated", now=now)
        resource = self.cluster if what == "cluster" else self.service
        did = f"recreated the {what} as {resource}, with {current.name}"
        return self._done(did, resource=resource, commands=commands, now=now)

    def _next_balancer(self) -> str:
        numbers = itertools.count(len(self._balancers) + 1)
        names = (f"{self.site.service}-balancer-{number}" for number in numbers)
        return next(name for name in names if name not in self._balancers)

    def _register(self, pushed: str, *, note: str) -> TaskDefinition:
        name = f"{self.site.service}:{len(self._definitions) + 1}"
        definition = self._definitions[name] = TaskDefinition(name=name, pushed=pushed, note=note)
        return definition

    def _deployed(self) -> TaskDefinition | None:
        deployment = self._orchestrator.deployment
        return self._definitions[deployment.revision] if deployment else None

    def _before(self, current: TaskDefinition) -> TaskDefinition | None:
        definitions = list(self._definitions.values())
        earlier = definitions[: definitions.index(current)]
        return next((found for found in reversed(earlier) if found.pushed != current.pushed), None)

    def _done(self, did: str, *, resource: str, commands: Commands, now: float) -> Done:
        self._note(did, resource=resource, now=now)
        return Done(did, commands)

    def _note(self, what: str, *, resource: str, now: float) -> None:
        self._trail.append(StackEvent(steady=now, resource=resource, what=what))


def _record_shown(record: Record) -> RecordShown:
    return RecordShown(name=record.name, address=str(record.address), ttl_seconds=record.ttl.total_seconds())


def _deployment_shown(deployment: Deployment) -> DeploymentShown:
    return DeploymentShown(revision=deployment.revision, state=deployment.state, reason=deployment.reason)


def _target_shown(task: Task) -> TargetShown:
    return TargetShown(task=task.name, address=str(task.address), health=task.health.state, reason=task.health.reason)


def _task_shown(task: Task) -> TaskShown:
    where = str(task.address or "")
    return TaskShown(name=task.name, revision=task.revision, state=task.state, reason=task.reason, address=where)
