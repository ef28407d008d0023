"""Processes, the tasks of the service, and the ingress before them."""

from __future__ import annotations

from typing import Literal

from harness.events.event import Event


class ProcessStarted(Event, frozen=True, kw_only=True):
    """A program of the system under test began to run."""

    component: str
    pid: int
    address: str = ""
    startup_seconds: float = 0.0
    """Wall seconds from spawn to ready."""


class ProcessExited(Event, frozen=True, kw_only=True):
    """A program of the system under test ended."""

    component: str
    pid: int
    code: int
    expected: bool
    """Whether the harness or the orchestrator ended it."""


class TaskChanged(Event, frozen=True, kw_only=True):
    """A service task moved on in its life."""

    task: str
    state: Literal["starting", "running", "healthy", "unhealthy", "draining", "stopped"]
    reason: str
    revision: str
    """The task definition it runs."""


class DeploymentChanged(Event, frozen=True, kw_only=True):
    """The orchestrator began, finished or gave up a deployment."""

    revision: str
    state: Literal["in progress", "completed", "failed"]
    reason: str


class BalancerCreated(Event, frozen=True, kw_only=True):
    """A load balancer got an address of its own."""

    name: str
    address: str


class BalancerRemoved(Event, frozen=True, kw_only=True):
    """A load balancer ceased to exist; its address refuses connections from now on."""

    name: str
    address: str


class RecordChanged(Event, frozen=True, kw_only=True):
    """A DNS record was given another address."""

    name: str
    address: str
    previous: str
    ttl_seconds: float
