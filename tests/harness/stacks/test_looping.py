import asyncio
import threading
from collections.abc import Iterator

import pytest

from harness.stacks.looping import LoopThread


@pytest.fixture
def troubles() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def loop(troubles: list[tuple[str, str]]) -> Iterator[LoopThread]:
    thread = LoopThread(trouble=lambda where, error: troubles.append((where, str(error))))
    thread.start()
    yield thread
    thread.stop()


async def _answer() -> str:
    return threading.current_thread().name


def test_call_runs_in_the_loops_own_thread_and_gives_the_result(loop: LoopThread) -> None:
    assert loop.call(_answer()) == "pizza-chaos loop"


def test_ask_calls_a_function_in_the_loops_own_thread_and_gives_its_answer(loop: LoopThread) -> None:
    assert loop.ask(lambda: threading.current_thread().name) == "pizza-chaos loop"


def test_call_that_raises_raises_here(loop: LoopThread) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        loop.call(fail())


def test_soon_that_raises_is_trouble_and_the_loop_goes_on(loop: LoopThread, troubles: list[tuple[str, str]]) -> None:
    def fail() -> None:
        raise ValueError("burnt")

    loop.soon(fail)
    assert loop.call(_answer())
    assert [error for _, error in troubles] == ["burnt"]


def test_background_that_raises_is_trouble_by_its_name(loop: LoopThread, troubles: list[tuple[str, str]]) -> None:
    async def fail() -> None:
        raise ValueError("burnt")

    async def begin() -> None:
        loop.background("the oven", fail())
        await asyncio.sleep(0)  # noqa: TID251 - gives the loop one turn
        await asyncio.sleep(0)  # noqa: TID251

    loop.call(begin())
    assert troubles == [("the oven", "burnt")]


def test_stop_cancels_what_still_runs_and_may_be_called_twice(loop: LoopThread) -> None:
    ended = threading.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def begin() -> None:
        loop.background("for ever", forever())
        await asyncio.sleep(0)  # noqa: TID251 - gives the loop one turn

    loop.call(begin())
    loop.stop()
    loop.stop()
    assert ended.is_set()
    assert not loop.is_running
