from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from harness.events import Event, FaultApplied, FaultHit, FaultRemoved
from harness.faults.toxics import Noop
from harness.links import Links, LinkSettings, LinkToxic, Refused
from tests.harness.links.controlled import UPSTREAM
from tests.harness.links.sockets import on_both_loops, staged, turn

SECOND = timedelta(seconds=1)


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


@on_both_loops
async def test_link_disabled_for_a_time_listens_again_by_itself_where_it_did() -> None:
    events: list[Event] = []
    async with Links(speed=100.0, record=events.append) as links:
        link = await links.create(LinkSettings("a", UPSTREAM))
        where = link.listen
        await links.update("a", LinkSettings("a", UPSTREAM, listen=where, is_enabled=False, ttl=SECOND))
        assert (link.is_enabled, link.ttl) == (False, SECOND)
        while not link.is_enabled:
            await turn()
        assert (link.listen, link.ttl) == (where, None)
    applied, removed = events
    assert isinstance(applied, FaultApplied)
    assert removed == FaultRemoved(fault="down", id="a/down", by="time to live", hits=0)


@on_both_loops
async def test_link_made_disabled_for_a_time_listens_by_itself() -> None:
    async with Links(speed=100.0) as links:
        link = await links.create(LinkSettings("a", UPSTREAM, is_enabled=False, ttl=SECOND))
        while not link.is_enabled:
            await turn()


@on_both_loops
async def test_link_disabled_for_a_time_stays_so_if_that_was_said_anew() -> None:
    async with Links(speed=100.0) as links:
        link = await links.create(LinkSettings("a", UPSTREAM))
        disabled = LinkSettings("a", UPSTREAM, listen=link.listen, is_enabled=False, ttl=SECOND)
        await links.update("a", disabled)
        await links.update("a", replace(disabled, ttl=1000 * SECOND))
        await _pass(links)
        assert not link.is_enabled


@on_both_loops
async def test_link_disabled_for_good_after_it_was_enabled_forgets_the_time_it_had() -> None:
    async with Links(speed=100.0) as links:
        link = await links.create(LinkSettings("a", UPSTREAM))
        disabled = LinkSettings("a", UPSTREAM, listen=link.listen, is_enabled=False, ttl=SECOND)
        for settings in (disabled, replace(disabled, is_enabled=True), replace(disabled, ttl=None)):
            await links.update("a", settings)
        await _pass(links)
        assert not link.is_enabled


async def _pass(links: Links) -> None:
    """Wait until a time to live that began before is over."""
    link = await links.create(LinkSettings("later", UPSTREAM, is_enabled=False, ttl=2 * SECOND))
    while not link.is_enabled:
        await turn()


@on_both_loops
async def test_link_whose_address_was_taken_meanwhile_stays_down_until_it_is_free() -> None:
    async with Links(speed=100.0) as links:
        link = await links.create(LinkSettings("a", UPSTREAM))
        settings = LinkSettings("a", UPSTREAM, listen=link.listen)
        await links.update("a", replace(settings, is_enabled=False, ttl=SECOND))
        await links.create(replace(settings, name="b"))
        await _pass(links)
        assert not link.is_enabled
        await links.remove("b")
        await links.update("a", settings)
        assert link.is_enabled


@on_both_loops
async def test_link_removed_is_down_until_it_is_made_again_and_what_it_broke_off_is_told() -> None:
    async with staged() as stage:
        _, writer = await stage.connect()
        await stage.until(lambda: stage.link.open_connections == 1)
        settings = LinkSettings("tested", stage.link.upstream, listen=stage.link.listen)
        await stage.links.remove("tested", by="control API")
        await stage.links.create(settings, by="control API")
        writer.close()
        applied, hit, removed = stage.events
    assert isinstance(applied, FaultApplied)
    assert hit == FaultHit(
        fault="down", id="tested/down", evidence="connections to the tested that were open and broke off: 1"
    )
    assert removed == FaultRemoved(fault="down", id="tested/down", by="control API", hits=1)


@on_both_loops
async def test_link_that_cannot_listen_where_it_is_moved_is_down() -> None:
    events: list[Event] = []
    async with Links(record=events.append) as links:
        link = await links.create(LinkSettings("a", UPSTREAM))
        other = await links.create(LinkSettings("b", UPSTREAM))
        with pytest.raises(Refused):
            await links.update("a", LinkSettings("a", UPSTREAM, listen=other.listen))
        assert not link.is_enabled
        assert [type(event) for event in events] == [FaultApplied]


@on_both_loops
async def test_links_reset_ends_what_is_down_but_not_what_is_moved() -> None:
    events: list[Event] = []
    async with Links(record=events.append) as links:
        link = await links.create(LinkSettings("a", UPSTREAM))
        await links.update("a", LinkSettings("a", "127.0.0.1:10", listen=link.listen))
        await links.update("a", LinkSettings("a", "127.0.0.1:10", listen=link.listen, is_enabled=False))
        await links.reset()
        assert [event.fault for event in events if isinstance(event, FaultRemoved)] == ["down"]
    assert [event.fault for event in events if isinstance(event, FaultRemoved)] == ["down", "moved"]
