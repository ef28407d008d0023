"""The site's name leads to somebody else's server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.fault import Command, RestoreIngress, View
from harness.faults.standing import StandingFault
from harness.faults.troubles import RecordAstray


@dataclass(frozen=True, slots=True)
class WrongAddress(StandingFault):
    """Let the site's record lead to a server that answers everything with 404 and a page about parked domains.

    Who is connected, or still believes an older answer, notices nothing: let diners arrive.

    Evidence: a request that the other server got.
    """

    name: ClassVar[str] = "wrong_address"
    target: ClassVar[str] = "ingress"
    sees: ClassVar[str] = "“404” for whoever comes anew: a server answers, and it is the wrong one"
    troubles: ClassVar[tuple[RecordAstray]] = (RecordAstray(),)

    def heal(self) -> tuple[Command, ...]:
        return (*StandingFault.heal(self), RestoreIngress())

    def is_gone(self, view: View) -> bool:
        return bool(view.balancer) and view.record == view.balancer
