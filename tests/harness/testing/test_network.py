# ruff: noqa: TID251 - on a virtual loop sleeping takes no time
import asyncio
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.ingress.records import Address
from harness.testing import HangUp, Network, Request, run_virtual
from tests.harness.testing.applications import GET, HERE, POST, Slow, ask, echo, now, reply


def test_address_where_nobody_listens_refuses() -> None:
    async def scenario() -> None:
        network = Network()
        assert not network.accepts(HERE)
        with pytest.raises(ConnectionRefusedError, match=r"nobody listens at 127\.0\.0\.1:3000"):
            network.connect(HERE)

    run_virtual(scenario())


def test_request_reaches_the_application_as_asgi_words_it() -> None:
    seen: list[dict[str, Any]] = []

    async def look(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        seen.append(scope)
        await reply(send, b"")

    async def scenario() -> None:
        network = Network()
        network.listen(HERE, look)
        await ask(network)

    run_virtual(scenario())
    (scope,) = seen
    assert (scope["method"], scope["path"], scope["raw_path"], scope["query_string"]) == (
        "GET",
        "/a b",
        b"/a%20b",
        b"c=d",
    )
    assert scope["headers"] == [(b"host", b"pizza.test")]
    assert scope["server"] == ("127.0.0.1", 3000)


def test_reply_comes_back_with_status_headers_and_body() -> None:
    async def scenario() -> None:
        network = Network()
        network.listen(HERE, echo)
        exchange = await network.connect(HERE).ask(POST)
        assert (exchange.status, exchange.headers) == (200, [(b"x-who", b"me")])
        assert await exchange.read() == b"cheese"

    run_virtual(scenario())


def test_client_who_gives_up_cancels_nothing() -> None:
    slow = Slow()

    async def scenario() -> None:
        network = Network()
        network.listen(HERE, slow)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await ask(network)
        assert now() == 3
        await asyncio.sleep(20)

    run_virtual(scenario())
    assert slow.diary == ["done at 10"]


def test_application_whose_client_has_left_hears_of_it() -> None:
    heard: list[tuple[str, float]] = []

    async def attentive(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()
        heard.append(((await receive())["type"], now()))

    async def scenario() -> None:
        network = Network()
        network.listen(HERE, attentive)
        with pytest.raises(TimeoutError):
            await network.connect(HERE).ask(GET, patience=3)
        await asyncio.sleep(1)

    run_virtual(scenario())
    assert heard == [("http.disconnect", 3)]


def test_program_that_is_cut_breaks_its_connections_and_ends_its_work() -> None:
    slow = Slow()

    async def scenario() -> None:
        network = Network()
        listener = network.listen(HERE, slow)
        asyncio.get_running_loop().call_later(4, listener.cut)
        with pytest.raises(ConnectionResetError, match="before the reply"):
            await ask(network)
        assert now() == 4
        assert not network.accepts(HERE)
        await asyncio.sleep(1)
        assert slow.diary == ["cancelled at 4"]

    run_virtual(scenario())


def test_listener_that_is_closed_finishes_what_is_under_way_and_refuses_the_rest() -> None:
    async def scenario() -> None:
        network = Network()
        listener = network.listen(HERE, Slow())
        asyncio.get_running_loop().call_later(4, listener.close)
        assert await ask(network) == (200, b"at last")
        with pytest.raises(ConnectionRefusedError):
            network.connect(HERE)

    run_virtual(scenario())


def test_kept_connection_is_open_until_it_idled_for_too_long() -> None:
    async def scenario() -> None:
        network = Network()
        network.listen(HERE, echo)
        connection = network.connect(HERE)
        await connection.ask(POST)
        await asyncio.sleep(74)
        assert connection.is_open
        await connection.ask(POST)
        await asyncio.sleep(75)
        assert not connection.is_open
        with pytest.raises(ConnectionResetError, match="is closed"):
            await connection.ask(POST)

    run_virtual(scenario())


def test_kept_connection_does_not_lead_to_who_listens_there_now() -> None:
    async def scenario() -> None:
        network = Network()
        first = network.listen(HERE, echo)
        connection = network.connect(HERE)
        first.cut()
        network.listen(HERE, echo)
        assert not connection.is_open
        assert network.connect(HERE).is_open

    run_virtual(scenario())


def test_delay_of_a_listener_comes_before_the_application() -> None:
    async def scenario() -> float:
        network = Network()
        network.listen(HERE, echo, delay=lambda: 0.25)
        await ask(network, POST)
        return now()

    assert run_virtual(scenario()) == 0.25


def test_address_in_use_is_refused_to_a_second_application() -> None:
    network = Network()
    network.listen(HERE, echo)
    with pytest.raises(HarnessError, match=r"127\.0\.0\.1:3000 is in use"):
        network.listen(HERE, echo)


def test_exception_that_escapes_gives_its_client_a_500_and_is_told() -> None:
    told: list[tuple[Address, Exception]] = []

    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        message = "no cheese"
        raise ValueError(message)

    async def scenario() -> tuple[int, bytes]:
        network = Network(on_error=lambda address, error: told.append((address, error)))
        network.listen(HERE, broken)
        return await ask(network)

    assert run_virtual(scenario()) == (500, b"Internal Server Error")
    assert [(address, str(error)) for address, error in told] == [(HERE, "no cheese")]


def test_serving_an_application_runs_its_lifespan_and_shares_its_state() -> None:
    diary: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                event = (await receive())["type"]
                diary.append(event)
                scope["state"]["oven"] = b"hot"
                await send({"type": f"{event}.complete"})
            return
        await reply(send, scope["state"]["oven"])

    async def scenario() -> None:
        network = Network()
        async with network.serving(HERE, application):
            assert await ask(network) == (200, b"hot")
        assert not network.accepts(HERE)

    run_virtual(scenario())
    assert diary == ["lifespan.startup", "lifespan.shutdown"]


def test_serving_ends_only_when_requests_under_way_have_their_replies() -> None:
    async def scenario() -> None:
        network = Network()
        async with network.serving(HERE, Slow()):
            asking = asyncio.get_running_loop().create_task(ask(network))
            await asyncio.sleep(1)
        assert now() == 10
        assert await asking == (200, b"at last")

    run_virtual(scenario())


def test_connection_to_an_address_that_leads_elsewhere_arrives_there_while_it_does() -> None:
    async def scenario() -> list[int]:
        network, elsewhere = Network(), Address("127.0.0.1", 9999)
        leads: list[Address | None] = [HERE]
        network.listen(HERE, echo)
        network.lead(elsewhere, lambda: leads[-1])
        reply = await network.connect(elsewhere).ask(Request("POST", b"/", body=b"x"))
        leads.append(None)
        with pytest.raises(ConnectionRefusedError, match="9999"):
            network.connect(elsewhere)
        return [reply.status]

    assert run_virtual(scenario()) == [200]


def test_listener_that_is_paused_answers_when_it_goes_on_and_not_before() -> None:
    async def scenario() -> float:
        network, loop = Network(), asyncio.get_running_loop()
        listener = network.listen(HERE, echo)
        listener.pause()
        loop.call_later(30, listener.resume)
        reply = await network.connect(HERE).ask(Request("POST", b"/", body=b"x"))
        assert reply.status == 200
        return loop.time()

    assert run_virtual(scenario()) == 30.0


@pytest.mark.parametrize("begun", [False, True])
def test_application_that_hangs_up_breaks_the_connection_and_is_no_mistake(begun: bool) -> None:
    async def rude(_scope: Any, _receive: Any, send: Any) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise HangUp

    async def scenario() -> None:
        errors: list[object] = []
        network = Network(on_error=lambda *said: errors.append(said))
        network.listen(HERE, rude)
        with pytest.raises(ConnectionResetError):
            await (await network.connect(HERE).ask(Request("GET", b"/"))).read()
        assert errors == []

    run_virtual(scenario())


def test_request_on_a_connection_of_its_own_is_answered_and_an_empty_address_refuses() -> None:
    async def scenario() -> None:
        network = Network()
        with pytest.raises(ConnectionRefusedError, match="nobody listens"):
            await network.ask(HERE, POST)
        network.listen(HERE, echo)
        exchange = await network.ask(HERE, POST)
        assert (exchange.status, await exchange.read()) == (200, b"cheese")

    run_virtual(scenario())


def test_request_on_a_connection_of_its_own_is_left_when_patience_runs_out() -> None:
    async def scenario() -> None:
        network, slow = Network(), Slow()
        network.listen(HERE, slow)
        with pytest.raises(TimeoutError):
            await network.ask(HERE, POST, patience=3)
        await asyncio.sleep(20)
        assert slow.diary == ["done at 10"]

    run_virtual(scenario())
