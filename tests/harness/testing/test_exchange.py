import asyncio
from typing import Any

import pytest

from harness.testing import Deadlock, Exchange, run_virtual
from tests.harness.testing.applications import GET, echo, halting, now, reply


def begin(application: Any) -> tuple[Exchange, "asyncio.Task[None]"]:
    exchange = Exchange(GET)
    return exchange, asyncio.get_running_loop().create_task(exchange.serve(application, {}))


def test_reply_in_pieces_is_passed_on_as_it_is_sent() -> None:
    async def scenario() -> None:
        exchange, _ = begin(halting)
        await exchange.head()
        assert [(await exchange.piece(), now()) for _ in range(4)] == [
            (b"one ", 0),
            (b"two ", 1),
            (b"three", 2),
            (b"", 2),
        ]

    run_virtual(scenario())


def test_patience_counts_from_the_last_piece_and_not_from_the_first() -> None:
    async def scenario() -> None:
        exchange, _ = begin(halting)
        await exchange.head(patience=0.5)
        assert await exchange.read(patience=1.5) == b"one two three"

    run_virtual(scenario())


def test_patience_that_was_not_needed_leaves_no_timer_behind() -> None:
    async def scenario() -> None:
        exchange, _ = begin(echo)
        await exchange.head(patience=60)
        await exchange.read(patience=60)
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="again at 0 s"):
        run_virtual(scenario())


def test_patience_that_runs_out_in_the_middle_of_the_body_is_a_timeout() -> None:
    async def scenario() -> None:
        exchange, _ = begin(halting)
        await exchange.head()
        with pytest.raises(TimeoutError):
            await exchange.read(patience=0.5)
        assert now() == 0.5

    run_virtual(scenario())


def test_connection_cut_in_the_middle_of_the_body_is_told_apart_from_one_cut_before() -> None:
    async def scenario() -> None:
        exchange, _ = begin(halting)
        await exchange.head()
        asyncio.get_running_loop().call_later(1.5, exchange.cut)
        with pytest.raises(ConnectionResetError, match="in the middle of the reply"):
            await exchange.read()

    run_virtual(scenario())


def test_connection_cut_after_the_whole_reply_loses_nothing() -> None:
    async def scenario() -> None:
        exchange, serving = begin(echo)
        await serving
        exchange.cut()
        assert await exchange.read() == b""
        assert exchange.is_complete

    run_virtual(scenario())


async def _silent(_scope: Any, _receive: Any, _send: Any) -> None:
    return


async def _unfinished(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


def test_application_that_ends_without_a_reply_gives_a_500() -> None:
    async def scenario() -> None:
        exchange, _ = begin(_silent)
        await exchange.head()
        assert exchange.status == 500

    run_virtual(scenario())


def test_application_that_ends_in_the_middle_of_its_reply_breaks_the_connection() -> None:
    async def scenario() -> None:
        exchange, _ = begin(_unfinished)
        await exchange.head()
        with pytest.raises(ConnectionResetError):
            await exchange.read()

    run_virtual(scenario())


async def _begins_twice(_scope: Any, _receive: Any, send: Any) -> None:
    for _ in range(2):
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def _begins_with_the_body(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("application", "complaint"), [(_begins_twice, "twice"), (_begins_with_the_body, "before the status")]
)
def test_application_that_breaks_the_protocol_is_told_so(application: Any, complaint: str) -> None:
    async def scenario() -> None:
        _, serving = begin(application)
        with pytest.raises(RuntimeError, match=complaint):
            await serving

    run_virtual(scenario())


def test_reply_to_a_client_who_has_left_is_dropped() -> None:
    async def scenario() -> None:
        exchange, serving = begin(_late)
        exchange.leave()
        await serving
        assert exchange.status == 0

    run_virtual(scenario())


async def _late(_scope: Any, receive: Any, send: Any) -> None:
    assert (await receive())["type"] == "http.disconnect"
    await reply(send, b"too late")
