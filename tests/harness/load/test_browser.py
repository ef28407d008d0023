"""A browser's connection against a peer that follows a script, on real sockets."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator

import jwt
import pytest
from msgspec.structs import replace

from harness.errors import HarnessError, ScenarioError
from harness.ingress.records import Address
from harness.ingress.resolver import NameNotFound, ResolverTroubled
from harness.load import browser
from harness.load.browser import JUST_USED_SECONDS, Browser, Connection, NoReply, Place, fixed, origin
from harness.load.diners import Call
from harness.load.outcomes import Trouble

LOOK = Call("look at the menu", "GET", "/api/order/menu")
LEAVE = Call("log out", "DELETE", "/api/auth", token="t")
ORDER = Call("order", "POST", "/api/order", {"items": []}, token="t")
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Script = Callable[["Visitor"], object]


class Visitor:
    """The peer's end of one connection."""

    def __init__(self, sock: socket.socket, gone: threading.Event) -> None:
        self.sock = sock
        self.gone = gone
        self._file = sock.makefile("rb")

    def read(self) -> tuple[str, bytes]:
        """Read one request: its head and its body."""
        head = ""
        while (line := self._file.readline()) not in {b"\r\n", b""}:
            head += line.decode()
        lengths = [line.split(":")[1] for line in head.splitlines() if line.lower().startswith("content-length")]
        return head, self._file.read(int(lengths[0])) if lengths else b""

    def reply(
        self, body: bytes = b"{}", *, status: int = 200, length: int | None = None, cookies: tuple[bytes, ...] = ()
    ) -> None:
        size = len(body) if length is None else length
        head = b"".join(b"Set-Cookie: %s\r\n" % cookie for cookie in cookies)
        self.sock.sendall(b"HTTP/1.1 %d So\r\n%sContent-Length: %d\r\n\r\n%s" % (status, head, size, body))

    def answer(self) -> None:
        self.read()
        self.reply()

    def close(self, *, reset: bool = False) -> None:
        if reset:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._file.close()
        self.sock.close()
        self.gone.set()


class Peer:
    """Plays one script for each connection, in their order; refuses connections when there are no more."""

    def __init__(self, *scripts: Script) -> None:
        self.gone = threading.Event()
        self.accepted = 0
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address(*self._listener.getsockname())
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for number, script in enumerate(self._scripts, start=1):
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.accepted = number
            visitor = Visitor(sock, self.gone)
            script(visitor)
            visitor.close()
        self._listener.close()

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        assert not self._thread.is_alive(), "the peer's script did not come to its end"
        self._listener.close()


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    peers: list[Peer] = []

    def make(*scripts: Script) -> Peer:
        peers.append(Peer(*scripts))
        return peers[-1]

    yield make
    for made in peers:
        made.end()


@pytest.fixture
def connect() -> Iterator[Callable[..., Connection]]:
    made: list[Connection] = []

    def to(peer: Peer, now: Callable[[], float] = lambda: 0.0) -> Connection:
        made.append(Connection(Place("pizza.test", lambda: peer.address), now=now))
        return made[-1]

    yield to
    for connection in made:
        connection.close()


Peers = Callable[..., Peer]
Connect = Callable[..., Connection]


def twice(first: Callable[[Visitor], object], second: Callable[[Visitor], object]) -> Script:
    def script(visitor: Visitor) -> None:
        first(visitor)
        second(visitor)

    return script


def read_and_close(visitor: Visitor) -> None:
    visitor.read()
    visitor.close()


def test_a_request_says_what_the_site_is_called_who_asks_and_what(peer: Peers, connect: Connect) -> None:
    heard = []

    def script(visitor: Visitor) -> None:
        heard.append(visitor.read())
        visitor.reply(b'{"a":1}')

    connection = connect(peer(script))
    assert connection.ask(ORDER) == (200, b'{"a":1}')
    head, body = heard[0]
    assert head.startswith("POST /api/order HTTP/1.1\r\n")
    assert head.count("Host: ") == head.count("\r\nHost: pizza.test\r\n") == 1
    assert "Authorization: Bearer t\r\n" in head
    assert "Content-Type: application/json\r\n" in head
    assert json.loads(body) == {"items": []}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere loopback has one address")
