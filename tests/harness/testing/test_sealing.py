# ruff: noqa: TID251, ASYNC251 - what the linter bans is what is tested here
import asyncio
import logging
import os
import secrets
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable

import anyio
import anyio.to_thread
import pytest

from harness.links import alarm
from harness.testing import Leak, Seal, run_virtual

# Each looks its function up when it is called: one that was taken hold of before cannot be seen.
LEAKS: dict[str, Callable[[], object]] = {
    "time.sleep": lambda: time.sleep(0),
    "time.time": lambda: time.time(),  # noqa: PLW0108
    "time.time_ns": lambda: time.time_ns(),  # noqa: PLW0108
    "time.monotonic": lambda: time.monotonic(),  # noqa: PLW0108
    "time.monotonic_ns": lambda: time.monotonic_ns(),  # noqa: PLW0108
    "Thread.start": lambda: threading.Thread(target=print).start(),
    "os.urandom": lambda: uuid.uuid4(),  # noqa: PLW0108
    "random._urandom": lambda: secrets.randbelow(6),
    "alarm.timer_file": lambda: alarm.timer_file(),  # noqa: PLW0108
    "socket.__new__": lambda: socket.socket(),  # noqa: PLW0108
    "socket.getaddrinfo": lambda: socket.getaddrinfo("localhost", 80),
    "socket.gethostbyname": lambda: socket.gethostbyname("localhost"),
    "subprocess.Popen": lambda: subprocess.run(["true"], check=False),
    "os.system": lambda: os.system("true"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_reaching_for_the_real_world_raises_a_leak_that_names_the_call_and_its_line(name: str) -> None:
    call = LEAKS[name]
    with Seal() as seal, pytest.raises(Leak, match=rf"{name} was called at .*test_sealing\.py:\d+") as caught:
        call()
    assert seal.leak is caught.value


def test_seal_that_is_lifted_leaves_everything_as_it_was() -> None:
    before = (time.sleep, time.time, threading.Thread.start, os.urandom, asyncio.taskgroups.__dict__.get("set"))
    with Seal():
        assert time.sleep is not before[0]
    after = (time.sleep, time.time, threading.Thread.start, os.urandom, asyncio.taskgroups.__dict__.get("set"))
    assert after == before
    socket.socket().close()


def test_seals_that_end_out_of_order_hold_until_the_last() -> None:
    first, second = Seal(), Seal()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    with pytest.raises(Leak):
        time.time()
    assert first.leak is None
    assert second.leak is not None
    second.__exit__()
    assert time.time() > 0


def test_other_threads_are_not_held_to_a_seal() -> None:
    begin, told = threading.Event(), []

    def look() -> None:
        begin.wait(5)
        socket.socket().close()
        told.append(time.time())

    other = threading.Thread(target=look)
    other.start()
    with Seal():
        begin.set()
        other.join(5)
    assert told


def test_log_line_may_carry_the_time_of_the_wall() -> None:
    with Seal() as seal:
        logging.getLogger("tests").debug("not a leak")
        logging.makeLogRecord({})
    assert seal.leak is None


def test_leak_that_somebody_swallows_ends_the_run_all_the_same() -> None:
    async def careless() -> str:
        try:
            time.sleep(1)
        except Exception:
            return "all is well"
        return "unreachable"

    with pytest.raises(Leak, match=r"time\.sleep"):
        run_virtual(careless())


def test_function_that_anyio_sends_to_a_thread_runs_at_once() -> None:
    async def scenario() -> int:
        return await anyio.to_thread.run_sync(lambda: 42)

    assert run_virtual(scenario()) == 42


def _cancel_order_of_asyncio() -> list[int]:
    order: list[int] = []

    async def scenario() -> None:
        with pytest.raises(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                for number in range(10):
                    group.create_task(_until_cancelled(number, order))
                await asyncio.sleep(1)
                raise RuntimeError

    run_virtual(scenario())
    return order


def _cancel_order_of_anyio() -> list[int]:
    order: list[int] = []

    async def scenario() -> None:
        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(_until_cancelled, number, order)
            await asyncio.sleep(1)
            group.cancel_scope.cancel()

    run_virtual(scenario())
    return order


async def _until_cancelled(number: int, order: list[int]) -> None:
    try:
        await asyncio.sleep(1000)
    finally:
        order.append(number)


@pytest.mark.parametrize("cancel_order", [_cancel_order_of_asyncio, _cancel_order_of_anyio])
def test_task_group_is_cancelled_in_the_order_in_which_it_was_filled(cancel_order: Callable[[], list[int]]) -> None:
    assert [cancel_order() for _ in range(8)] == [list(range(10))] * 8


def test_tasks_that_ended_together_come_back_in_the_order_in_which_they_were_given() -> None:
    async def scenario() -> list[str]:
        tasks = [asyncio.get_running_loop().create_task(asyncio.sleep(1), name=f"{n}") for n in range(10)]
        done, _ = await asyncio.wait(tasks)
        return [task.get_name() for task in done]

    assert [run_virtual(scenario()) for _ in range(4)] == [[f"{n}" for n in range(10)]] * 4
