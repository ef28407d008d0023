import asyncio
import time

import pytest

from fake_factory.runtime import WallRuntime


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    reading = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: reading[0])
    return reading


def test_now_follows_the_shared_clock_at_the_given_speed(monotonic: list[float]) -> None:
    runtime = WallRuntime.from_environment({"PIZZA_CLOCK": "1733055840.5 990 20"})
    assert runtime.now() == 1733055840.5 + 10 * 20
    monotonic[0] += 3
    assert runtime.now() == 1733055840.5 + 13 * 20


def test_now_without_the_variable_is_real_time() -> None:
    before = time.time()  # noqa: TID251 -- what real time is compared with
    now = WallRuntime.from_environment({}).now()
    assert before - 0.1 <= now <= time.time() + 0.1  # noqa: TID251 -- likewise


def test_sleep_of_incident_time_is_shorter_by_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(WallRuntime(epoch=0, monotonic_start=0, speed=16).sleep(32))
    assert slept == [2.0]


def test_new_id_is_32_hexadecimal_digits_and_never_the_same() -> None:
    runtime = WallRuntime(epoch=0, monotonic_start=0, speed=1)
    first, second = runtime.new_id(), runtime.new_id()
    assert first != second
    assert len(first) == 32
    assert int(first, 16)


@pytest.mark.parametrize(
    "text", ["", "1", "1 2", "1 2 x", "1 2 3 4", "1 2 0", "1 2 -1", "nan 2 1", "1 2 inf", "1 2 nan"]
)
def test_clock_variable_that_makes_no_sense_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"PIZZA_CLOCK is .* for example '1733030640 5120.25 10'"):
        WallRuntime.from_environment({"PIZZA_CLOCK": text})