def test_each_diner_comes_from_an_address_of_their_own(peer: Peers) -> None:
    seen: list[str] = []

    def look(visitor: Visitor) -> None:
        seen.append(visitor.sock.getpeername()[0])
        visitor.answer()

    place = Place("pizza.test", lambda: there.address)
    there = peer(look, look)
    for number in (1, 2):
        diner = Browser({"service": place}, origin=origin(number))
        diner.ask(LOOK)
        diner.close()
    assert seen == ["127.1.0.2", "127.1.0.3"]
    assert len({origin(number) for number in range(1, 60_000)}) == 59_999


def test_a_diner_does_not_come_from_loopback_to_where_it_does_not_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, tuple[str, int] | None]] = []

    def refusing(host: str, port: int, *, source_address: tuple[str, int] | None) -> None:
        asked.append((host, source_address))
        raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")

    monkeypatch.setattr(browser, "HTTPConnection", refusing)
    for url in ("http://127.0.0.11", "http://172.17.0.2"):
        with pytest.raises(NoReply):
            Connection(fixed(url), origin="127.1.0.2").ask(LOOK)
    assert asked == [("127.0.0.11", ("127.1.0.2", 0)), ("172.17.0.2", None)]


def test_a_session_that_only_a_cookie_carries_is_kept_until_it_is_cleared(peer: Peers, connect: Connect) -> None:
    heard: list[str] = []

    def script(visitor: Visitor) -> None:
        heard.append(visitor.read()[0])
        visitor.reply(b'{"user":1}', cookies=(b"token=a.b.c; Path=/; HttpOnly; Secure", b"theme=dark"))
        heard.append(visitor.read()[0])
        visitor.reply(b"[]", cookies=(b"token=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", b"theme=x; Max-Age=0"))
        heard.append(visitor.read()[0])
        visitor.reply()

    connection = connect(peer(script))
    assert connection.ask(LOOK) == (200, b'{"user":1,"token":"a.b.c"}')
    assert [connection.ask(LOOK), connection.ask(LOOK)] == [(200, b"[]"), (200, b"{}")]
    assert ["Cookie: token=a.b.c; theme=dark\r\n" in head for head in heard] == [False, True, False]


def test_a_cookie_that_comes_with_a_refusal_is_kept_and_signs_nobody_in(peer: Peers, connect: Connect) -> None:
    heard: list[str] = []

    def script(visitor: Visitor) -> None:
        visitor.read()
        visitor.reply(b'{"message":"unauthorized"}', status=401, cookies=(b"visit=abc",))
        heard.append(visitor.read()[0])
        visitor.reply()

    connection = connect(peer(script))
    assert [connection.ask(LOOK), connection.ask(LOOK)] == [(401, b'{"message":"unauthorized"}'), (200, b"{}")]
    assert "Cookie: visit=abc\r\n" in heard[0]


def test_a_body_is_signed_where_the_site_takes_no_others(peer: Peers) -> None:
    heard = []

    def script(visitor: Visitor) -> None:
        heard.append(visitor.read())
        visitor.reply()

    key, there = "a key as long as HMAC wants them, or longer", peer(script)
    connection = Connection(Place("pizza.test", lambda: there.address, signing_key=key))
    connection.ask(ORDER)
    connection.close()
    sent = json.loads(heard[0][1])
    assert sent["body"] == {"items": []} == jwt.decode(sent["signature"], key, algorithms=["HS256"])
    assert key not in repr(connection._place)


def test_a_connection_is_kept_between_requests(peer: Peers, connect: Connect) -> None:
    there = peer(twice(Visitor.answer, Visitor.answer), Visitor.answer)
    connection = connect(there)
    assert connection.ask(LOOK) == connection.ask(ORDER) == (200, b"{}")
    assert there.accepted == 1
    assert connection.address == str(there.address)


