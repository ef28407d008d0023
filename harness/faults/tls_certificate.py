"""The site shows a certificate that no browser accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.parameters import one_of
from harness.faults.standing import StandingFault
from harness.faults.troubles import CertificateBad

_CAUSES: Mapping[str, str] = {
    "expired": "the certificate has expired",
    "wrong_name": "the certificate is for another name",
    "not_yet_valid": "the certificate is not valid yet",
}
"""What a browser says of each."""


@dataclass(frozen=True, slots=True)
class TlsCertificate(StandingFault):
    """Let the load balancer show a certificate that has expired, is for another name, or is not valid yet.

    It is real TLS, with certificates of an authority that only this run's diners trust. The site has to be served over
    HTTPS for that: mark the scenario with `https=True`. Who is connected notices nothing: let diners arrive.

    Evidence: a handshake that a diner broke off because of the certificate.
    Source: RFC 5280, section 4.1.2.5 (validity); RFC 9525, section 6 (names).
    """

    target: ClassVar[str] = "ingress"

    kind: str = field(default="expired", metadata=one_of("what is wrong with it", *_CAUSES))

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"tls_{self.kind}"

    @property
    def sees(self) -> str:
        return f"“500: failed to fetch” for whoever comes anew: {_CAUSES[self.kind]}"

    @property
    def troubles(self) -> tuple[CertificateBad]:
        return (CertificateBad(self.kind),)

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.cause == _CAUSES[self.kind]:
            return f"{event.diner} could not {event.operation}: {event.cause}"
        return None
