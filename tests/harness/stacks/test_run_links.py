import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from harness.clock import WallClock
from harness.errors import SafetyError, ScenarioError
from harness.events import Event, FaultApplied, FaultHit, FaultRemoved, Hurt
from harness.faults.toxics import HttpStatus
from harness.faults.troubles import LinkCut, ToxicOn
from harness.stacks.run_links import URL_FILE, RunLinks

UNAVAILABLE = ToxicOn("factory", HttpStatus(status=503))


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def on_a_link(directory: Path, story: Callable[[RunLinks, httpx.AsyncClient], Awaitable[None]]) -> list[Event]:
    """Tell a story on a link to a server that always answers; gives what was recorded."""
    events: list[Event] = []

    async def tell() -> None:
        server = await asyncio.start_server(_quietly, "127.0.0.1", 0)
        clock = WallClock(datetime(2024, 12, 1, tzinfo=UTC))
        links = RunLinks(clock=clock, seed=1, directory=directory, record=events.append)
        await links.open()
        try:
            await links.lead("factory", to=f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
            async with httpx.AsyncClient(trust_env=False) as client:
                await story(links, client)
        finally:
            await links.close()
            server.close()
            await server.wait_closed()

    asyncio.run(tell())
    return events


async def _quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await answer(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def test_link_without_a_trouble_passes_replies_on_and_records_nothing(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        assert (await client.get(links.url("factory"))).text == "ok"

    assert on_a_link(tmp_path, story) == []


def test_own_toxic_is_recorded_by_what_it_hurts_and_not_as_a_second_fault(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        await links.begin(UNAVAILABLE)
        assert links.stands(UNAVAILABLE)
        assert (await client.get(links.url("factory"))).status_code == 503
        await links.end(UNAVAILABLE)
        assert not links.stands(UNAVAILABLE)
        assert (await client.get(links.url("factory"))).status_code == 200

    (hurt,) = on_a_link(tmp_path, story)
    assert isinstance(hurt, Hurt)
    assert (hurt.trouble, hurt.times) == ("factory/http_status", 1)


def test_own_toxic_counts_every_connection_that_it_hurt(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        await links.begin(UNAVAILABLE)
        for _ in range(3):
            await client.get(links.url("factory"), headers={"Connection": "close"})
        await links.end(UNAVAILABLE)

    events = on_a_link(tmp_path, story)
    assert sum(event.times for event in events if isinstance(event, Hurt)) == 3


def test_toxic_of_the_control_api_is_recorded_as_a_fault_of_its_own(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        api = (tmp_path / URL_FILE).read_text().strip()
        toxic = {"type": "http_status", "attributes": {"status": 503}}
        added = await client.post(f"{api}/proxies/factory/toxics", json=toxic)
        assert added.status_code == 200
        assert (await client.get(links.url("factory"))).status_code == 503
        await client.delete(f"{api}/proxies/factory/toxics/{added.json()['name']}")

    kinds = [type(event) for event in on_a_link(tmp_path, story)]
    assert kinds == [FaultApplied, FaultHit, FaultRemoved]


def test_own_toxic_that_the_control_api_takes_off_stands_no_more_and_ends_quietly(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        await links.begin(UNAVAILABLE)
        await client.post(f"{(tmp_path / URL_FILE).read_text().strip()}/reset")
        assert not links.stands(UNAVAILABLE)
        await links.end(UNAVAILABLE)

    assert on_a_link(tmp_path, story) == []


def test_cut_link_refuses_breaks_off_what_was_open_and_comes_back_at_its_address(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        url = links.url("factory")
        await client.get(url)
        await links.begin(LinkCut("factory"))
        async with httpx.AsyncClient(trust_env=False) as newcomer:
            with pytest.raises(httpx.ConnectError):
                await newcomer.get(url)
            await links.end(LinkCut("factory"))
            assert (await newcomer.get(url)).status_code == 200

    (hurt,) = on_a_link(tmp_path, story)
    assert isinstance(hurt, Hurt)
    assert hurt.trouble == "factory/cut"


def test_link_to_another_machine_is_refused(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        with pytest.raises(SafetyError):
            await links.lead("away", to="192.0.2.1:80")

    on_a_link(tmp_path, story)


def test_address_of_the_control_api_is_gone_from_the_directory_after_the_run(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        assert (tmp_path / URL_FILE).is_file()

    on_a_link(tmp_path, story)
    assert not (tmp_path / URL_FILE).exists()


@pytest.mark.parametrize(
    "trouble", [LinkCut("database"), ToxicOn("database", HttpStatus(status=503))], ids=lambda t: t.name
)
def test_link_that_the_service_has_not_got_is_refused_and_needs_no_healing(
    tmp_path: Path, trouble: LinkCut | ToxicOn
) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        with pytest.raises(ScenarioError, match="unknown link 'database'"):
            await links.begin(trouble)
        await links.end(trouble)
        assert not links.stands(trouble)

    assert on_a_link(tmp_path, story) == []
