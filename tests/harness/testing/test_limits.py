# ruff: noqa: TID251 - on a virtual loop sleeping takes no time
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.testing import Deadlock, VirtualLoop, run_virtual
from harness.testing.limits import Patience
from tests.harness.testing.applications import now


def on(story: Callable[[VirtualLoop], Awaitable[object]]) -> Any:
    """Run a story, and give what it returns."""

    async def run() -> object:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        return await story(loop)

    return run_virtual(run())


def test_limits_strike_at_their_instants_in_the_order_in_which_they_were_set() -> None:
    async def story(loop: VirtualLoop) -> list[tuple[str, float]]:
        struck: list[tuple[str, float]] = []
        for name, seconds in (("a", 5.0), ("b", 3.0), ("c", 5.0)):
            loop.limits.set(seconds, lambda: False, lambda name=name: struck.append((name, now())))  # type: ignore[misc]
        await asyncio.sleep(1)
        loop.limits.set(5.0, lambda: False, lambda: struck.append(("d", now())))
        await asyncio.sleep(10)
        return struck

    assert on(story) == [("b", 3), ("a", 5), ("c", 5), ("d", 6)]


def test_limit_that_is_over_does_not_strike_and_those_after_it_do() -> None:
    async def story(loop: VirtualLoop) -> list[str]:
        struck: list[str] = []
        loop.limits.set(5.0, lambda: True, lambda: struck.append("over"))
        loop.limits.set(5.0, lambda: False, lambda: struck.append("not over"))
        await asyncio.sleep(6)
        loop.limits.set(5.0, lambda: False, lambda: struck.append("afterwards"))
        await asyncio.sleep(6)
        return struck

    assert on(story) == ["not over", "afterwards"]


def test_limits_that_are_over_do_not_keep_a_loop_from_its_end() -> None:
    async def story(loop: VirtualLoop) -> None:
        loop.limits.set(60.0, lambda: True, lambda: None)
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="again at 0 s"):
        on(story)


def test_limit_set_after_all_others_were_found_over_strikes() -> None:
    async def story(loop: VirtualLoop) -> float:
        loop.limits.set(60.0, lambda: True, lambda: None)
        await asyncio.sleep(1)
        struck = loop.create_future()
        loop.limits.set(60.0, struck.done, lambda: struck.set_result(now()))
        return float(await struck)

    assert on(story) == 61


async def _sleeps(loop: VirtualLoop, *, patience: float, seconds: float) -> None:
    with Patience(patience, loop):
        await asyncio.sleep(seconds)


def test_patience_with_a_block_that_takes_too_long_ends_it_as_a_timeout_does() -> None:
    async def story(loop: VirtualLoop) -> float:
        with pytest.raises(TimeoutError):
            await _sleeps(loop, patience=3, seconds=10)
        task = asyncio.current_task()
        assert task is not None
        assert not task.cancelling()
        await asyncio.sleep(10)  # nothing else is cancelled
        return now()

    assert on(story) == 13


def test_patience_with_a_block_that_ends_in_time_does_nothing() -> None:
    async def story(loop: VirtualLoop) -> float:
        await _sleeps(loop, patience=3, seconds=2)
        await asyncio.sleep(10)
        return now()

    assert on(story) == 12


def test_patience_leaves_a_cancellation_from_outside_what_it_is() -> None:
    async def story(loop: VirtualLoop) -> bool:
        task = loop.create_task(_sleeps(loop, patience=3, seconds=10))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.sleep(5)
        return task.cancelled()

    assert on(story) is True


def test_patience_within_patience_strikes_where_it_was_asked_for() -> None:
    async def story(loop: VirtualLoop) -> float:
        with Patience(10, loop):
            with pytest.raises(TimeoutError):
                await _sleeps(loop, patience=3, seconds=20)
            await asyncio.sleep(5)
        return now()

    assert on(story) == 8
