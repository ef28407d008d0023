from __future__ import annotations

import asyncio

import pytest

from harness.events import Event, FaultRemoved
from harness.faults.toxics import Noop
from harness.links import Links, LinkSettings, LinkToxic, Refused
from tests.harness.links.controlled import UPSTREAM
from tests.harness.links.sockets import on_both_loops


@on_both_loops
async def test_links_closed_heal_and_stop_everything() -> None:
    events: list[Event] = []
    async with Links(record=events.append) as links:
        link = await links.create(LinkSettings("a", UPSTREAM), [LinkToxic("toxic", Noop())])
    assert links.all == ()
    assert not link.is_enabled
    assert isinstance(events[-1], FaultRemoved)
    assert events[-1].by == "heal"


@on_both_loops
async def test_links_made_at_the_same_time_under_one_name_are_one() -> None:
    async with Links() as links:
        made = await asyncio.gather(
            *(links.create(LinkSettings("a", UPSTREAM, listen="localhost:0")) for _ in range(5)), return_exceptions=True
        )
        assert sum(isinstance(one, Refused) for one in made) == 4
        assert len(links.all) == 1


@on_both_loops
async def test_links_unknown_name_is_refused() -> None:
    async with Links() as links:
        with pytest.raises(Refused, match="proxy not found"):
            links["nobody"]
