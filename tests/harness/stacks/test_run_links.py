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


def test_own_toxics_of_one_type_that_mean_different_things_stand_side_by_side(tmp_path: Path) -> None:
    orders = ToxicOn("factory", HttpStatus(path="/~a/order", status=500))
    others = ToxicOn("factory", HttpStatus(path="/api/order/verify", header="X: a b%", status=502))

    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        url = links.url("factory")
        await links.begin(orders)
        await links.begin(others)
        assert (await client.get(f"{url}/~a/order")).status_code == 500
        assert (await client.get(f"{url}/api/order/verify", headers={"X": "a b%"})).status_code == 502
        api = (tmp_path / URL_FILE).read_text().strip()
        names = [toxic["name"] for toxic in (await client.get(f"{api}/proxies/factory/toxics")).json()]
        assert (await client.delete(f"{api}/proxies/factory/toxics/{names[0]}")).status_code == 204
        assert (links.stands(orders), links.stands(others)) == (False, True)
        await links.end(others)

    hurts = [event for event in on_a_link(tmp_path, story) if isinstance(event, Hurt)]
    assert [hurt.trouble for hurt in hurts] == [orders.name, others.name]


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


def test_link_that_the_control_api_disables_and_deletes_is_a_fault_of_its_own(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        factory = f"{(tmp_path / URL_FILE).read_text().strip()}/proxies/factory"
        await client.get(links.url("factory"))
        for is_enabled in (False, True):
            assert (await client.patch(factory, json={"enabled": is_enabled})).status_code == 200
        await client.get(links.url("factory"))
        assert (await client.delete(factory)).status_code == 204

    events = on_a_link(tmp_path, story)
    assert [type(event) for event in events] == [FaultApplied, FaultHit, FaultRemoved] * 2
    removed = [event for event in events if isinstance(event, FaultRemoved)]
    assert [(event.id, event.by, event.hits) for event in removed] == [
        ("factory/down", "control API", 1),
        ("factory/down", "heal", 1),
    ]


def test_cut_link_that_the_control_api_enables_stands_no_more(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        await links.begin(LinkCut("factory"))
        factory = f"{(tmp_path / URL_FILE).read_text().strip()}/proxies/factory"
        await client.post(factory, json={"enabled": True})
        assert not links.stands(LinkCut("factory"))

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


def test_control_api_tells_which_connections_and_requests_a_toxic_hit(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        api = (tmp_path / URL_FILE).read_text().strip()
        toxic = {"name": "bad", "type": "http_status", "attributes": {"path": "/api/*"}}
        await client.post(f"{api}/proxies/factory/toxics", json=toxic)
        hits = f"{api}/proxies/factory/toxics/bad/hits"
        assert (await client.get(hits)).json() == {"hits": 0, "first": []}
        for path in ("/api/order?key=secret", "/other", "/api/menu"):
            await client.post(links.url("factory") + path)
        told = (await client.get(hits)).json()
        assert told["hits"] == 2
        assert [hit["request"] for hit in told["first"]] == ["POST /api/order", "POST /api/menu"]
        assert all(hit["connection"] == 1 and 0 <= hit["seconds_ago"] < 60 for hit in told["first"])
        assert all(hit["client"].startswith("127.0.0.1:") for hit in told["first"])
        gone = await client.get(f"{api}/proxies/factory/toxics/good/hits")
        assert (gone.status_code, gone.json()["error"]) == (404, "toxic not found")

    _, hit, removed = on_a_link(tmp_path, story)
    assert isinstance(hit, FaultHit)
    assert hit.evidence.startswith("POST /api/order on connection 1 of factory, from 127.0.0.1:")
    assert isinstance(removed, FaultRemoved)
    assert [told.partition(" on ")[0] for told in removed.which] == ["POST /api/order", "POST /api/menu"]


def test_control_api_refuses_a_path_with_a_query(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        api = (tmp_path / URL_FILE).read_text().strip()
        toxic = {"type": "http_status", "attributes": {"path": "/api/order?limit=1"}}
        refused = await client.post(f"{api}/proxies/factory/toxics", json=toxic)
        assert refused.status_code == 400
        assert "leave the query out" in refused.json()["error"]

    on_a_link(tmp_path, story)


def test_history_tells_which_requests_a_toxic_of_the_scenario_hit(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        await links.begin(UNAVAILABLE)
        for path in ("/one", "/two", "/three"):
            await client.get(links.url("factory") + path)
        await links.end(UNAVAILABLE)

    first, others = on_a_link(tmp_path, story)
    assert isinstance(first, Hurt)
    assert isinstance(others, Hurt)
    assert first.what.startswith("GET /one on connection 1 of factory")
    assert [told.partition(" on ")[0] for told in others.which] == ["GET /two", "GET /three"]


def test_toxic_of_the_scenario_that_alters_nothing_hurts_nothing(tmp_path: Path) -> None:
    async def story(links: RunLinks, client: httpx.AsyncClient) -> None:
        trouble = ToxicOn("factory", HttpStatus(status=200))
        await links.begin(trouble)
        assert (await client.get(links.url("factory"))).text == "ok"
        await links.end(trouble)

    assert on_a_link(tmp_path, story) == []