@pytest.mark.parametrize("call", [LOOK, ORDER, LEAVE])
@pytest.mark.parametrize("reset", [False, True])
def test_a_kept_connection_that_was_closed_is_replaced_without_anybody_noticing(
    peer: Peers, connect: Connect, call: Call, reset: bool
) -> None:
    there = peer(twice(Visitor.answer, lambda visitor: visitor.close(reset=reset)), Visitor.answer)
    connection = connect(there)
    connection.ask(LOOK)
    assert there.gone.wait(5)
    assert connection.ask(call) == (200, b"{}")


def test_a_kept_connection_to_a_site_that_is_gone_fails(peer: Peers, connect: Connect) -> None:
    there = peer(Visitor.answer)
    connection = connect(there)
    connection.ask(LOOK)
    there.end()
    with pytest.raises(NoReply) as caught:
        connection.ask(LOOK)
    assert (caught.value.trouble, caught.value.sent) == (Trouble.REFUSED, False)


def test_looking_again_is_harmless_when_the_kept_connection_closes_just_then(peer: Peers, connect: Connect) -> None:
    there = peer(twice(Visitor.answer, read_and_close), Visitor.answer)
    connection = connect(there)
    connection.ask(LOOK)
    assert connection.ask(LOOK) == (200, b"{}")
    assert there.accepted == 2


def test_an_order_is_never_made_twice(peer: Peers, connect: Connect) -> None:
    there = peer(twice(Visitor.answer, read_and_close), Visitor.answer)
    connection = connect(there)
    connection.ask(LOOK)
    with pytest.raises(NoReply) as caught:
        connection.ask(ORDER)
    assert (caught.value.trouble, caught.value.sent) == (Trouble.CLOSED, True)
    assert there.accepted == 1


