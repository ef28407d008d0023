from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from harness.ingress.authority import GOOD, Authority, make_authority

SITE = "pizza-service.pizza.test"
NOW = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the wall's clock


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"), name=SITE, now=NOW)


def shaken(authority: Authority, kind: str, *, trusting: Path | None = None) -> ssl.SSLObject:
    """Shake hands in memory, as a diner and a load balancer that shows this certificate would."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority.site[kind])
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(trusting or authority.certificate)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    diner = client.wrap_bio(back, there, server_hostname=SITE)
    balancer = server.wrap_bio(there, back, server_side=True)
    for end in (diner, balancer, diner):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return diner


def test_authority_issues_one_certificate_that_its_diners_accept(authority: Authority) -> None:
    assert shaken(authority, GOOD).getpeercert()


@pytest.mark.parametrize(
    ("kind", "says"),
    [("expired", "has expired"), ("not_yet_valid", "not yet valid"), ("wrong_name", "Hostname mismatch")],
)
def test_authority_issues_bad_certificates_that_are_refused_for_what_they_are(
    authority: Authority, kind: str, says: str
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=says):
        shaken(authority, kind)


def test_authority_of_another_run_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    other = make_authority(tmp_path / "other", name=SITE, now=NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        shaken(authority, GOOD, trusting=other.certificate)


def test_authority_dates_certificates_from_the_moment_that_it_is_given(tmp_path: Path) -> None:
    made = make_authority(tmp_path, name=SITE, now=datetime(2030, 1, 31, tzinfo=UTC))
    expired = x509.load_pem_x509_certificate(made.site["expired"].read_bytes())
    assert expired.not_valid_after_utc == datetime(2030, 1, 30, tzinfo=UTC)
    assert expired.not_valid_after_utc - expired.not_valid_before_utc > timedelta(days=30)


def test_authority_keeps_its_own_key_to_itself_and_the_sites_from_others(authority: Authority) -> None:
    assert b"PRIVATE" not in authority.certificate.read_bytes()
    for path in authority.site.values():
        assert b"PRIVATE" in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
