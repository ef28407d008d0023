"""What a fault is: commands that begin it, commands that heal it, and the evidence that it bit.

A fault never sleeps, never opens or closes anything and keeps no state: it returns commands, and the stack carries
them out. See docs/reference/faults.md for the catalogue, and how to write one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from harness.errors import ScenarioError
from harness.events import Event, FaultApplied
from harness.faults.troubles import Trouble


@dataclass(frozen=True, slots=True)
class RemoveBalancer:
    """Let the load balancer cease to exist; nothing listens at its address any more."""


@dataclass(frozen=True, slots=True)
class ReplaceBalancer:
    """Let another load balancer, at another address, take the place of the one there is; the record stays."""


@dataclass(frozen=True, slots=True)
class RestoreIngress:
    """Bring the balancer, the record and the service back, whatever state they are in."""


@dataclass(frozen=True, slots=True)
class SetFactoryChaos:
    """Make the pizza factory misbehave, or behave again."""

    mode: str
    """`fail`, `throttle`, `badjwt` or `none`."""


@dataclass(frozen=True, slots=True)
class KillTask:
    """Kill the longest-lived task of the service, with no time for a last word."""


@dataclass(frozen=True, slots=True)
class ReplaceTasks:
    """Roll the service out once more, and wait until new tasks have taken over."""


@dataclass(frozen=True, slots=True)
class RestoreTasks:
    """Wait until the service has as many healthy tasks as it should; deploy again if the orchestrator gave up."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Let something be wrong from now on."""

    trouble: Trouble
    """What."""


@dataclass(frozen=True, slots=True)
class End:
    """Let it be right again; harmless when it is."""

    trouble: Trouble
    """What was wrong."""


Command = (
    RemoveBalancer
    | ReplaceBalancer
    | RestoreIngress
    | SetFactoryChaos
    | KillTask
    | ReplaceTasks
    | RestoreTasks
    | Begin
    | End
)
"""Everything a fault can ask of a stack."""


def cannot(command: object, *, stack: str) -> ScenarioError:
    """Refuse a command that a stack has no means to carry out.

    Args:
        command: what was asked.
        stack: what `--chaos-stack` calls it.
    """
    what = command.trouble if isinstance(command, Begin | End) else command
    return ScenarioError(
        f"the stack {stack!r} cannot do this: {what}. Run the scenario with --chaos-stack=processes, "
        "or choose another fault; `pizza-chaos faults` lists them."
    )


@dataclass(frozen=True, slots=True)
class View:
    """What a stack shows of the system under test, so that a fault can tell whether it is still there."""

    record: str
    """The address that the site's DNS record gives, or ""."""
    balancer: str
    """The address of the load balancer that exists, or ""."""
    factory_chaos: str
    """What the factory is doing wrong, or `none`."""
    missing_tasks: int = 0
    """How many healthy tasks the service has too few."""
    troubles: frozenset[str] = frozenset()
    """The names of all else that was begun and is still wrong."""


class Fault(Protocol):
    """One way to hurt the system under test."""

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        ...

    @property
    def target(self) -> str:
        """Which box or arrow it hurts."""
        ...

    @property
    def sees(self) -> str:
        """What a user will see, in a sentence."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Its settings, for the history."""
        ...

    def apply(self) -> tuple[Command, ...]:
        """Give the commands that begin it."""
        ...

    def heal(self) -> tuple[Command, ...]:
        """Give the commands that undo it; they must be harmless when it is already gone."""
        ...

    def is_gone(self, view: View) -> bool:
        """Say whether nothing is left of it."""
        ...

    def may_end_with(self, event: Event) -> bool:
        """Say whether the system may have got over it with this event, though nobody undid it."""
        ...

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        """Say in a sentence what `event` proves that the fault hurt, or None."""
        ...
