from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

import pytest

from harness.links import dialling
from harness.links.dialling import Dialling
from harness.links.sockets import Socket
from harness.links.watch import watch
from tests.harness.links.sockets import on_both_loops, turn
from tests.harness.links.test_conversation import full_listener


async def outcome(upstream: str, *, brings_data: bool = False) -> str:
    """Call, and say what came of it."""
    done = asyncio.get_running_loop().create_future()

    def answered(connected: Socket) -> None:
        with contextlib.closing(connected):
            done.set_result(f"answered by {connected.getpeername()[1]}")

    with contextlib.closing(watch(asyncio.get_running_loop())) as watching:
        calling = Dialling(upstream, watch=watching, answered=answered, failed=lambda: done.set_result("failed"))
        calling.start(brings_data=brings_data)
        said: str = await done
    return said


def nobody_listens() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port: int = closed.getsockname()[1]
    return port


@on_both_loops
async def test_call_by_number_or_name_is_answered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "localhost", ""):
            assert await outcome(f"{host}:{port}") == f"answered by {port}"


@on_both_loops
async def test_call_that_nobody_answers_fails() -> None:
    for upstream in (f"127.0.0.1:{nobody_listens()}", "no.such.host.invalid:80", "no port", "127.0.0.1:http"):
        assert await outcome(upstream) == "failed"


def test_call_goes_on_to_the_next_address(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            there: tuple[str, int] = listener.getsockname()
            found = [(socket.AF_INET, ("127.0.0.1", nobody_listens())), (socket.AF_INET, there)]
            monkeypatch.setattr(dialling, "_numeric", lambda _upstream: found)
            assert await outcome("somewhere:1") == f"answered by {there[1]}"

    asyncio.run(story())


@on_both_loops
async def test_call_given_up_while_it_hangs_tells_nobody() -> None:
    told: list[object] = []
    give_up: Callable[[], None]
    with full_listener() as address, contextlib.closing(watch(asyncio.get_running_loop())) as watching:
        calling = Dialling(address, watch=watching, answered=told.append, failed=lambda: told.append("failed"))
        give_up = calling.cancel
        calling.start()
        await turn()
        give_up()
        give_up()
    await turn()
    assert told == []


@pytest.fixture
def handshakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is done with handshakes."""
    noted: list[str] = []
    monkeypatch.setattr(dialling, "hold_handshake", lambda _: noted.append("held"))
    monkeypatch.setattr(dialling, "finish_handshake", lambda _: noted.append("finished"))
    return noted


@pytest.mark.parametrize(
    ("host", "brings_data", "expected"),
    [("127.0.0.1", True, "held"), ("127.0.0.1", False, ""), ("localhost", True, "")],
    ids=["data is at hand", "no data", "a name, for which the call waits"],
)
def test_call_waits_for_data_with_its_handshake_only_if_data_is_at_hand(
    handshakes: list[str], host: str, brings_data: bool, expected: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        asyncio.run(asyncio.wait_for(outcome(f"{host}:{port}", brings_data=brings_data), 10))
        assert handshakes[:1] == [expected] * bool(expected)


def test_call_that_hangs_waits_for_no_data_with_its_handshake(handshakes: list[str]) -> None:
    async def story() -> None:
        with full_listener() as address, contextlib.closing(watch(asyncio.get_running_loop())) as watching:
            calling = Dialling(address, watch=watching, answered=lambda _: None, failed=lambda: None)
            calling.start(brings_data=True)
            calling.cancel()

    asyncio.run(story())
    assert handshakes == ["held", "finished"]
