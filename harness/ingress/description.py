"""What a cloud console shows of the ingress, as plain data: addresses are text, durations are seconds.

The control plane describes itself this way; an attached system can be described this way from whatever shows it.
"""

from __future__ import annotations

import msgspec


class RecordShown(msgspec.Struct, frozen=True, kw_only=True):
    """A DNS record."""

    name: str
    """The site name."""
    address: str
    """Where it points."""
    ttl_seconds: float
    """How long clients may keep the answer."""


class Balancer(msgspec.Struct, frozen=True, kw_only=True):
    """A load balancer, from the moment it was asked for."""

    name: str
    """Never used twice."""
    address: str = ""
    """Where it listens or listened; empty until it does."""
    exists: bool = True
    """Whether it was not removed."""
    state: str = ""
    """What the console calls its state, `active` where all is well; empty when it does not say."""


class TaskShown(msgspec.Struct, frozen=True, kw_only=True):
    """A service task, running or stopped."""

    name: str
    """A name of its own."""
    revision: str
    """The task definition it runs."""
    state: str
    """Where it is in its life."""
    reason: str
    """Why it is in that state."""
    address: str = ""
    """Where it listens or listened; empty until it does."""


class TargetShown(msgspec.Struct, frozen=True, kw_only=True):
    """A registered target: a task that listens, and what the health checks say of it."""

    task: str
    """The task behind it."""
    address: str
    """Where it listens."""
    health: str
    """`initial`, `healthy` or `unhealthy`."""
    reason: str
    """What the last health check said."""


class DeploymentShown(msgspec.Struct, frozen=True, kw_only=True):
    """The newest deployment of the service."""

    revision: str
    """The task definition it wants to serve."""
    state: str
    """`in progress`, `completed` or `failed`."""
    reason: str
    """Why it is in that state."""


class TaskDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A registered task definition."""

    name: str
    """Family and number: `pizza-service:3`."""
    pushed: str
    """What was pushed: the version of the code that its tasks run."""
    note: str
    """Why it was registered."""


class StackEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the audit trail."""

    steady: float
    """When, in steady seconds."""
    resource: str
    """What it was done to."""
    what: str
    """What was done, in a sentence."""


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the console shows at one moment."""

    site: str
    """The site's name."""
    cluster: str
    """Where the service lives."""
    service: str
    """What keeps the tasks running."""
    records: tuple[RecordShown, ...] = ()
    """The DNS records."""
    balancers: tuple[Balancer, ...] = ()
    """Every load balancer of the site, oldest first, removed ones too."""
    deployment: DeploymentShown | None = None
    """The newest deployment, if there was one."""
    targets: tuple[TargetShown, ...] = ()
    """The target group."""
    tasks: tuple[TaskShown, ...] = ()
    """Every task, oldest first, stopped ones too."""
    definitions: tuple[TaskDefinition, ...] = ()
    """The task definitions, oldest first."""
    trail: tuple[StackEvent, ...] = ()
    """The audit trail, oldest first."""
    health_check: str | None = None
    """The path that health checks of the target group ask for; empty when it has none, None when nobody says."""
    dns: str = ""
    """The DNS server that knows the site, `127.0.0.1:5353`; empty when that is everybody's."""
