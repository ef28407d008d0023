import asyncio
import json
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from harness.alerting.sender import Delivery, deliver
from harness.errors import SafetyError, ScenarioError
from harness.telemetry.receiver import Server

PAYLOAD = {"status": "firing", "alerts": []}


class Receiver:
    """A webhook receiver on loopback that answers as its path says."""

    def __init__(self) -> None:
        self.got: list[tuple[str, object]] = []
        self.forever = asyncio.Event()

    async def take(self, request: Request) -> Response:
        what = request.path_params["what"]
        self.got.append((request.headers["content-type"], json.loads(await request.body())))
        if what == "slow":
            await self.forever.wait()
        if what == "moved":
            return RedirectResponse("/ok", 307)
        return Response(status_code=503 if what == "broken" else 204)


def post(what: str, *, patience: timedelta = timedelta(seconds=10)) -> tuple[Receiver, Delivery]:
    async def posting() -> tuple[Receiver, Delivery]:
        receiver = Receiver()
        async with Server(Starlette(routes=[Route("/{what}", receiver.take, methods=["POST"])])) as server:
            found = await deliver(PAYLOAD, url=f"{server.url}/{what}", patience=patience)
            receiver.forever.set()
            return receiver, found

    return asyncio.run(posting())


@pytest.mark.slow
def test_payload_arrives_as_json() -> None:
    receiver, delivery = post("ok")
    assert (delivery.status, delivery.has_arrived) == (204, True)
    assert receiver.got == [("application/json", PAYLOAD)]


@pytest.mark.slow
@pytest.mark.parametrize(("what", "status"), [("broken", 503), ("moved", 307)])
def test_payload_that_the_receiver_does_not_take_has_not_arrived_and_is_posted_once(what: str, status: int) -> None:
    receiver, delivery = post(what)
    assert (delivery.status, delivery.has_arrived, len(receiver.got)) == (status, False, 1)
    assert str(delivery).endswith(f"/{what} answered {status}")


@pytest.mark.slow
def test_receiver_that_does_not_answer_in_time_is_not_waited_for() -> None:
    _, delivery = post("slow", patience=timedelta(milliseconds=50))
    assert (delivery.status, delivery.trouble) == (0, "nothing came within 50 ms")


def test_receiver_that_is_not_there_is_named_with_the_reason() -> None:
    delivery = asyncio.run(deliver(PAYLOAD, url="http://127.0.0.1:1/hook"))
    assert not delivery.has_arrived
    assert str(delivery).startswith("http://127.0.0.1:1/hook did not answer: ")
    assert delivery.trouble


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.example/x", "http://10.0.0.1/", "https://pizza.cs329.click/x", "x"]
)
def test_receiver_that_is_not_on_this_machine_is_refused(url: str) -> None:
    with pytest.raises(SafetyError):
        asyncio.run(deliver(PAYLOAD, url=url))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/", "http://127.0.0.1:port/", "ftp://127.0.0.1/", "127.0.0.1:80"]
)
def test_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises((ScenarioError, SafetyError)):
        asyncio.run(deliver(PAYLOAD, url=url))
