import asyncio
import random
import time
from collections.abc import Iterator

import httpx
import pytest

from pizza_service.runtime import Runtime, WallRuntime, json_headers
from tests.pizza_service.kit import VirtualLoop


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        yield runner


def test_runtime_without_a_clock_is_real_time() -> None:
    runtime = WallRuntime.from_environment({})
    assert runtime.speed == 1
    assert abs(runtime.now() - time.time()) < 1  # noqa: TID251 - this is what it promises
    assert 0 <= runtime.monotonic() < 1


def test_runtime_of_a_clock_counts_from_its_start_at_its_speed() -> None:
    start = time.monotonic() - 10
    runtime: Runtime = WallRuntime.from_environment({"PIZZA_CLOCK": f"1733055840 {start!r} 20"})
    assert 200 <= runtime.monotonic() < 210
    assert 200 <= runtime.now() - 1733055840 < 210


def test_runtimes_of_one_clock_agree() -> None:
    environment = {"PIZZA_CLOCK": f"1733055840 {time.monotonic()!r} 20"}
    one, other = WallRuntime.from_environment(environment), WallRuntime.from_environment(environment)
    assert one.now() <= other.now() < one.now() + 1


@pytest.mark.parametrize(
    "clock", ["", "1", "1 2", "1 2 3 4", "a b c", "1 2 0", "1 2 -1", "1 2 nan", "inf 2 1", "1 2 inf"]
)
def test_runtime_of_a_bad_clock_shows_it(clock: str) -> None:
    with pytest.raises(ValueError, match=r"PIZZA_CLOCK is .*; it must be three numbers"):
        WallRuntime.from_environment({"PIZZA_CLOCK": clock})


def test_sleep_at_speed_takes_less_of_the_loops_time(runner: asyncio.Runner) -> None:
    runner.run(WallRuntime(0, 0, speed=20).sleep(60))
    assert runner.get_loop().time() == pytest.approx(3)


def test_new_id_of_a_seeded_runtime_is_repeatable_and_of_others_is_not() -> None:
    seeded = [WallRuntime(0, 0, random=random.Random(1)).new_id() for _ in range(2)]
    assert seeded[0] == seeded[1]
    assert WallRuntime(0, 0).new_id() != WallRuntime(0, 0).new_id()


@pytest.mark.parametrize(
    ("speed", "seconds", "read", "connect"),
    [(1, 300, 300, 10), (20, 300, 15, 1), (20, 10, 1, 1), (1, 2, 2, 2), (1, None, None, 10)],
)
def test_http_limits_scale_but_never_below_a_real_second(
    runner: asyncio.Runner, speed: float, seconds: float | None, read: float | None, connect: float
) -> None:
    client = WallRuntime(0, 0, speed=speed).http(timeout_seconds=seconds)
    assert isinstance(client, httpx.AsyncClient)
    assert (client.timeout.read, client.timeout.connect, client.follow_redirects) == (read, connect, True)
    runner.run(client.aclose())


@pytest.mark.parametrize(("key", "sent"), [("1:secret", "Bearer 1:secret"), ("", "Bearer")])
def test_json_headers_never_end_in_a_blank_that_clients_refuse_to_send(key: str, sent: str) -> None:
    assert json_headers(key) == {"Content-Type": "application/json", "Authorization": sent}
