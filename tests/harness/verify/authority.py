"""A certificate authority that lasts for a test."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from harness.ingress.authority import MAY_SIGN


@dataclass
class Authority:
    """Signs certificates, and writes what a server and a client need into a directory."""

    directory: Path
    now: datetime
    name: str = "Throwaway CA"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def file(self) -> Path:
        """The authority's own certificate, for whoever should trust it."""
        path = self.directory / "ca.pem"
        path.write_bytes(self._certificate(self.name, self.key, lasts=timedelta(days=30)).public_bytes(Encoding.PEM))
        return path

    def server(self, name: str, *, lasts: timedelta) -> ssl.SSLContext:
        """Make what a server needs to be `name`, valid from two days ago until `lasts` from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        chain, secret = self.directory / "server.pem", self.directory / "server.key"
        chain.write_bytes(self._certificate(name, key, lasts=lasts).public_bytes(Encoding.PEM))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, secret)
        return context

    def _certificate(self, name: str, key: ec.EllipticCurvePrivateKey, *, lasts: timedelta) -> x509.Certificate:
        is_authority = key is self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=40))
            .not_valid_after(self.now + lasts)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-"))]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if is_authority:
            builder = builder.add_extension(MAY_SIGN, critical=True)
        return builder.sign(self.key, SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
