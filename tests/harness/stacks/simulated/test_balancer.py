# ruff: noqa: TID251 - on a virtual loop sleeping takes no time
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.ingress.records import Address
from harness.stacks.simulated.balancer import IDLE_SECONDS, Balancer
from harness.testing import HangUp, Listener, Network, Request, VirtualLoop, run_virtual
from tests.harness.testing.applications import GET, POST, Slow, echo, halting, now, reply

FRONT, ONE, OTHER = Address("127.0.0.11", 8080), Address("127.0.0.1", 9001), Address("127.0.0.1", 9002)


class Site:
    """A balancer, and what it forwards to."""

    def __init__(self, *targets: Address) -> None:
        self.network = Network(on_error=lambda _address, _error: None)
        self.targets = list(targets)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self.balancer = self.network.add(Balancer(self.network, FRONT, targets=lambda: self.targets, loop=loop))

    def serve(self, address: Address, application: Any) -> Listener:
        return self.network.listen(address, application)

    async def ask(self, request: Request = GET) -> tuple[int, bytes]:
        exchange = await self.network.connect(FRONT).ask(request)
        return exchange.status, await exchange.read()


def at(site: Callable[[], Site], scenario: Callable[[Site], Awaitable[None]]) -> None:
    async def run() -> None:
        await scenario(site())

    run_virtual(run())


def test_requests_go_to_the_targets_in_turn() -> None:
    async def scenario(site: Site) -> None:
        for address in (ONE, OTHER):
            site.serve(address, named(address))
        assert [await site.ask() for _ in range(3)] == [(200, b"9001"), (200, b"9002"), (200, b"9001")]

    at(lambda: Site(ONE, OTHER), scenario)


def named(address: Address) -> Any:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await reply(send, str(address.port).encode())

    return application


def test_target_hears_who_asked_and_not_what_concerns_one_connection_only() -> None:
    heard: list[dict[bytes, bytes]] = []

    async def attentive(scope: Any, _receive: Any, send: Any) -> None:
        heard.append(dict(scope["headers"]))
        await reply(send, b"")

    async def scenario(site: Site) -> None:
        site.serve(ONE, attentive)
        await site.ask(Request("GET", b"/", [(b"host", b"pizza.test"), (b"connection", b"x-a"), (b"x-a", b"1")]))

    at(lambda: Site(ONE), scenario)
    forwarded = {b"x-forwarded-for": b"127.0.0.1", b"x-forwarded-proto": b"http", b"x-forwarded-port": b"8080"}
    assert heard == [{b"host": b"pizza.test", **forwarded}]


def test_body_of_a_request_arrives_whole() -> None:
    async def scenario(site: Site) -> None:
        site.serve(ONE, echo)
        assert await site.ask(POST) == (200, b"cheese")

    at(lambda: Site(ONE), scenario)


@pytest.mark.parametrize(("targets", "status"), [((), 503), ((ONE,), 502)])
def test_balancer_without_a_target_that_accepts_answers_itself(targets: tuple[Address, ...], status: int) -> None:
    async def scenario(site: Site) -> None:
        answered, page = await site.ask()
        assert answered == status
        assert str(status).encode() in page

    at(lambda: Site(*targets), scenario)


def test_target_that_breaks_off_before_its_reply_is_a_bad_gateway() -> None:
    async def rude(_scope: Any, _receive: Any, _send: Any) -> None:
        raise HangUp

    async def scenario(site: Site) -> None:
        site.serve(ONE, rude)
        assert (await site.ask())[0] == 502

    at(lambda: Site(ONE), scenario)


def test_target_that_is_killed_in_the_middle_of_its_reply_cuts_the_client_off() -> None:
    async def scenario(site: Site) -> None:
        target = site.serve(ONE, halting)
        exchange = await site.network.connect(FRONT).ask(GET)
        assert await exchange.piece() == b"one "
        target.cut()
        with pytest.raises(ConnectionResetError, match="in the middle of the reply"):
            await exchange.read()

    at(lambda: Site(ONE), scenario)


def test_target_that_says_nothing_for_too_long_is_a_gateway_timeout_and_hears_that_nobody_waits() -> None:
    heard: list[tuple[str, float]] = []

    async def silent(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()
        heard.append(((await receive())["type"], now()))

    async def scenario(site: Site) -> None:
        site.serve(ONE, silent)
        assert (await site.ask())[0] == 504
        assert now() == IDLE_SECONDS
        await asyncio.sleep(1)

    at(lambda: Site(ONE), scenario)
    assert heard == [("http.disconnect", IDLE_SECONDS)]


def test_reply_that_goes_on_now_and_then_is_waited_for_and_one_that_stops_is_cut() -> None:
    async def fitful(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for pause in (0.9, 0.9, 2):
            await asyncio.sleep(pause * IDLE_SECONDS)
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    async def scenario(site: Site) -> None:
        site.serve(ONE, fitful)
        exchange = await site.network.connect(FRONT).ask(GET)
        assert [await exchange.piece() for _ in range(2)] == [b"x", b"x"]
        with pytest.raises(ConnectionResetError):
            await exchange.piece()
        assert now() == pytest.approx(2.8 * IDLE_SECONDS)

    at(lambda: Site(ONE), scenario)


def test_client_who_leaves_cancels_nothing_and_the_target_hears_of_it() -> None:
    slow = Slow()

    async def scenario(site: Site) -> None:
        site.serve(ONE, slow)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await site.ask()
        await asyncio.sleep(20)

    at(lambda: Site(ONE), scenario)
    assert slow.diary == ["done at 10"]


def test_balancer_that_is_killed_breaks_every_client_off_and_refuses_the_next() -> None:
    async def scenario(site: Site) -> None:
        site.serve(ONE, Slow())
        asking = [asyncio.create_task(site.ask()) for _ in range(3)]
        await asyncio.sleep(1)
        site.balancer.cut()
        results = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(each) for each in results} == {ConnectionResetError}
        with pytest.raises(ConnectionRefusedError):
            site.network.connect(FRONT)

    at(lambda: Site(ONE), scenario)


def test_balancer_that_stands_still_forwards_later_what_has_come_meanwhile() -> None:
    async def scenario(site: Site) -> None:
        site.serve(ONE, echo)
        site.balancer.pause()
        asking = asyncio.create_task(site.ask(POST))
        await asyncio.sleep(100)
        assert not asking.done()
        site.balancer.resume()
        assert await asking == (200, b"cheese")
        assert now() == 100

    at(lambda: Site(ONE), scenario)


def test_finished_requests_are_forgotten() -> None:
    async def scenario(site: Site) -> None:
        site.serve(ONE, echo)
        await site.ask(POST)
        assert isinstance(site.balancer, Balancer)
        assert not site.balancer._under_way

    at(lambda: Site(ONE), scenario)
