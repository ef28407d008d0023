# ruff: noqa: TID251, ASYNC251, DTZ002, DTZ003, DTZ005, DTZ011, PLW0108 - what the linter bans is what is tested here
import _thread
import asyncio
import logging
import multiprocessing
import os
import queue
import random
import secrets
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from random import Random
from random import uniform as taken_before
from typing import NoReturn, Self

import anyio
import anyio.to_thread
import httpx
import jwt
import pytest

from harness.links import alarm
from harness.testing import Leak, Seal, leaks, run_virtual, sealing

# Each looks its function up when it is called: one of a module that was taken hold of before cannot be seen.
LEAKS: dict[str, list[Callable[[], object]]] = {
    "time.sleep": [lambda: time.sleep(0)],
    "time.time": [lambda: time.time(), lambda: date.today(), lambda: datetime.today()],
    "time.time_ns": [lambda: time.time_ns()],
    "time.monotonic": [lambda: time.monotonic()],
    "time.monotonic_ns": [lambda: time.monotonic_ns()],
    "time.clock_gettime": [lambda: time.clock_gettime(time.CLOCK_REALTIME)],
    "time.clock_gettime_ns": [lambda: time.clock_gettime_ns(time.CLOCK_REALTIME)],
    "time.localtime": [lambda: time.localtime(), lambda: time.localtime(None)],
    "time.gmtime": [lambda: time.gmtime()],
    "time.ctime": [lambda: time.ctime()],
    "time.asctime": [lambda: time.asctime()],
    "time.strftime": [lambda: time.strftime("%H:%M")],
    "datetime.now": [lambda: datetime.now(), lambda: datetime.now(tz=UTC), lambda: _OwnTime.now(UTC)],
    "datetime.utcnow": [lambda: datetime.utcnow()],
    "Condition.wait": [
        lambda: threading.Event().wait(0),
        lambda: _waited(threading.Condition()),
        lambda: queue.Queue[int]().get(timeout=0.01),
    ],
    "select.select": [lambda: select.select([], [], [], 0)],
    "select.poll": [lambda: select.poll()],
    "signal.sigtimedwait": [lambda: signal.sigtimedwait([signal.SIGUSR1], 0)],
    "Thread.start": [lambda: threading.Thread(target=print).start()],
    "_thread.start_new_thread": [lambda: _thread.start_new_thread(print, ())],
    "os.urandom": [lambda: uuid.uuid4()],
    "os.getrandom": [lambda: os.getrandom(1)],
    "uuid.uuid1": [lambda: uuid.uuid1()],
    "random._urandom": [lambda: secrets.randbelow(6)],
    "alarm.timer_file": [lambda: alarm.timer_file()],
    "socket.__new__": [lambda: socket.socket()],
    "socket.getaddrinfo": [lambda: socket.getaddrinfo("localhost", 80)],
    "socket.gethostbyname": [lambda: socket.gethostbyname("localhost")],
    "socket.gethostbyaddr": [lambda: socket.gethostbyaddr("127.0.0.1")],
    "socket.getnameinfo": [lambda: socket.getnameinfo(("127.0.0.1", 80), 0)],
    "subprocess.Popen": [lambda: subprocess.run(["true"], check=False)],
    "os.system": [lambda: os.system("true")],
    "os.spawnvp": [lambda: os.spawnlp(os.P_WAIT, "true", "true")],
    "os.exec": [lambda: os.execv("/no/such/program", ["none"])],
    "BaseProcess.start": [
        lambda: multiprocessing.Process(target=print).start(),
        lambda: multiprocessing.get_context("spawn").Process(target=print).start(),
    ],
}


class _OwnTime(datetime):
    """A type of somebody's own, made of the standard one."""


def _waited(condition: threading.Condition) -> bool:
    with condition:
        return condition.wait(0)


@pytest.mark.parametrize(("name", "call"), [(name, call) for name, calls in LEAKS.items() for call in calls])
def test_reaching_for_the_real_world_raises_a_leak_that_names_the_call_and_its_line(
    name: str, call: Callable[[], object]
) -> None:
    with Seal() as seal, pytest.raises(Leak, match=rf"{name} was called at .*test_sealing\.py:\d+") as caught:
        call()
    assert seal.leak is caught.value


