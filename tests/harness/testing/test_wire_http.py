# ruff: noqa: TID251 - on a virtual loop sleeping takes no time
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest

from harness.faults.toxics import Latency, LimitData, ResetPeer
from harness.faults.toxics.toxic import Toxic
from harness.ingress.records import Address
from harness.links.link import Link, LinkToxic
from harness.testing import run_virtual
from harness.testing.wire_http import serving, virtual_idle_times, wire_transport
from harness.testing.wire_link import WireLink
from harness.testing.wires import Wires
from tests.harness.testing.applications import HERE, Slow, echo, halting, now, reply

THERE = Address("127.0.0.2", 4000)
Scenario = Callable[[httpx.AsyncClient], Awaitable[Any]]


def visited(application: Any, scenario: Scenario, *toxics: Toxic, timeout: float = 60) -> Any:
    """Let a client talk to an application, over a link that has these toxics."""

    async def run() -> Any:
        wires = Wires()
        link = WireLink(Link("site"), wires=wires, to=HERE, now=now)
        wires.listen(THERE, link.answer)
        for toxic in toxics:
            link.carry_out(link.core.add(LinkToxic(toxic.type, toxic), now=now()))
        async with AsyncExitStack() as stack:
            stack.enter_context(virtual_idle_times())
            stack.enter_context(serving(wires, HERE, application))
            client = httpx.AsyncClient(transport=wire_transport(wires), timeout=timeout, base_url=f"http://{THERE}")
            return await scenario(await stack.enter_async_context(client))

    return run_virtual(run())


async def who(scope: Any, _receive: Any, send: Any) -> None:
    await reply(send, "{}:{}".format(*scope["client"]).encode())


def test_request_and_reply_go_over_the_wire_whole() -> None:
    async def scenario(client: httpx.AsyncClient) -> tuple[int, bytes]:
        answer = await client.post("/", content=b"cheese" * 50_000)
        return answer.status_code, answer.content

    assert visited(whole_echo, scenario) == (200, b"cheese" * 50_000)


async def whole_echo(_scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    await reply(send, body)


def test_connection_that_idles_for_a_moment_is_used_again_and_one_that_idles_for_long_is_not() -> None:
    async def scenario(client: httpx.AsyncClient) -> list[str]:
        seen = []
        for pause in (0, 4, 6):
            await asyncio.sleep(pause)
            seen.append((await client.get("/")).text)
        return seen

    first, second, third = visited(who, scenario)
    assert first == second != third


def test_client_who_gives_up_cancels_nothing_behind_the_server() -> None:
    slow = Slow()

    async def scenario(client: httpx.AsyncClient) -> float:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/")
        given_up = now()
        await asyncio.sleep(20)
        return given_up

    assert visited(slow, scenario, timeout=5) == 5
    assert slow.diary == ["done at 10"]


def test_application_whose_client_gave_up_hears_of_it() -> None:
    heard: list[tuple[str, float]] = []

    async def attentive(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()
        heard.append(((await receive())["type"], now()))

    async def scenario(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/")
        await asyncio.sleep(1)

    visited(attentive, scenario, timeout=5)
    assert heard == [("http.disconnect", 5)]


def test_body_that_breaks_off_in_the_middle_is_an_error_with_what_came_before_it() -> None:
    async def run() -> tuple[bytes, float]:
        wires, came = Wires(), b""
        link = WireLink(Link("site"), wires=wires, to=HERE, now=now)
        wires.listen(THERE, link.answer)
        asyncio.get_running_loop().call_later(1.5, link.cut)
        client = httpx.AsyncClient(transport=wire_transport(wires))
        with serving(wires, HERE, halting):
            async with client, client.stream("GET", f"http://{THERE}/") as answer:
                with pytest.raises(httpx.ReadError, match="broke the connection off"):
                    async for piece in answer.aiter_raw():
                        came += piece
        return came, now()

    assert run_virtual(run()) == (b"one two ", 1.5)


def test_link_that_resets_is_an_error_before_the_reply() -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ReadError, match="broke the connection off"):
            await client.get("/")

    visited(halting, scenario, ResetPeer())


def test_body_that_ends_too_soon_is_not_taken_for_whole() -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
            await client.get("/")

    visited(halting, scenario, LimitData(60))


def test_latency_of_a_link_is_waited_for() -> None:
    async def scenario(client: httpx.AsyncClient) -> float:
        await client.post("/", content=b"cheese")
        return now()

    assert visited(echo, scenario, Latency(timedelta(seconds=2))) == 2


def test_nobody_at_the_address_is_a_connect_error() -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ConnectError, match="nobody listens"):
            await client.get("http://127.0.0.1:9/")

    visited(echo, scenario)


def test_server_that_is_cut_breaks_its_clients_off() -> None:
    async def run() -> None:
        wires = Wires()
        with serving(wires, HERE, Slow()) as server:
            async with httpx.AsyncClient(transport=wire_transport(wires)) as client:
                asking = asyncio.create_task(client.get(f"http://{HERE}/", timeout=60))
                await asyncio.sleep(1)
                server.cut()
                with pytest.raises(httpx.ReadError):
                    await asking

    run_virtual(run())