def test_an_order_that_cannot_have_arrived_is_made_again(
    peer: Peers, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = peer(twice(Visitor.answer, lambda visitor: visitor.close(reset=True)), Visitor.answer)
    connection = connect(there)
    connection.ask(LOOK)
    assert there.gone.wait(5)
    monkeypatch.setattr(browser, "_is_open", lambda sock: True)  # as if it closed a moment after the look
    assert connection.ask(ORDER) == (200, b"{}")
    assert there.accepted == 2


@pytest.mark.parametrize(("idle", "call", "connections"), [(0.9, ORDER, 1), (1.0, ORDER, 2), (20.0, LOOK, 1)])
def test_an_order_does_not_go_on_a_connection_that_the_site_may_be_about_to_close(
    peer: Peers, connect: Connect, idle: float, call: Call, connections: int
) -> None:
    now = [0.0]
    there = peer(twice(Visitor.answer, Visitor.answer if connections == 1 else Visitor.read), Visitor.answer)
    connection = connect(there, lambda: now[0])
    connection.ask(LOOK)
    now[0] = idle * JUST_USED_SECONDS
    assert connection.ask(call) == (200, b"{}")
    assert there.accepted == connections


def test_a_new_connection_that_closes_without_a_reply_is_not_tried_again(peer: Peers, connect: Connect) -> None:
    there = peer(read_and_close, Visitor.answer)
    with pytest.raises(NoReply) as caught:
        connect(there).ask(LOOK)
    assert (caught.value.trouble, caught.value.sent, there.accepted) == (Trouble.CLOSED, True, 1)


def test_a_connection_that_is_reset_says_so(peer: Peers, connect: Connect) -> None:
    def read_and_reset(visitor: Visitor) -> None:
        visitor.read()
        visitor.close(reset=True)

    with pytest.raises(NoReply) as caught:
        connect(peer(read_and_reset)).ask(ORDER)
    assert (caught.value.trouble, caught.value.sent) == (Trouble.RESET, True)


def test_half_a_reply_is_no_reply_and_the_request_is_not_made_again(peer: Peers, connect: Connect) -> None:
    def half(visitor: Visitor) -> None:
        visitor.read()
        visitor.reply(b"{", length=2)

    there = peer(twice(Visitor.answer, half), Visitor.answer)
    connection = connect(there)
    connection.ask(LOOK)
    with pytest.raises(NoReply) as caught:
        connection.ask(LOOK)
    assert (caught.value.trouble, caught.value.begun, there.accepted) == (Trouble.CUT_SHORT, True, 1)


def test_what_is_not_http_says_so(peer: Peers, connect: Connect) -> None:
    def mumble(visitor: Visitor) -> None:
        visitor.read()
        visitor.sock.sendall(b"hungry?\r\n\r\n")

    with pytest.raises(NoReply) as caught:
        connect(peer(mumble)).ask(LOOK)
    assert caught.value.trouble == Trouble.GARBLED


def test_a_connection_is_given_up_when_its_request_is_interrupted(peer: Peers, connect: Connect) -> None:
    there = peer(twice(Visitor.answer, Visitor.read), Visitor.answer)
    connection = connect(there)
    connection.ask(LOOK)
    with pytest.raises(TypeError, match="unsupported"):
        connection.ask(replace(ORDER, body={"unsupported": object()}))
    assert connection.ask(LOOK) == (200, b"{}")
    assert there.accepted == 2


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (NameNotFound("no"), Trouble.NAME_NOT_FOUND),
        (ResolverTroubled("no"), Trouble.NO_NAME_SERVER),
        (socket.gaierror(socket.EAI_NONAME, "no"), Trouble.NAME_NOT_FOUND),
        (OSError(errno.EHOSTUNREACH, "no"), Trouble.UNREACHABLE),
        (TimeoutError("no"), Trouble.TIMED_OUT),
    ],
)
def test_a_place_that_is_not_found_says_why_and_has_no_address(error: Exception, trouble: Trouble) -> None:
    def find() -> Address:
        raise error

    connection = Connection(Place("pizza.test", find))
    with pytest.raises(NoReply) as caught:
        connection.ask(ORDER)
    assert (caught.value.trouble, caught.value.sent, connection.address) == (trouble, False, "")


@pytest.mark.parametrize("asking_for_the_name", [False, True])
def test_running_out_of_files_is_not_blamed_on_the_site(asking_for_the_name: bool) -> None:
    def find() -> Address:
        full = OSError(errno.EMFILE, "Too many open files")
        if asking_for_the_name:
            raise ResolverTroubled("no answer") from full
        raise full

    with pytest.raises(HarnessError, match=r"not for the site's fault: .*Too many open files.*fewer diners"):
        Connection(Place("pizza.test", find)).ask(LOOK)


def test_a_browser_goes_where_the_call_says(peer: Peers) -> None:
    heads = []

    def script(visitor: Visitor) -> None:
        heads.append(visitor.read()[0])
        visitor.reply()

    service, factory = peer(Visitor.answer), peer(script)
    diners = Browser({"service": fixed(f"http://{service.address}"), "factory": fixed(f"http://{factory.address}/f/")})
    diners.ask(replace(LOOK, where="factory"))
    assert (service.accepted, factory.accepted) == (0, 1)
    assert (diners.address("service"), diners.address("factory")) == ("", str(factory.address))
    assert heads[0].startswith("GET /f/api/order/menu HTTP/1.1\r\n")
    diners.close()


def test_a_url_says_address_host_and_root() -> None:
    place = fixed("http://localhost:4000/factory/")
    assert (place.host, place.find(), place.root) == ("localhost:4000", Address("localhost", 4000), "/factory")


@pytest.mark.parametrize("url", ["", "127.0.0.1:4000", "https://127.0.0.1", "http://", "http://x:99999", "ftp://x"])
def test_what_is_no_url_for_diners_is_refused(url: str) -> None:
    with pytest.raises(ScenarioError, match="not a URL that diners can use"):
        fixed(url)
