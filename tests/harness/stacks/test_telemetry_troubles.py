import asyncio
import json
from datetime import timedelta

import pytest

from harness.clock import WallClock
from harness.events import Event, Hurt
from harness.faults.troubles import PushesDelayed, PushesLost, PushesMisdated, PushesRefused, PushesSpoiled
from harness.stacks.telemetry_troubles import LOST, PushTrouble, TelemetryTroubles
from harness.telemetry.sink import Reply
from tests.harness.faults.moments import DAWN
from tests.harness.telemetry.test_spoiling import pushed


class Gate:
    """What stands before a sink, and what was recorded."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        clock = WallClock(DAWN, speed=20)
        self.troubles = TelemetryTroubles(clock=clock, record=self.events.append, max_bytes=10_000)

    def admit(self, *begun: PushTrouble) -> bytes | Reply:
        async def story() -> bytes | Reply:
            for trouble in begun:
                await self.troubles.begin(trouble)
            return await self.troubles.admit(pushed())

        return asyncio.run(story())

    @property
    def hurt(self) -> list[str]:
        return [event.trouble for event in self.events if isinstance(event, Hurt)]


def test_push_passes_as_it_is_when_nothing_is_wrong() -> None:
    gate = Gate()
    assert gate.admit() == pushed()
    assert gate.events == []


@pytest.mark.parametrize("status", [401, 500])
def test_push_is_refused_with_the_status_and_said_to_be(status: int) -> None:
    gate = Gate()
    reply = gate.admit(PushesRefused(status))
    assert isinstance(reply, Reply)
    assert (reply.status, gate.hurt) == (status, ["pushes/refused"])


def test_push_that_is_lost_is_answered_as_if_all_were_well() -> None:
    gate = Gate()
    assert gate.admit(PushesLost()) == LOST
    assert gate.hurt == ["pushes/lost"]


def test_push_is_changed_in_every_way_that_stands() -> None:
    gate = Gate()
    body = gate.admit(PushesSpoiled("no_value"), PushesMisdated(timedelta(seconds=-60)))
    assert isinstance(body, bytes)
    assert "asInt" not in json.dumps(json.loads(body))
    assert gate.hurt == ["pushes/spoiled", "pushes/misdated"]


def test_push_that_could_not_be_changed_does_not_count_as_hurt() -> None:
    gate = Gate()

    async def story() -> bytes | Reply:
        await gate.troubles.begin(PushesSpoiled("frozen_gauge"))
        return await gate.troubles.admit(b"cpu value=1")

    assert asyncio.run(story()) == b"cpu value=1"
    assert gate.hurt == []


def test_push_of_influx_lines_is_misdated_in_the_unit_that_its_address_says() -> None:
    gate = Gate()

    async def story() -> bytes | Reply:
        await gate.troubles.begin(PushesMisdated(timedelta(seconds=-60)))
        return await gate.troubles.admit(b"cpu value=1 1700000000", "s")

    assert asyncio.run(story()) == b"cpu value=1 1699999940"
    assert gate.hurt == ["pushes/misdated"]


def test_push_that_is_late_waits_in_incident_time() -> None:
    gate = Gate()
    assert gate.admit(PushesDelayed(timedelta(milliseconds=200))) == pushed()
    assert gate.hurt == ["pushes/delayed"]


def test_push_that_waits_goes_on_as_soon_as_the_trouble_ends() -> None:
    gate = Gate()

    async def story() -> bytes | Reply:
        late = PushesDelayed(timedelta(hours=1))
        await gate.troubles.begin(late)
        waiting = asyncio.create_task(gate.troubles.admit(pushed()))
        while not gate.hurt:
            await asyncio.wait([waiting], timeout=0)
        await gate.troubles.end(late)
        return await waiting

    assert asyncio.run(story()) == pushed()


@pytest.mark.parametrize(
    "trouble",
    [PushesRefused(401), PushesLost(), PushesDelayed(timedelta(seconds=1)), PushesSpoiled("null")],
    ids=lambda trouble: trouble.name,
)
def test_trouble_stands_from_its_begin_to_its_end_and_ends_twice_without_harm(trouble: PushTrouble) -> None:
    troubles = Gate().troubles

    async def story() -> None:
        assert not troubles.stands(trouble)
        await troubles.begin(trouble)
        assert troubles.stands(trouble)
        await troubles.end(trouble)
        await troubles.end(trouble)

    asyncio.run(story())
    assert not troubles.stands(trouble)
