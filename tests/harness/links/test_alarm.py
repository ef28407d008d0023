from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from harness.links.alarm import Alarm, _Loop, alarm
from tests.harness.links.sockets import RUNNERS, Runner

Make = Callable[[asyncio.AbstractEventLoop, Callable[[], None]], Alarm]
KINDS: dict[str, Make] = {"the best": alarm, "the loop's": _Loop}

pytestmark = [
    pytest.mark.parametrize("run", RUNNERS.values(), ids=RUNNERS),
    pytest.mark.parametrize("make", KINDS.values(), ids=KINDS),
]


def test_alarm_set_again_rings_once_at_the_later_time(run: Runner, make: Make) -> None:
    async def story() -> None:
        rung: list[float] = []
        heard = asyncio.get_running_loop().create_future()

        def ring() -> None:
            rung.append(time.monotonic())
            heard.set_result(None)

        tested = make(asyncio.get_running_loop(), ring)
        began = time.monotonic()
        tested.set(0.001)
        tested.set(0.02)
        await heard
        assert rung[0] - began >= 0.019
        tested.set(0.0)
        heard = asyncio.get_running_loop().create_future()
        await heard
        assert len(rung) == 2
        tested.close()

    run(asyncio.wait_for(story(), 5))


def test_alarm_closed_never_rings(run: Runner, make: Make) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        rung: list[int] = []
        closed, other = make(loop, lambda: rung.append(1)), loop.create_future()
        closed.set(0.001)
        closed.close()
        loop.call_later(0.01, other.set_result, None)
        await other
        assert rung == []

    run(asyncio.wait_for(story(), 5))


def test_alarm_where_there_are_no_timers_that_are_files_is_the_loops(
    run: Runner, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        monkeypatch.setattr("harness.links.alarm._LIBC", object())
        assert isinstance(alarm(asyncio.get_running_loop(), lambda: None), _Loop)

    run(story())
