# ruff: noqa: TID251 - on a virtual loop sleeping takes no time
import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.ingress.records import Address
from harness.testing import Application, BlockingTransport, Network, NetworkTransport, VirtualLoop, run_virtual
from tests.harness.testing.applications import HERE, Slow, halting, now

URL = "http://127.0.0.1:3000"
Using = Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]


async def mirror(request: Asked) -> Response:
    asked = {"method": request.method, "path": request.url.path, "q": request.query_params.get("q")}
    return JSONResponse({**asked, "host": request.headers["host"], "body": await request.json()}, status_code=201)


MIRROR = Starlette(routes=[Route("/api/{rest:path}", mirror, methods=["POST"])])


def with_client(application: Application, use: Using, **options: Any) -> None:
    async def scenario() -> None:
        network = Network()
        network.listen(HERE, application)
        async with httpx.AsyncClient(transport=NetworkTransport(network), **options) as client:
            await use(client)

    run_virtual(scenario())


def test_httpx_client_reaches_an_application_as_over_a_socket() -> None:
    async def use(client: httpx.AsyncClient) -> None:
        reply = await client.post(f"{URL}/api/order?q=1", json={"pizza": "Veggie"})
        assert reply.status_code == 201
        assert reply.json() == {
            "method": "POST",
            "path": "/api/order",
            "q": "1",
            "host": "127.0.0.1:3000",
            "body": {"pizza": "Veggie"},
        }

    with_client(MIRROR, use)


def test_httpx_client_of_an_https_url_is_told_that_there_is_no_tls_in_memory() -> None:
    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.UnsupportedProtocol, match=r"https://127\.0\.0\.1:3000/ .* no TLS\. Write http://"):
            await client.get("https://127.0.0.1:3000/")

    with_client(MIRROR, use)


def test_httpx_client_at_an_address_that_refuses_gets_a_connect_error() -> None:
    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ConnectError, match="nobody listens"):
            await client.get("http://127.0.0.1:1/")

    with_client(MIRROR, use)


def test_httpx_client_times_out_to_the_instant_and_the_application_goes_on() -> None:
    slow = Slow()

    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(URL)
        assert now() == 5
        await asyncio.sleep(10)

    with_client(slow, use, timeout=5)
    assert slow.diary == ["done at 10"]


def test_httpx_client_of_a_program_that_is_killed_gets_a_protocol_error() -> None:
    async def scenario() -> None:
        network = Network()
        listener = network.listen(HERE, Slow())
        asyncio.get_running_loop().call_later(2, listener.cut)
        async with httpx.AsyncClient(transport=NetworkTransport(network), timeout=60) as client:
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(URL)

    run_virtual(scenario())


def test_httpx_client_reads_a_stream_piece_by_piece() -> None:
    async def use(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", URL) as reply:
            assert [(piece, now()) async for piece in reply.aiter_raw()] == [(b"one ", 0), (b"two ", 1), (b"three", 2)]

    with_client(halting, use)


def test_httpx_client_with_less_patience_than_a_stream_times_out_in_its_middle() -> None:
    async def use(client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ReadTimeout, match="nothing more within"):
            await client.get(URL)

    with_client(halting, use, timeout=0.5)


def test_httpx_client_that_leaves_a_stream_is_heard_to_leave() -> None:
    heard: list[str] = []

    async def endless(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        heard.append((await receive())["type"])

    async def use(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", URL):
            pass
        await asyncio.sleep(1)

    with_client(endless, use)
    assert heard == ["http.disconnect"]


def test_blocking_httpx_client_lets_virtual_time_pass_until_its_reply() -> None:
    loop = VirtualLoop()
    network = Network()
    network.listen(HERE, Slow())
    with httpx.Client(transport=BlockingTransport(network, loop=loop), timeout=60) as client:
        assert client.get(URL).text == "at last"
    assert loop.time() == 10
    loop.end()


def test_url_without_a_port_means_port_80() -> None:
    async def scenario() -> None:
        network = Network()
        network.listen(Address("pizza.test", 80), MIRROR)
        async with httpx.AsyncClient(transport=NetworkTransport(network)) as client:
            assert (await client.post("http://pizza.test/api/x", json=1)).status_code == 201

    run_virtual(scenario())
