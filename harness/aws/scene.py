"""What a call of AWS finds, and what comes of it: the shape of every operation.

Rules of this room: the control plane is the only truth, and nothing is remembered beside it; an operation is a pure
function from what there is and what was asked to an answer and orders; what cannot be done here is refused as AWS
refuses, and never pretended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.aws.service_events import ServiceEvent
from harness.ingress.control_plane import ControlPlane, Done, Site
from harness.ingress.description import Description

Order = Callable[[ControlPlane, float], Done]
"""Something to do to the deployment: takes the control plane and steady seconds."""

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is when a call comes in."""

    site: Site
    """What is reached through the ingress, and how careful its deployments are."""
    console: Description
    """Everything that the console shows."""
    events: tuple[ServiceEvent, ...]
    """What happened to the service, oldest first."""
    instant: Callable[[float], datetime]
    """Incident time of steady seconds."""

    @property
    def changed(self) -> datetime:
        """When somebody last did something."""
        trail = self.console.trail
        return self.instant(trail[-1].steady if trail else 0.0)

    def since(self, resource: str = "") -> datetime:
        """Give when something was made: when the audit trail first speaks of it, or of anything at all."""
        trail = self.console.trail
        spoken_of = [event.steady for event in trail if event.resource == resource]
        return self.instant(next(iter((*spoken_of, *(event.steady for event in trail))), 0.0))


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of a call."""

    tell: Callable[[Scene], Mapping[str, Any]]
    """Gives the reply, from what there is once the orders were carried out."""
    orders: tuple[Order, ...] = ()
    """What is to be done first, in order."""


Operation = Callable[[Scene, Parameters], Answer]


class Refusal(Exception):
    """Raised when AWS would refuse a call.

    Args:
        code: AWS's name of the error: `LoadBalancerNotFound`.
        message: what is wrong, for a person.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def told(reply: Mapping[str, Any]) -> Answer:
    """Answer without doing anything."""
    return Answer(lambda _: reply)
