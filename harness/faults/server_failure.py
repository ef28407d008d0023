"""The name server is broken: nobody knows where the site is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.faults.standing import StandingFault
from harness.faults.troubles import NameServerFailing


@dataclass(frozen=True, slots=True)
class ServerFailure(StandingFault):
    """Let the name server answer every question with SERVFAIL.

    Who is connected, or still believes an older answer, notices nothing: let diners arrive.

    Evidence: an answer that failed.
    """

    name: ClassVar[str] = "server_failure"
    target: ClassVar[str] = "ingress"
    sees: ClassVar[str] = "“500: failed to fetch” for whoever comes anew; who is connected goes on"
    troubles: ClassVar[tuple[NameServerFailing]] = (NameServerFailing(),)
