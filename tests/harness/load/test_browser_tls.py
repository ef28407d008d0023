"""A browser's connection over TLS, against a site that shows one certificate or another, on real sockets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from harness.ingress.authority import GOOD, Authority, make_authority
from harness.ingress.records import Address
from harness.load.browser import Connection, NoReply, Place, site
from harness.load.diners import Call
from harness.load.outcomes import Trouble

SITE = "pizza-service.pizza.test"
LOOK = Call("look at the menu", "GET", "/api/order/menu")
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    now = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the wall's clock
    return make_authority(tmp_path_factory.mktemp("tls"), name=SITE, now=now)


class Shown:
    """A site that shows one certificate, and closes each connection after so many replies."""

    def __init__(self, certificate: str, *, replies: int = 10) -> None:
        self.handshakes = 0
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self._replies = replies
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address(*self._listener.getsockname())
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), self._tls.wrap_socket(plain, server_side=True) as secured:
                self.handshakes += 1
                for _ in range(self._replies):
                    if not secured.recv(65536):
                        break
                    secured.sendall(REPLY)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def shown(request: pytest.FixtureRequest, authority: Authority) -> Iterator[Shown]:
    kind, replies = getattr(request, "param", (GOOD, 10))
    shown = Shown(str(authority.site[kind]), replies=replies)
    yield shown
    shown.close()


class Names:
    """Knows where the site is."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def resolve(self, name: str) -> Address:
        assert name == SITE
        return self._address


@contextlib.contextmanager
def connected(shown: Shown, authority: Authority) -> Iterator[Connection]:
    place: Place = site(SITE, resolver=Names(shown.address), authority=str(authority.certificate))  # type: ignore[arg-type]
    with contextlib.closing(Connection(place)) as connection:
        yield connection


def test_a_site_with_a_good_certificate_is_asked_over_one_kept_connection(shown: Shown, authority: Authority) -> None:
    with connected(shown, authority) as connection:
        assert connection.ask(LOOK) == connection.ask(LOOK) == (200, b"[]")
    assert shown.handshakes == 1


@pytest.mark.parametrize("shown", [(GOOD, 1)], indirect=True)
def test_a_kept_connection_that_was_closed_is_replaced_over_tls_too(shown: Shown, authority: Authority) -> None:
    with connected(shown, authority) as connection:
        assert connection.ask(LOOK) == connection.ask(LOOK) == (200, b"[]")
    assert shown.handshakes == 2


@pytest.mark.parametrize(
    ("shown", "trouble"),
    [
        (("expired", 1), Trouble.CERTIFICATE_EXPIRED),
        (("not_yet_valid", 1), Trouble.CERTIFICATE_TOO_NEW),
        (("wrong_name", 1), Trouble.CERTIFICATE_OF_ANOTHER),
    ],
    indirect=["shown"],
)
def test_a_bad_certificate_is_refused_before_anything_is_sent(
    shown: Shown, authority: Authority, trouble: Trouble
) -> None:
    with connected(shown, authority) as connection, pytest.raises(NoReply) as refused:
        connection.ask(LOOK)
    assert (refused.value.trouble, refused.value.sent) == (trouble, False)


def test_a_certificate_of_another_authority_is_not_trusted(
    shown: Shown, tmp_path_factory: pytest.TempPathFactory
) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the wall's clock
    other = make_authority(tmp_path_factory.mktemp("other"), name=SITE, now=now)
    with connected(shown, other) as connection, pytest.raises(NoReply) as refused:
        connection.ask(LOOK)
    assert refused.value.trouble == Trouble.CERTIFICATE_UNTRUSTED
