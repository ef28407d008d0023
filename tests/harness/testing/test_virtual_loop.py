# ruff: noqa: TID251, ASYNC110 - on this loop sleeping takes no time
import asyncio
import os
from pathlib import Path

import pytest

from harness.testing import Deadlock, TimeStandsStill, VirtualLoop, run_virtual


def now() -> float:
    return asyncio.get_running_loop().time()


def test_sleep_of_a_day_takes_a_day_of_virtual_time_to_the_instant() -> None:
    async def scenario() -> float:
        await asyncio.sleep(86_400)
        return now()

    assert run_virtual(scenario()) == 86_400


def test_timeout_around_a_longer_sleep_strikes_at_its_own_instant() -> None:
    async def scenario() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(9)
        return now()

    assert run_virtual(scenario()) == 5


def test_timers_of_one_instant_run_in_the_order_in_which_they_were_set() -> None:
    order: list[int] = []

    async def scenario() -> None:
        for number in range(20):
            asyncio.get_running_loop().call_later(3, order.append, number)
        await asyncio.sleep(4)

    run_virtual(scenario())
    assert order == list(range(20))


def test_waiting_for_what_nobody_will_do_is_a_deadlock_that_names_the_line() -> None:
    async def forgotten() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match=r"everybody waits.*test_virtual_loop\.py:\d+"):
        run_virtual(forgotten())


def test_spinning_without_waiting_is_an_error_instead_of_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.testing.virtual_loop.MOST_TURNS", 500)

    async def spin() -> None:
        while True:
            await asyncio.sleep(0)

    with pytest.raises(TimeStandsStill, match="time stands still at 0 s: 500 turns"):
        run_virtual(spin())


def test_many_turns_over_a_long_time_are_no_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.testing.virtual_loop.MOST_TURNS", 50)

    async def scenario() -> float:
        for _ in range(200):
            await asyncio.sleep(1)
        return now()

    assert run_virtual(scenario()) == 200


def test_function_meant_for_a_thread_runs_at_once_and_takes_no_time() -> None:
    async def scenario() -> tuple[int, float]:
        return await asyncio.to_thread(lambda: 42), now()

    assert run_virtual(scenario()) == (42, 0.0)


def test_exception_of_a_function_meant_for_a_thread_reaches_whoever_awaits_it() -> None:
    async def scenario() -> None:
        await asyncio.to_thread(int, "no number")

    with pytest.raises(ValueError, match="no number"):
        run_virtual(scenario())


def test_tasks_left_behind_are_cancelled_oldest_first_and_may_clean_up() -> None:
    ended: list[int] = []

    async def endless(number: int) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(1)
            ended.append(number)

    async def scenario() -> None:
        tasks = [asyncio.get_running_loop().create_task(endless(number)) for number in range(12)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)

    run_virtual(scenario())
    assert ended == list(range(12))


def test_cancelled_timers_do_not_pile_up() -> None:
    loop = VirtualLoop()
    for _ in range(5000):
        loop.call_later(1_000_000, print).cancel()
    assert len(loop._timers) < 200
    loop.end()


def test_whoever_follows_the_loop_is_told_each_instant_once() -> None:
    heard: list[float] = []
    loop = VirtualLoop(moved=heard.append)
    for seconds in (2, 1, 2):
        loop.call_later(seconds, heard.__len__)
    loop.run_until_complete(asyncio.sleep(2))
    loop.end()
    assert heard == [1, 2]


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="this system does not list the files of a process")
def test_loop_opens_no_file_so_that_a_run_can_be_forked() -> None:
    before = os.listdir("/dev/fd")  # noqa: PTH208 - their names are all there is
    loop = VirtualLoop()
    loop.run_until_complete(asyncio.sleep(5))
    assert os.listdir("/dev/fd") == before  # noqa: PTH208
    loop.end()


def a_loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


def test_loops_own_sleep_is_as_exact_as_asyncios() -> None:
    async def scenario() -> list[float]:
        instants = []
        for seconds in (0, 0.1, 86_400):
            await a_loop().sleep(seconds)
            instants.append(now())
        return instants

    assert run_virtual(scenario()) == [0, 0.1, 86_400.1]


def test_loops_own_sleep_keeps_its_place_among_timers_of_one_instant() -> None:
    order: list[str] = []

    async def sleeper(name: str) -> None:
        await a_loop().sleep(3)
        order.append(name)

    async def scenario() -> None:
        async with asyncio.TaskGroup() as group:
            for name in ("first", "second", "third"):
                group.create_task(sleeper(name))

    run_virtual(scenario())
    assert order == ["first", "second", "third"]


def test_sleep_that_was_cancelled_moves_no_time() -> None:
    async def scenario() -> float:
        sleeping = asyncio.ensure_future(a_loop().sleep(86_400))
        await asyncio.sleep(1)
        sleeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sleeping
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        return now()

    assert run_virtual(scenario()) == 6


def test_sleep_that_was_cancelled_does_not_hide_a_deadlock() -> None:
    async def scenario() -> None:
        sleeping = asyncio.ensure_future(a_loop().sleep(86_400))
        await asyncio.sleep(1)
        sleeping.cancel()
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="at 1 s"):
        run_virtual(scenario())


def test_sleep_that_was_cancelled_among_others_of_its_instant_leaves_them_alone() -> None:
    async def scenario() -> float:
        first, second, third = (asyncio.ensure_future(a_loop().sleep(3)) for _ in range(3))
        await asyncio.sleep(1)
        second.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        return now()

    assert run_virtual(scenario()) == 3
