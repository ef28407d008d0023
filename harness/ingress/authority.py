"""A run's own certificate authority: it lives as long as the run, and only the run's diners trust it.

The authority's key never leaves memory; the site's own key lies in the run's directory, and opens nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GOOD = "good"
"""The certificate that a site should show."""

STRANGER = "somebody-else.pizza.test"
"""Whose certificate a site shows that shows another's."""

DAY = timedelta(days=1)

_PERIODS: Mapping[str, tuple[timedelta, timedelta]] = {
    GOOD: (-DAY, 30 * DAY),
    "expired": (-90 * DAY, -DAY),
    "wrong_name": (-DAY, 30 * DAY),
    "not_yet_valid": (DAY, 30 * DAY),
}
"""Of each certificate: from when to when it is valid, seen from now."""

MAY_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
"""What an authority's certificate says of its key."""


@dataclass(frozen=True, slots=True)
class Authority:
    """What an authority has issued for one site."""

    certificate: Path
    """The authority's own certificate, for whoever is to trust it."""
    site: Mapping[str, Path]
    """The site's certificates with their key, in PEM: GOOD, and each bad one by what is wrong with it."""


def make_authority(directory: Path, *, name: str, now: datetime) -> Authority:
    """Make an authority, and have it issue one good certificate for a site and each kind of bad one.

    Args:
        directory: where the files go; made if it is not there.
        name: the site's DNS name.
        now: on the wall, with a zone: certificates are judged by the wall's clock, whatever the incident's says.
    """
    directory.mkdir(parents=True, exist_ok=True)
    key, key_of_site = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    own = _own(key, now=now)
    issued = {kind: _issued(kind, name=name, key=key_of_site.public_key(), now=now) for kind in _PERIODS}
    secret = key_of_site.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    site = {kind: directory / f"{kind}.pem" for kind in issued}
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    for kind, builder in issued.items():
        signed = builder.issuer_name(own.subject).add_extension(signer, critical=False).sign(key, hashes.SHA256())
        _write(site[kind], secret + signed.public_bytes(serialization.Encoding.PEM))
    trusted = directory / "authority.pem"
    _write(trusted, own.public_bytes(serialization.Encoding.PEM))
    return Authority(trusted, site)


def _own(key: ec.EllipticCurvePrivateKey, *, now: datetime) -> x509.Certificate:
    name = _called("pizza-chaos, for one run only")
    builder = _builder(name, key.public_key(), now=now, period=_PERIODS[GOOD]).issuer_name(name)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    # Python 3.13 and later trust nobody whose key has no identifier, or who does not say what it may sign.
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.add_extension(MAY_SIGN, critical=True).sign(key, hashes.SHA256())


def _issued(kind: str, *, name: str, key: ec.EllipticCurvePublicKey, now: datetime) -> x509.CertificateBuilder:
    shown = STRANGER if kind == "wrong_name" else name
    builder = _builder(_called(shown), key, now=now, period=_PERIODS[kind])
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(shown)]), critical=False)
    return builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, *, now: datetime, period: tuple[timedelta, timedelta]
) -> x509.CertificateBuilder:
    begins, ends = period
    builder = x509.CertificateBuilder().subject_name(subject).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now + begins).not_valid_after(now + ends)


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
