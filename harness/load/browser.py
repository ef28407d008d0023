"""A diner's browser: finds the site, keeps one connection to each place alive, and says why there was no reply.

A kept connection may be closed by the other side just when it is used again. That must not be taken for a failure of
the site, and nothing may be ordered twice because of it:

- a connection that is seen to be closed is replaced before anything is sent;
- a request that may change something only goes on a connection that was used a moment ago, or on a new one;
- a request that found its kept connection closed is made once more, if it is safe or cannot have arrived whole.

Rules of this file: sockets block until something interrupts them, so the caller sets the time limit; whatever
interrupts a request, its connection is closed. Nothing here knows of gevent, which makes these sockets cooperative.
"""

from __future__ import annotations

import errno
import socket
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, IncompleteRead, RemoteDisconnected
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import msgspec

from harness.errors import HarnessError, ScenarioError
from harness.ingress.records import Address
from harness.ingress.resolver import NameNotFound, Resolver, ResolverTroubled
from harness.load.diners import Call, Where
from harness.load.outcomes import SAFE_METHODS, Trouble

JUST_USED_SECONDS = 4.0
"""Wall seconds for which no server closes an idle connection: Express and uvicorn wait 5, a load balancer 60."""

_OUR_OWN = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})
_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


class NoReply(Exception):
    """Raised when a request got no reply."""

    def __init__(self, trouble: Trouble, *, sent: bool, begun: bool = False) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.sent = sent
        """Whether the whole of the request may have arrived."""
        self.begun = begun
        """Whether the reply had begun to arrive."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a browser goes."""

    host: str
    """What the Host header says."""
    find: Callable[[], Address]
    """Gives its address; may raise what a resolver raises."""
    root: str = ""
    """Goes before every path."""
    signing_key: str = field(default="", repr=False)
    """What bodies are signed with, at a site that takes no others."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """Whom to trust, at a site that is served over HTTPS; None for plain HTTP."""


def site(name: str, *, resolver: Resolver, signing_key: str = "", authority: str = "") -> Place:
    """Give the place that DNS says a site is at, asked anew for every connection.

    Args:
        name: of the site.
        resolver: who is asked.
        signing_key: what bodies are signed with; "" where the site wants no signature.
        authority: the one certificate authority to trust, a file in PEM; "" where the site is served without TLS.
    """
    tls = _trusting(authority) if authority else None
    return Place(name, lambda: resolver.resolve(name), signing_key=signing_key, tls=tls)


def fixed(url: str) -> Place:
    """Give the place a URL such as `http://127.0.0.1:4000` names.

    Raises:
        ScenarioError: when it is not such a URL.
    """
    try:
        parts = urlsplit(url)
        address = Address(parts.hostname or "", parts.port or 80)
    except ValueError:
        parts, address = urlsplit(""), Address("", 0)
    if parts.scheme != "http" or not address.host:
        message = f'{url!r} is not a URL that diners can use. Write "http://", a host and a port.'
        raise ScenarioError(message)
    return Place(parts.netloc, lambda: address, root=parts.path.rstrip("/"))


def signed(body: Mapping[str, Any], *, key: str) -> dict[str, Any]:
    """Give a body as sites take it that want it signed: beside a JWT that says the same.

    Source: real-service-forks.md, section 0, point 9.
    """
    import jwt  # noqa: PLC0415 - most sites want no signature, and it is long to load

    return {"signature": jwt.encode(dict(body), key, algorithm="HS256"), "body": body}


def origin(number: int) -> str:
    """Give a diner's own address, for services that limit what one address may ask; "" where loopback has only one.

    Args:
        number: of the diner, from 1.
    """
    return f"127.1.{number // 250 % 250}.{number % 250 + 1}" if sys.platform == "linux" else ""


class Browser:
    """One diner's connections.

    Args:
        places: where they lead.
        origin: the address of this machine that they come from; "" for whichever the system chooses.

    Cleanup: `close`.
    """

    def __init__(self, places: Mapping[Where, Place], *, origin: str = "") -> None:
        self._connections = {where: Connection(place, origin=origin) for where, place in places.items()}

    def ask(self, call: Call) -> tuple[int, bytes]:
        """Make a call; give status and body of its reply.

        Raises:
            NoReply: when there was none.
            HarnessError: when this machine ran out of something, which is no fault of the site.
        """
        return self._connections[call.where].ask(call)

    def address(self, where: Where) -> str:
        """Say where the last call to this place went; "" when the place was not found."""
        return self._connections[where].address

    def close(self) -> None:
        """Close every connection."""
        for connection in self._connections.values():
            connection.close()


class Connection:
    """The connection to one place, kept alive between requests.

    Args:
        place: where it leads.
        origin: the address of this machine that it comes from; "" for whichever the system chooses.
        now: wall seconds that never leap.
    """

    def __init__(self, place: Place, *, origin: str = "", now: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._from = (origin, 0) if origin else None
        self._now = now
        self._http: HTTPConnection | None = None
        self._used = 0.0
        self._cookies: dict[str, str] = {}
        self.address = ""

    def ask(self, call: Call) -> tuple[int, bytes]:
        """Make a call on the kept connection, or on a new one; see Browser.ask."""
        http = self._kept_for(call.method)
        if http is not None:
            try:
                return self._exchange(http, call)
            except NoReply as broken:
                if broken.begun or (broken.sent and call.method not in SAFE_METHODS):
                    raise
        return self._exchange(self._connect(), call)

    def close(self) -> None:
        """Close it; closing twice is fine."""
        http, self._http = self._http, None
        if http is not None:
            http.close()

    def _kept_for(self, method: str) -> HTTPConnection | None:
        http = self._http
        if http is None or http.sock is None:
            return None
        just_used = self._now() - self._used < JUST_USED_SECONDS
        if (just_used or method in SAFE_METHODS) and _is_open(http.sock):
            return http
        return None

    def _connect(self) -> HTTPConnection:
        self.close()
        self.address = ""
        try:
            address = self._place.find()
            self.address = str(address)
            # From an address of loopback one gets no further than loopback, and containers are beyond.
            origin = self._from if address.host.startswith(("127.", "localhost")) else None
            self._http = HTTPConnection(address.host, address.port, source_address=origin)
            self._http.connect()
            if self._place.tls is not None:
                self._http.sock = self._place.tls.wrap_socket(self._http.sock, server_hostname=self._place.host)
        except (OSError, NameNotFound, ResolverTroubled) as error:
            self.close()
            raise NoReply(_trouble(error), sent=False) from error
        return self._http

    def _exchange(self, http: HTTPConnection, call: Call) -> tuple[int, bytes]:
        sent = begun = done = False
        try:
            http.request(call.method, self._place.root + call.path, body=self._body(call), headers=self._headers(call))
            sent = True
            response = http.getresponse()
            begun = True
            raw = response.read()
            done = True
        except (OSError, HTTPException) as error:
            raise NoReply(_trouble(error), sent=sent, begun=begun) from error
        finally:
            self._used = self._now()
            if not done:
                self.close()
        news = response.headers.get_all("Set-Cookie", [])
        self._keep(news)
        is_good = 200 <= response.status < 300  # no other reply signs anybody in
        return response.status, self._with_session(raw) if news and is_good else raw

    def _keep(self, news: list[str]) -> None:
        """Keep the cookies that a reply sets, and forget those that it takes back."""
        for each in news:
            for name, cookie in SimpleCookie(each).items():
                self._cookies.pop(name, None)
                if cookie.value and cookie["max-age"] != "0":
                    self._cookies[name] = cookie.value

    def _with_session(self, raw: bytes) -> bytes:
        """Where only cookies carry the session, give the reply as if it did."""
        try:
            body = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            return raw
        if not isinstance(body, dict) or "token" in body or not self._cookies:
            return raw
        return msgspec.json.encode({**body, "token": max(self._cookies.values(), key=len)})

    def _body(self, call: Call) -> bytes | None:
        if call.body is None:
            return None
        key = self._place.signing_key
        return msgspec.json.encode(signed(call.body, key=key) if key else call.body)

    def _headers(self, call: Call) -> dict[str, str]:
        headers = {"Host": self._place.host, "Accept": "application/json"}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if call.token:
            headers["Authorization"] = f"Bearer {call.token}"
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return headers


def _trusting(authority: str) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_verify_locations(authority)
    return tls


def _is_open(sock: socket.socket) -> bool:
    """Whether the other side has neither closed the idle connection nor said something that nobody asked for."""
    sock.settimeout(0.0)
    try:
        socket.socket.recv(sock, 1, socket.MSG_PEEK)  # below TLS, which cannot peek
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(None)
    return False


_TROUBLES: tuple[tuple[type[Exception], Trouble], ...] = (
    (NameNotFound, Trouble.NAME_NOT_FOUND),
    (ResolverTroubled, Trouble.NO_NAME_SERVER),
    (socket.gaierror, Trouble.NAME_NOT_FOUND),
    (ssl.SSLEOFError, Trouble.CLOSED),
    (ssl.SSLError, Trouble.GARBLED),
    (ConnectionRefusedError, Trouble.REFUSED),
    (RemoteDisconnected, Trouble.CLOSED),
    (ConnectionError, Trouble.RESET),
    (TimeoutError, Trouble.TIMED_OUT),
    (IncompleteRead, Trouble.CUT_SHORT),
    (HTTPException, Trouble.GARBLED),
)


_UNACCEPTED = {
    9: Trouble.CERTIFICATE_TOO_NEW,
    10: Trouble.CERTIFICATE_EXPIRED,
    62: Trouble.CERTIFICATE_OF_ANOTHER,
}
"""What OpenSSL's codes mean: X509_V_ERR_CERT_NOT_YET_VALID, …_HAS_EXPIRED and …_HOSTNAME_MISMATCH."""


def _trouble(error: Exception) -> Trouble:
    """Name what broke a request.

    Raises:
        HarnessError: when it was this machine, out of files, ports or memory, or when nobody knows what it was.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return _UNACCEPTED.get(error.verify_code, Trouble.CERTIFICATE_UNTRUSTED)
    reason = error.__cause__ if isinstance(error, ResolverTroubled) else error
    number = reason.errno if isinstance(reason, OSError) else None
    if number in _UNREACHABLE and isinstance(error, OSError):
        return Trouble.UNREACHABLE
    if number not in _OUR_OWN:
        for kind, trouble in _TROUBLES:
            if isinstance(error, kind):
                return trouble
    message = f"the load could not make a request, and not for the site's fault: {reason}. Start fewer diners."
    raise HarnessError(message) from error
