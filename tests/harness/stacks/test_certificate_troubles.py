import asyncio
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.faults.troubles import CertificateBad
from harness.stacks.certificate_troubles import CertificateTroubles

EXPIRED = CertificateBad("expired")


class FakeCloud:
    """Keeps what the load balancer would show."""

    certificate: Path | None = None

    def show_certificate(self, certificate: Path) -> None:
        self.certificate = certificate


def troubles() -> tuple[CertificateTroubles, FakeCloud]:
    made, cloud = CertificateTroubles(), FakeCloud()
    made.cloud = cloud  # type: ignore[assignment]
    return made, cloud


def test_bad_certificate_is_shown_until_the_trouble_ends(tmp_path: Path) -> None:
    hand, cloud = troubles()
    hand.issue("pizza-service.pizza.test", directory=tmp_path)
    assert cloud.certificate == tmp_path / "good.pem"
    assert hand.trusted == str(tmp_path / "authority.pem")
    asyncio.run(hand.begin(EXPIRED))
    assert cloud.certificate == tmp_path / "expired.pem"
    assert hand.stands(EXPIRED)
    asyncio.run(hand.end(EXPIRED))
    assert cloud.certificate == tmp_path / "good.pem"
    assert not hand.stands(EXPIRED)


def test_site_without_tls_has_no_certificate_to_go_bad() -> None:
    hand, cloud = troubles()
    assert hand.trusted == ""
    with pytest.raises(ScenarioError, match=r"plain HTTP, so it shows no certificate\. Mark the scenario https=True"):
        asyncio.run(hand.begin(EXPIRED))
    asyncio.run(hand.end(EXPIRED))
    assert not hand.stands(EXPIRED)
    assert cloud.certificate is None
