import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from pizza_service.errors import HttpError
from pizza_service.factory import Factory
from pizza_service.runtime import WallRuntime
from pizza_service.settings import Flaw
from pizza_service.telemetry import Telemetry
from tests.pizza_service.conftest import OpenSite
from tests.pizza_service.kit import GOOD_PIZZA, SETTINGS, Answer, HalfABody, Idle, Site, answer_with, fail_with

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

REPORT_URL = "http://factory.test/api/support/vendor-key/report/azaaz47q"
UNFULFILLED = {"message": "Failed to fulfill order at factory"}


async def half_a_body(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=HalfABody())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (fail_with(httpx.ConnectError("refused")), "fetch failed"),
        (fail_with(httpx.RemoteProtocolError("closed without an answer")), "fetch failed"),
        (half_a_body, "terminated"),
        (answer_with(200, "<html>login</html>"), "Unexpected token '<', \"<html>login</html>\" is not valid JSON"),
        (
            answer_with(502, "<html><head></head></html>"),
            "Unexpected token '<', \"<html><hea\"... is not valid JSON",
        ),
        (answer_with(503, ""), "Unexpected end of JSON input"),
        (answer_with(500, "null"), "Cannot read properties of null (reading 'reportUrl')"),
    ],
)
def test_factory_out_of_order_is_a_500_with_stack(site: Site, make: Answer, message: str) -> None:
    site.upstream.make = make
    reply = site.order(site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (500, message)
    assert "stack" in reply.json()
    assert len(site.rows("dinerOrder")) == 1


def test_factory_address_that_is_none_is_named(open_site: OpenSite) -> None:
    site = open_site(replace(SETTINGS, factory_url="not a url"))
    reply = site.order(site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (500, "Failed to parse URL from not a url/api/order")


@pytest.mark.parametrize(
    ("body", "expected"),
    [({}, ["order"]), ("5", ["order"]), ({"reportUrl": REPORT_URL}, ["order", "followLinkToEndChaos"])],
)
def test_factory_that_forgets_the_pizza_looks_like_success(site: Site, body: object, expected: list[str]) -> None:
    site.upstream.make = answer_with(200, body)
    reply = site.order(site.sign_in())
    assert (reply.status_code, list(reply.json())) == (200, expected)


@pytest.mark.parametrize("body", ["", "null", "<html>login</html>"])
@pytest.mark.parametrize("status", [200, 502])
def test_unreadable_reply_mended_is_an_unfulfilled_order(open_site: OpenSite, status: int, body: str) -> None:
    site = open_site(fix=Flaw.REPLY_PARSED_BEFORE_STATUS)
    site.upstream.make = answer_with(status, body)
    reply = site.order(site.sign_in())
    assert (reply.status_code, reply.json()) == (500, UNFULFILLED)


def test_refusal_mended_still_passes_the_link_on(open_site: OpenSite) -> None:
    site = open_site(fix=Flaw.REPLY_PARSED_BEFORE_STATUS)
    site.upstream.make = answer_with(500, {"message": "chaos monkey", "reportUrl": REPORT_URL})
    assert site.order(site.sign_in()).json() == {**UNFULFILLED, "followLinkToEndChaos": REPORT_URL}


@pytest.mark.parametrize("jwt", [{"jwt": "deadbeef"}, {}, {"jwt": ""}])
def test_bad_pizza_is_sold(site: Site, jwt: dict[str, str]) -> None:
    site.upstream.make = answer_with(200, jwt)
    assert site.order(site.sign_in()).status_code == 200


@pytest.mark.parametrize("jwt", [{"jwt": "deadbeef"}, {}, {"jwt": ""}])
def test_bad_pizza_mended_is_refused_with_the_link(open_site: OpenSite, jwt: dict[str, str]) -> None:
    site = open_site(fix=Flaw.BAD_PIZZA_ACCEPTED)
    site.upstream.make = answer_with(200, {**jwt, "reportUrl": REPORT_URL})
    reply = site.order(site.sign_in())
    assert (reply.status_code, reply.json()) == (500, {**UNFULFILLED, "followLinkToEndChaos": REPORT_URL})
    assert len(site.upstream.verifications) == bool(jwt.get("jwt"))


def test_good_pizza_mended_is_sold(open_site: OpenSite) -> None:
    site = open_site(fix=Flaw.BAD_PIZZA_ACCEPTED)
    assert site.order(site.sign_in()).json()["jwt"] == GOOD_PIZZA


REQUEST_END = b"}"


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(REQUEST_END)
    writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(REQUEST_END)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"jwt":')
    writer.close()


async def talk_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(REQUEST_END)
    writer.write(b"250 smtp.test\r\n\r\n")
    writer.close()


@pytest.mark.parametrize(
    ("serve", "message"),
    [(hang_up, "fetch failed"), (reset, "fetch failed"), (talk_nonsense, "fetch failed"), (break_off, "terminated")],
)
def test_factory_on_a_real_socket_that_breaks_is_worded_as_node_does(serve: Serve, message: str) -> None:
    async def order() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            runtime = WallRuntime.from_environment({})
            settings = replace(SETTINGS, factory_url=url)
            factory = Factory(settings, runtime, Telemetry(settings, runtime, Idle()))
            with pytest.raises(HttpError) as error:
                await factory.make({})
            assert (error.value.message, error.value.status) == (message, 500)
            await factory.close()

    asyncio.run(order())


def test_factory_that_nobody_listens_for_is_worded_as_node_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def order() -> None:
        runtime = WallRuntime.from_environment({})
        settings = replace(SETTINGS, factory_url=f"http://127.0.0.1:{port}")
        factory = Factory(settings, runtime, Telemetry(settings, runtime, Idle()))
        with pytest.raises(HttpError, match="fetch failed"):
            await factory.make({})
        await factory.close()

    asyncio.run(order())
