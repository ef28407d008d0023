import asyncio
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.testing import Lifespan, run_virtual


class Oven:
    """An application that says how its lifespan goes, and fails at one event if told to."""

    def __init__(self, *, fails_at: str = "") -> None:
        self.diary: list[str] = []
        self._fails_at = fails_at

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        try:
            for _ in range(2):
                event = (await receive())["type"].removeprefix("lifespan.")
                self.diary.append(event)
                if event == self._fails_at:
                    await send({"type": f"lifespan.{event}.failed", "message": "no gas"})
                    return
                await send({"type": f"lifespan.{event}.complete"})
        except asyncio.CancelledError:
            self.diary.append("killed")
            raise


def test_lifespan_starts_and_stops_the_application_once() -> None:
    oven = Oven()

    async def scenario() -> None:
        async with Lifespan(oven) as lifespan:
            assert oven.diary == ["startup"]
        await lifespan.stop()

    run_virtual(scenario())
    assert oven.diary == ["startup", "shutdown"]


@pytest.mark.parametrize(("event", "complaint"), [("startup", "does not start"), ("shutdown", "does not shut down")])
def test_application_that_says_it_cannot_is_an_error_with_its_own_words(event: str, complaint: str) -> None:
    async def scenario() -> None:
        async with Lifespan(Oven(fails_at=event)):
            assert event == "shutdown"

    with pytest.raises(HarnessError, match=f"{complaint}: no gas"):
        run_virtual(scenario())


def test_application_that_knows_of_no_lifespan_does_without() -> None:
    async def only_http(scope: Any, _receive: Any, _send: Any) -> None:
        assert scope["type"] == "http"

    async def scenario() -> None:
        async with Lifespan(only_http):
            pass

    run_virtual(scenario())


def test_lifespan_that_is_killed_ends_without_a_shutdown() -> None:
    oven = Oven()

    async def scenario() -> None:
        lifespan = Lifespan(oven)
        await lifespan.start()
        lifespan.kill()
        await lifespan.stop()

    run_virtual(scenario())
    assert oven.diary == ["startup", "killed"]
