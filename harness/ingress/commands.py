"""What the ingress asks of its shell: to start, stop, check and tell things that really exist.

A command is carried out once, in the order given; what came of it goes back in as an input of the control plane.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.ingress.records import Address


@dataclass(frozen=True, slots=True)
class StartTask:
    """Start a service task; answer with `task_ready`, or with `task_exited` when it would not run."""

    task: str
    """A name of its own, never used twice."""
    revision: str
    """The task definition to run."""


@dataclass(frozen=True, slots=True)
class StopTask:
    """Stop a service task; answer with `task_exited` once its process is gone."""

    task: str
    """The task to stop."""
    reason: str
    """Why, as a console would show it."""


@dataclass(frozen=True, slots=True)
class CheckTarget:
    """Send GET to a target the way its load balancer would; answer with `checked`, within a check interval."""

    task: str
    """The task behind the target."""
    address: Address
    """Where it listens."""
    path: str
    """What to ask for."""


@dataclass(frozen=True, slots=True)
class SetTargets:
    """Tell the load balancer where to forward from now on; connections to other targets may finish."""

    addresses: tuple[Address, ...]
    """Every healthy target, the longest-lived first."""


@dataclass(frozen=True, slots=True)
class StartBalancer:
    """Start a load balancer at an address that none had before; answer with `balancer_ready`."""

    name: str
    """A name of its own, never used twice."""


@dataclass(frozen=True, slots=True)
class StopBalancer:
    """End a load balancer at once, connections and all; from then on its address refuses."""

    name: str
    """The load balancer to end."""


Command = StartTask | StopTask | CheckTarget | SetTargets | StartBalancer | StopBalancer
Commands = tuple[Command, ...]