@pytest.mark.parametrize(
    "call",
    [
        lambda: time.localtime(0),
        lambda: time.asctime(time.gmtime(0)),
        lambda: time.strftime("%H:%M", time.gmtime(0)),
        lambda: datetime.fromtimestamp(0, UTC),
        lambda: time.perf_counter(),
        lambda: random.Random(1).random(),
        lambda: threading.Lock().acquire(timeout=1),
        lambda: tempfile.gettempdir(),
    ],
)
def test_what_does_not_reach_for_the_real_world_is_no_leak(call: Callable[[], object]) -> None:
    with Seal() as seal:
        call()
    assert seal.leak is None


def _everything() -> list[object]:
    places = [vars(owner).get(name) for owner, name, _ in (*leaks.CALLS, *leaks.IN_C)]
    return [*places, random.Random.seed, asyncio.taskgroups.__dict__.get("set"), random.getstate()]


def test_seal_that_is_lifted_leaves_everything_as_it_was() -> None:
    before = _everything()
    with Seal():
        random.random()
        others = [now is not then for now, then in zip(_everything(), before, strict=True)]
        assert all(others), others
    assert _everything() == before
    socket.socket().close()
    assert datetime.now(UTC).year > 2000


def test_seal_that_cannot_be_put_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_seed: int) -> NoReturn:
        raise RuntimeError

    before = _everything()
    monkeypatch.setattr(sealing, "_seeded", broken)
    with pytest.raises(RuntimeError), Seal():
        pass
    assert _everything() == before


def test_method_of_a_type_in_c_that_was_called_often_refuses_and_comes_back_each_time() -> None:
    def asked(times: int) -> int:  # which the interpreter makes faster after some calls
        refused = 0
        for _ in range(times):
            try:
                datetime.now(UTC)
            except Leak:
                refused += 1
        return refused

    for _ in range(3):
        assert asked(500) == 0
        with Seal():
            assert asked(500) == 500


def _drawn(seed: int) -> list[float]:
    with Seal(seed=seed):
        made = [random.Random().random() for _ in range(2)]
        drawn = [random.random(), taken_before(0, 1), *made, Random().random()]
        random.seed()
        return [*drawn, random.random()]


def test_pythons_own_chance_is_the_same_for_one_seed_and_another_for_another() -> None:
    first = _drawn(1)
    random.random()
    assert _drawn(1) == first
    assert not set(first) & set(_drawn(2))
    assert len(set(first)) == len(first)


def test_generator_that_a_module_makes_in_the_first_run_alone_changes_nothing_for_the_next() -> None:
    def run(*, is_first: bool) -> float:
        with Seal():
            if is_first:
                exec("import random; random.Random()", {"__name__": "faker"})  # as if it were imported
            return random.Random().random()

    assert run(is_first=True) == run(is_first=False)


def test_generator_that_is_made_first_and_seeded_then_draws_as_ever() -> None:
    def drawn() -> float:
        generator = random.Random()
        generator.seed(4321)
        return generator.random()

    with Seal():
        assert drawn() == random.Random(4321).random()


def test_chance_after_a_run_is_that_of_before() -> None:
    random.seed(5)
    expected = [random.random(), random.random()]
    random.seed(5)
    drawn = [random.random()]
    with Seal():
        random.random()
    assert [*drawn, random.random()] == expected


def test_leak_of_a_library_names_the_authors_line() -> None:
    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            await client.get("http://127.0.0.1:9/")

    with pytest.raises(Leak, match=r"socket\.__new__ was called at .*test_sealing\.py:\d+"):
        run_virtual(ask())


class OfTheLoop(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(asyncio.get_running_loop().time(), tz)


def test_library_that_asks_the_clock_is_a_leak_until_it_is_given_that_of_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = "k" * 32
    token = jwt.encode({"exp": 60}, key)

    async def decode() -> None:
        jwt.decode(token, key, algorithms=["HS256"])
        await asyncio.sleep(61)
        with pytest.raises(jwt.ExpiredSignatureError):
            jwt.decode(token, key, algorithms=["HS256"])

    with pytest.raises(Leak, match=r"datetime\.now was called at .*test_sealing\.py:\d+"):
        run_virtual(decode())
    monkeypatch.setattr("jwt.api_jwt.datetime", OfTheLoop)
    run_virtual(decode())


def test_leak_of_a_function_that_the_loop_calls_names_the_authors_line() -> None:
    async def ask() -> None:
        await asyncio.to_thread(time.sleep, 1)

    with pytest.raises(Leak, match=r"time\.sleep was called at .*test_sealing\.py:\d+"):
        run_virtual(ask())


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
