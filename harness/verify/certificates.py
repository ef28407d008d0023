"""Shakes hands in TLS, and reads the certificate that is shown, be it good or bad."""

from __future__ import annotations

import socket
import ssl
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from harness.errors import ScenarioError
from harness.ingress.records import Address
from harness.verify.seen import TlsSeen


def trusting(authority: Path | None) -> ssl.SSLContext:
    """Make a context that trusts what this machine trusts, and one authority more if there is one.

    Raises:
        ScenarioError: when the file holds no certificate.
    """
    context = ssl.create_default_context()
    if authority is None:
        return context
    try:
        context.load_verify_locations(authority)
    except OSError as error:
        message = f"--ca {authority} holds no certificate that can be read: {error}. Give a file in PEM."
        raise ScenarioError(message) from error
    return context


def look_at_certificate(address: Address, *, host: str, context: ssl.SSLContext, within: timedelta) -> TlsSeen:
    """Shake hands, as a browser would.

    Args:
        address: where.
        host: whom we want to talk to.
        context: whom we trust.
        within: how long each of at most two handshakes may take, on the wall.
    """
    try:
        with _connected(address, within) as plain, context.wrap_socket(plain, server_hostname=host) as secured:
            return _read(secured.getpeercert(binary_form=True), version=secured.version() or "")
    except ssl.SSLCertVerificationError as error:
        shown = _shown(address, host=host, within=within)
        return _read(shown, trouble=error.verify_message, code=error.verify_code)
    except OSError as error:
        return TlsSeen(trouble=str(error) or type(error).__name__)


def _shown(address: Address, *, host: str, within: timedelta) -> bytes | None:
    """Get the certificate that was refused: only to read it, nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with _connected(address, within) as plain, context.wrap_socket(plain, server_hostname=host) as secured:
            return secured.getpeercert(binary_form=True)
    except OSError:
        return None


def _connected(address: Address, within: timedelta) -> socket.socket:
    return socket.create_connection((address.host, address.port), timeout=within.total_seconds())


def _read(shown: bytes | None, *, version: str = "", trouble: str = "", code: int = 0) -> TlsSeen:
    if shown is None:
        return TlsSeen(version=version, trouble=trouble, code=code)
    certificate = x509.load_der_x509_certificate(shown)
    return TlsSeen(
        version=version,
        trouble=trouble,
        code=code,
        names=_names(certificate),
        issuer=_common_name(certificate.issuer),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (_common_name(certificate.subject),)
    return tuple(str(name.value) for name in names)


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
