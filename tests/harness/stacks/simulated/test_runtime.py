from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from harness.clock import VirtualClock
from harness.ingress.records import Address
from harness.stacks.simulated.model import Model
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.world import World
from harness.testing import Application
from tests.harness.testing.applications import HERE, Slow, echo, halting

URL = "http://127.0.0.1:3000/order?x=1"
Use = Callable[[SimulatedRuntime], Awaitable[object]]


@contextmanager
def world(seed: int = 1) -> Iterator[World]:
    made = World(VirtualClock(datetime(2024, 12, 1, tzinfo=UTC)), seed=seed, model=Model(), record=lambda event: event)
    try:
        yield made
    finally:
        made.close()


def with_runtime(application: Application, use: Use, *, at: Address = HERE) -> None:
    with world() as made:
        made.network.listen(at, application)
        runtime = SimulatedRuntime("task-1", made)

        async def scenario() -> None:
            await use(runtime)

        made.call(scenario())


def new_id(seed: int, name: str) -> str:
    with world(seed) as made:
        return SimulatedRuntime(name, made).new_id()


async def post(runtime: SimulatedRuntime, *, timeout_seconds: float | None = None) -> tuple[int, bytes]:
    client = runtime.http(timeout_seconds=timeout_seconds)
    async with client.stream("POST", URL, content=b"cheese", headers={"X-A": "b"}) as reply:
        return reply.status_code, await reply.aread()


def test_client_of_a_program_gets_status_and_body() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        assert await post(runtime) == (200, b"cheese")

    with_runtime(echo, use)


def test_client_at_an_address_that_refuses_fails_as_httpx_does() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        with pytest.raises(httpx.ConnectError, match="nobody listens"):
            await post(runtime)

    with_runtime(echo, use, at=Address("127.0.0.1", 1))


def test_client_of_a_silent_program_gives_up_when_its_time_is_over() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        with pytest.raises(httpx.ReadTimeout):
            await post(runtime, timeout_seconds=3)
        assert runtime.monotonic() == 3

    with_runtime(Slow(), use)


def test_client_without_a_limit_waits_for_as_long_as_it_takes() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        assert await post(runtime) == (200, b"at last")
        assert runtime.monotonic() == 10

    with_runtime(Slow(), use)


def test_client_that_gives_up_in_the_middle_of_a_body_fails_as_httpx_does() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        with pytest.raises(httpx.ReadTimeout):
            await post(runtime, timeout_seconds=0.5)

    with_runtime(halting, use)


def test_program_that_is_gone_reaches_nobody_any_more() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        runtime.is_alive = False
        with pytest.raises(httpx.ConnectError, match="is gone"):
            await post(runtime)

    with_runtime(echo, use)


def test_time_of_a_program_is_steady_time() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        await runtime.sleep(90)
        assert runtime.now() == datetime(2024, 12, 1, 0, 1, 30, tzinfo=UTC).timestamp()

    with_runtime(echo, use)


def test_chance_of_a_program_is_its_own_and_comes_from_the_seed() -> None:
    ids = {(seed, name): new_id(seed, name) for seed in (1, 2) for name in ("a", "b")}
    assert len(set(ids.values())) == 4
    assert ids[1, "a"] == new_id(1, "a")


def test_pace_of_a_program_is_never_below_the_least() -> None:
    with world() as made:
        runtime = SimulatedRuntime("task-1", made)
        paces = [runtime.pace(timedelta(milliseconds=2)) for _ in range(200)]
    assert min(paces) >= 0.002
    assert sum(paces) / 200 == pytest.approx(0.0025, rel=0.1)


LEAST = timedelta(seconds=1)


def test_work_that_is_owed_shows_on_the_clocks_at_once_and_takes_its_time_before_a_word_is_said() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        runtime.open_account()
        assert runtime.owe(LEAST)
        assert runtime.owe(LEAST)
        owed = runtime.monotonic()
        assert (owed >= 2, runtime.world.loop.time()) == (True, 0)
        assert runtime.now() == runtime.world.clock.steady() + owed
        await post(runtime)
        assert runtime.world.loop.time() == pytest.approx(owed)
        assert runtime.monotonic() == runtime.world.loop.time()

    with_runtime(echo, use)


def test_work_is_not_owed_without_an_account_or_by_a_program_that_is_not_well() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        assert not runtime.owe(LEAST)
        runtime.open_account()
        runtime.slowdown = 3.0
        assert not runtime.owe(LEAST)
        runtime.slowdown = 1.0
        runtime.pause()
        assert not runtime.owe(LEAST)
        runtime.resume()
        runtime.is_alive = False
        assert not runtime.owe(LEAST)
        assert runtime.monotonic() == 0

    with_runtime(echo, use)


def test_settling_twice_takes_the_time_once() -> None:
    async def use(runtime: SimulatedRuntime) -> None:
        runtime.open_account()
        runtime.owe(LEAST)
        await runtime.settle()
        took = runtime.world.loop.time()
        await runtime.settle()
        assert runtime.world.loop.time() == took > 0

    with_runtime(echo, use)
