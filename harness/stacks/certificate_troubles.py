"""Which certificate the load balancer shows.

Runs in the stack's loop.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harness.errors import ScenarioError
from harness.faults.troubles import CertificateBad
from harness.ingress.authority import GOOD, Authority, make_authority
from harness.stacks.cloud import Cloud


class CertificateTroubles:
    """Lets the load balancer show a bad certificate, and the good one again."""

    def __init__(self) -> None:
        self.cloud: Cloud | None = None
        """Where the load balancer runs, once it does."""
        self.authority: Authority | None = None
        """Who issued the certificates; None where the site is served without TLS."""

    @property
    def trusted(self) -> str:
        """The certificate authority that diners must trust, a file; "" where the site is served without TLS."""
        return str(self.authority.certificate) if self.authority else ""

    def issue(self, name: str, *, directory: Path) -> None:
        """Issue the certificates of the site of this name; its load balancers speak TLS from the first one on."""
        now = datetime.now(UTC)  # noqa: TID251 - a certificate's dates are the wall's
        self.authority = make_authority(directory, name=name, now=now)
        self._there.certificate = self.authority.site[GOOD]

    async def begin(self, trouble: CertificateBad) -> None:
        """Show the bad one to whoever connects from now on.

        Raises:
            ScenarioError: when the site is served without TLS.
        """
        if self.authority is None:
            message = "the site is served over plain HTTP, so it shows no certificate. Mark the scenario https=True."
            raise ScenarioError(message)
        self._there.show_certificate(self.authority.site[trouble.kind])

    async def end(self, trouble: CertificateBad) -> None:  # noqa: ARG002 - there is one that is good
        """Show the good one."""
        if self.authority is not None:
            self._there.show_certificate(self.authority.site[GOOD])

    def stands(self, trouble: CertificateBad) -> bool:
        """Say whether the bad one is shown."""
        return self.authority is not None and self._there.certificate == self.authority.site[trouble.kind]

    @property
    def _there(self) -> Cloud:
        assert self.cloud is not None, "certificates go bad after the start"
        return self.cloud
