from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from harness.ingress.balancer import balancer, client_of_targets
from harness.ingress.forwarding import LONGEST_REPEATED_BYTES, Message, Scope
from harness.ingress.records import Address
from tests.harness.ingress.target import OK, Script, Seen, Target

NOBODY = Address("127.0.0.1", 1)


@asynccontextmanager
async def through(
    *targets: Address, idle_timeout: timedelta = timedelta(seconds=5)
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client whose every request goes through a load balancer in front of these targets."""
    async with client_of_targets(idle_timeout=idle_timeout) as upstream:
        application: Any = balancer(lambda: targets, upstream)
        transport = httpx.ASGITransport(application, client=("192.0.2.7", 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://pizza-service.pizza.test") as client:
            yield client


def asked(script: Script, *ask: Callable[[httpx.AsyncClient], Coroutine[Any, Any, httpx.Response]]) -> list[Any]:
    """Ask one after the other through a balancer in front of a scripted target: the replies, then what it saw."""

    async def run() -> list[Any]:
        async with Target(script) as target, through(target.address) as client:
            return [*[await each(client) for each in ask], target.seen]

    return asyncio.run(run())


def test_forward_passes_request_and_reply_as_they_are() -> None:
    reply, seen = asked(
        lambda _: b"HTTP/1.1 418 Teapot\r\nContent-Length: 3\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\ntea",
        lambda client: client.post("/api/x?q=1&q=%2F", content=b"hello", headers={"authorization": "Bearer t"}),
    )
    assert (reply.status_code, reply.content) == (418, b"tea")
    assert reply.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert seen[0].head.startswith("POST /api/x?q=1&q=%2F HTTP/1.1\r\n")
    assert (seen[0].headers["authorization"], seen[0].body) == ("Bearer t", b"hello")


def test_forward_keeps_the_host_that_the_client_asked_for() -> None:
    _, seen = asked(lambda _: OK, lambda client: client.get("/"))
    assert seen[0].headers["host"] == "pizza-service.pizza.test"


def test_forward_adds_nothing_that_the_client_did_not_say() -> None:
    _, seen = asked(lambda _: OK, lambda client: client.send(httpx.Request("GET", "http://a.test/")))
    assert set(seen[0].headers) == {"host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"}


def test_forward_says_for_whom_after_whoever_said_so_before() -> None:
    before = {"x-forwarded-for": "198.51.100.1", "x-forwarded-proto": "https", "x-forwarded-port": "443"}
    _, seen = asked(lambda _: OK, lambda client: client.get("/", headers=before))
    headers = seen[0].headers
    assert headers["x-forwarded-for"] == "198.51.100.1, 192.0.2.7"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("http", "80")


def test_forward_drops_headers_of_one_connection_in_both_directions() -> None:
    one = {"connection": "keep-alive, x-mine", "x-mine": "1", "te": "trailers", "keep-alive": "5", "x-yours": "2"}
    answer = b"HTTP/1.1 200 OK\r\nConnection: x-own\r\nX-Own: 1\r\nKeep-Alive: timeout=5\r\nX-All: 2\r\n"
    reply, seen = asked(lambda _: answer + b"Content-Length: 0\r\n\r\n", lambda client: client.get("/", headers=one))
    assert not {"connection", "x-mine", "te", "keep-alive"} & set(seen[0].headers)
    assert seen[0].headers["x-yours"] == "2"
    assert (set(reply.headers) & {"connection", "x-own", "keep-alive"}, reply.headers["x-all"]) == (set(), "2")


def test_forward_leaves_a_compressed_body_compressed() -> None:
    packed = gzip.compress(b"pizza" * 100)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    (reply, _) = asked(lambda _: head + packed, lambda client: client.get("/"))
    assert (reply.content, reply.headers["content-length"]) == (b"pizza" * 100, str(len(packed)))


def test_forward_streams_a_chunked_body_on_as_chunks() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    _, seen = asked(lambda _: OK, lambda client: client.put("/", content=pieces()))
    assert (seen[0].body, seen[0].headers["transfer-encoding"]) == (b"one two", "chunked")


@pytest.mark.parametrize("status", [204, 304])
def test_forward_reply_without_a_body_does_not_promise_one(status: int) -> None:
    answer = f"HTTP/1.1 {status} X\r\nContent-Length: 10\r\nETag: 1\r\n\r\n".encode()
    (reply, _) = asked(lambda _: answer, lambda client: client.get("/"))
    assert (reply.status_code, reply.headers["etag"], "content-length" in reply.headers) == (status, "1", False)


def test_forward_head_keeps_the_length_of_what_get_would_give() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    (reply, _) = asked(lambda _: answer, lambda client: client.head("/"))
    assert reply.headers["content-length"] == "10"


def test_forward_target_refuses_is_502() -> None:
    async def run() -> httpx.Response:
        async with through(NOBODY) as client:
            return await client.get("/")

    reply = asyncio.run(run())
    assert (reply.status_code, reply.headers["server"]) == (502, "awselb/2.0")
    assert "502 Bad Gateway" in reply.text


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Len", b"this is not HTTP\r\n\r\n"])
def test_forward_target_breaks_off_before_its_reply_is_502(answer: bytes) -> None:
    async def run() -> httpx.Response:
        async with Target(lambda _: answer, closes_after=lambda _: True) as target, through(target.address) as client:
            return await client.get("/")

    assert asyncio.run(run()).status_code == 502


def test_forward_without_targets_is_503() -> None:
    async def run() -> httpx.Response:
        async with through() as client:
            return await client.get("/")

    assert asyncio.run(run()).status_code == 503


def test_forward_target_says_nothing_until_the_idle_timeout_is_504() -> None:
    async def run() -> httpx.Response:
        short = timedelta(milliseconds=50)
        async with Target(lambda _: None) as target, through(target.address, idle_timeout=short) as client:
            return await client.get("/")

    assert asyncio.run(run()).status_code == 504


def test_forward_target_breaks_off_in_its_reply_cuts_the_client_off_too() -> None:
    async def run() -> None:
        half = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
        async with Target(lambda _: half, closes_after=lambda _: True) as target, through(target.address) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/")

    asyncio.run(run())


def test_forward_request_that_cannot_be_passed_on_is_400() -> None:
    assert called(scope("GET", b"/\xff"), ASKED) == (400, [])


def test_forward_passes_a_path_on_without_tidying_it_up() -> None:
    status, seen = called(scope("GET", b"/a/../b"), ASKED)
    assert status == 200
    assert seen[0].head.startswith("GET /a/../b HTTP/1.1")


def test_forward_takes_targets_in_turn() -> None:
    async def run() -> tuple[list[Seen], list[Seen]]:
        async with Target() as one, Target() as two, through(one.address, two.address) as client:
            for _ in range(4):
                await client.get("/")
            return one.seen, two.seen

    one, two = asyncio.run(run())
    assert (len(one), len(two)) == (2, 2)


def test_forward_reuses_its_connection_to_a_target() -> None:
    *_, seen = asked(lambda _: OK, lambda client: client.get("/"), lambda client: client.post("/", content=b"x"))
    assert [(request.connection, request.turn) for request in seen] == [(1, 1), (1, 2)]


def closing_the_second(seen: Seen) -> bytes:
    """What a target does that gives an idle connection up just as it is used again."""
    return b"" if (seen.connection, seen.turn) == (1, 2) else OK


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_forward_idempotent_request_lost_on_a_used_connection_is_sent_once_more(method: str) -> None:
    _, reply, seen = asked(
        closing_the_second,
        lambda client: client.get("/"),
        lambda client: client.request(method, "/", content=b"the body"),
    )
    assert reply.status_code == 200
    assert [(request.connection, request.body) for request in seen[1:]] == [(1, b"the body"), (2, b"the body")]


def test_forward_order_lost_on_a_used_connection_is_never_sent_twice() -> None:
    _, reply, seen = asked(
        closing_the_second, lambda client: client.get("/"), lambda client: client.post("/api/order", content=b"1")
    )
    assert (reply.status_code, len(seen)) == (502, 2)


def test_forward_request_lost_on_a_new_connection_is_not_sent_once_more() -> None:
    reply, seen = asked(lambda _: b"", lambda client: client.get("/"))
    assert (reply.status_code, len(seen)) == (502, 1)


def test_forward_body_too_long_to_keep_is_not_sent_once_more() -> None:
    long = bytes(LONGEST_REPEATED_BYTES + 1)
    _, reply, seen = asked(
        closing_the_second, lambda client: client.get("/"), lambda client: client.put("/", content=long)
    )
    assert (reply.status_code, len(seen)) == (502, 2)


def test_forward_client_that_left_does_not_wait_for_the_target() -> None:
    status, _ = called(scope("GET", b"/"), ASKED, LEFT, script=lambda _: None)
    assert status is None


def test_forward_client_that_left_in_its_body_is_no_failure() -> None:
    half = {"type": "http.request", "body": b"half", "more_body": True}
    status, _ = called(scope("POST", b"/", (b"content-length", b"10")), half, LEFT)
    assert status is None


def test_forward_cancelled_lets_its_connection_go() -> None:
    async def run() -> None:
        async with Target(lambda _: None) as target, through(target.address) as client:
            asking = asyncio.ensure_future(client.get("/"))
            while not target.seen:
                await asyncio.wait((asking,), timeout=0.001)
            asking.cancel()
            await asyncio.wait((asking,))
            await target.idle()

    asyncio.run(asyncio.wait_for(run(), 2))


ASKED: Message = {"type": "http.request", "body": b"", "more_body": False}
LEFT: Message = {"type": "http.disconnect"}


def scope(method: str, path: bytes, *headers: tuple[bytes, bytes]) -> Scope:
    """What a server tells an application of a request, in words that httpx would not say."""
    return {"method": method, "raw_path": path, "query_string": b"", "headers": list(headers), "scheme": "http"}


def called(asked: Scope, *said: Message, script: Script = lambda _: OK) -> tuple[int | None, list[Seen]]:
    """Call the application itself with what a client says: the status that it answered, and what the target saw."""
    answered: list[Message] = []
    messages = list(said)

    async def receive() -> Message:
        return messages.pop(0) if messages else await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        answered.append(message)

    async def run() -> list[Seen]:
        async with Target(script) as target, client_of_targets() as upstream:
            await balancer(lambda: [target.address], upstream)(asked, receive, send)
            return target.seen

    seen = asyncio.run(asyncio.wait_for(run(), 2))
    return (answered[0]["status"] if answered else None), seen
