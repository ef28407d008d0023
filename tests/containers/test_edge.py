"""The edge and the harness's end of it, joined in memory: lines, links, names and doors, without a container."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest

from harness.errors import HarnessError, ScenarioError
from harness.events import Event, FaultApplied, FaultRemoved, Hurt
from harness.faults.toxics import HttpStatus
from harness.faults.troubles import LinkCut, ToxicOn
from harness.ingress.dns import Manner
from harness.ingress.records import Address
from harness.ingress.resolver import NameNotFound, Resolver, ResolverTroubled
from harness.load.steady import SteadyTime
from harness.stacks.children import Child, Children, Ears
from harness.stacks.containers.edge import Edge, main
from harness.stacks.containers.edge_container import EdgeContainer
from harness.stacks.containers.edge_links import EdgeLinks
from harness.stacks.containers.edge_names import EdgeNames, EdgeZone, edge_addresses
from harness.stacks.containers.launch import ContainerLaunch, InsideLaunch
from harness.stacks.containers.messages import Told
from harness.stacks.looping import LoopThread
from harness.stacks.run_links import URL_FILE
from harness.stacks.safety import refuse_unless_ours

SITE = "pizza-service.pizza.test"
UNAVAILABLE = ToxicOn("factory", HttpStatus(status=503))


class InMemory:
    """Children, and the one child of theirs: an edge in this very loop. Lines go through JSON all the same."""

    def __init__(self) -> None:
        self.launch = ContainerLaunch("", [])
        self.ears = Ears()
        self.is_alive, self.is_deaf = True, False
        self.edge = Edge(
            SteadyTime(0.0, 0.0, 1.0), seed=1, address=Address("127.0.0.1", 0), permit=self._permit, say=self._say
        )

    def start(self, launch: ContainerLaunch, *, ears: Ears) -> Child:
        self.launch, self.ears = launch, ears
        return cast("Child", self)

    def wait_until_ready(self) -> str:
        return str(self.edge.names.address)

    def tell(self, message: dict[str, Any]) -> None:
        if self.is_alive and not (self.is_deaf and message["do"] != "ask"):
            self.edge.take(msgspec.json.decode(json.dumps(message), type=Told))

    def die(self) -> None:
        self.is_alive = False
        self.ears.exited(-9)

    def _say(self, said: object) -> None:
        self.ears.line(json.loads(msgspec.json.encode(said)))

    def _permit(self, host: str) -> None:
        refuse_unless_ours(f"tcp://{host}:0")


class Soon:
    """The stack's loop, which is this one."""

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        asyncio.get_running_loop().call_soon(function, *arguments)


class Site:
    """An edge, and all that the harness has of it."""

    def __init__(self, memory: InMemory, directory: Path) -> None:
        self.memory = memory
        self.recorded: list[Event] = []
        self.troubles: list[str] = []
        self.container = EdgeContainer(
            loop=cast("LoopThread", Soon()),
            record=self.recorded.append,
            trouble=lambda where, what: self.troubles.append(f"{where}: {what}"),
        )
        self.container.start(cast("Children", memory), host="127.0.0.1", seed=1, directory=directory)
        self.names = EdgeNames(self.container)
        self.zone = EdgeZone(self.container)
        self.links = EdgeLinks(self.container, gateway="127.0.0.1", directory=directory, record=self.recorded.append)

    async def resolve(self) -> str:
        """Ask as a client does; in a thread, since a client waits."""
        resolver = Resolver(await self.names.start(), lambda: 0.0, timeout=timedelta(seconds=5))
        return str(await asyncio.to_thread(resolver.resolve, SITE))


def at_the_edge(directory: Path, story: Callable[[Site], Awaitable[None]]) -> Site:
    """Tell a story at an edge; gives what is left of it."""

    async def tell() -> Site:
        memory = InMemory()
        async with memory.edge:
            site = Site(memory, directory)
            await site.links.open()
            try:
                await story(site)
            finally:
                await site.links.close()
            return site

    return asyncio.run(tell())


def on_a_link(directory: Path, story: Callable[[Site, httpx.AsyncClient], Awaitable[None]]) -> Site:
    """Tell a story at an edge with a link to a factory that always answers."""

    async def with_a_link(site: Site) -> None:
        async with await asyncio.start_server(_answer, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            await site.links.lead("factory", to=f"{host}:{port}")
            async with httpx.AsyncClient(trust_env=False, verify=False) as client:
                await story(site, client)
            await site.links.close()

    return at_the_edge(directory, with_a_link)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    writer.close()


def hurts(site: Site) -> list[str]:
    return [event.trouble for event in site.recorded if isinstance(event, Hurt)]


# Links


def test_toxic_is_known_by_what_it_hurt_before_it_is_off(tmp_path: Path) -> None:
    async def story(site: Site, client: httpx.AsyncClient) -> None:
        await site.links.begin(UNAVAILABLE)
        assert site.links.stands(UNAVAILABLE)
        assert [(await client.get(site.links.url("factory"))).status_code for _ in range(2)] == [503, 503]
        await site.links.end(UNAVAILABLE)
        assert hurts(site) == [UNAVAILABLE.name] * 2
        assert not site.links.stands(UNAVAILABLE)
        assert (await client.get(site.links.url("factory"))).text == "ok"

    assert {type(event) for event in on_a_link(tmp_path, story).recorded} == {Hurt}


def test_cut_link_breaks_off_who_is_connected_refuses_and_comes_back_where_it_was(tmp_path: Path) -> None:
    cut = LinkCut("factory")

    async def story(site: Site, client: httpx.AsyncClient) -> None:
        where = site.links.url("factory")
        await client.get(where)
        await site.links.begin(cut)
        assert site.links.stands(cut)
        with pytest.raises(httpx.ConnectError):
            await client.get(where)
        await site.links.end(cut)
        assert (site.links.stands(cut), site.links.url("factory")) == (False, where)
        assert (await client.get(where)).text == "ok"

    site = on_a_link(tmp_path, story)
    assert hurts(site) == [cut.name]
    assert {type(event) for event in site.recorded} == {Hurt}  # and not as a second fault


def test_link_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    async def story(site: Site, _: httpx.AsyncClient) -> None:
        with pytest.raises(ScenarioError, match=r"unknown link 'database'.*factory"):
            await site.links.begin(LinkCut("database"))
        assert not site.links.stands(LinkCut("database"))

    on_a_link(tmp_path, story)


def test_link_leads_to_this_machine_by_a_door_that_containers_reach(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        await site.links.lead("telemetry", to="127.0.0.9:9")
        await site.links.lead("both", to="localhost:9")
        shown = json.loads((await site.container.ask("GET", "/proxies", headers={}, body="")).body)
        upstreams = [link["upstream"] for link in shown.values()]
        assert all(upstream.startswith("127.0.0.1:") and not upstream.endswith(":9") for upstream in upstreams)

    at_the_edge(tmp_path, story)


def test_link_that_leads_to_a_stranger_is_refused_by_the_edge(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        with pytest.raises(HarnessError, match=r"refused POST /proxies: 403 .*192\.0\.2\.1"):
            await site.links.lead("factory", to="192.0.2.1:80")

    at_the_edge(tmp_path, story)


# The control API


def test_control_api_is_where_the_run_says_and_what_it_does_is_known(tmp_path: Path) -> None:
    async def story(site: Site, client: httpx.AsyncClient) -> None:
        api = (tmp_path / URL_FILE).read_text().strip()
        added = await client.post(f"{api}/proxies/factory/toxics", json={"type": "http_status", "name": "mine"})
        assert (added.status_code, added.json()["name"]) == (200, "mine")
        await site.links.begin(UNAVAILABLE)
        assert (await client.post(f"{api}/reset")).status_code == 204
        assert not site.links.stands(UNAVAILABLE)
        metrics = await client.get(f"{api}/metrics")
        assert (metrics.status_code, "toxiproxy_proxy_sent_bytes_total" in metrics.text) == (200, True)

    site = on_a_link(tmp_path, story)
    (applied,) = (event for event in site.recorded if isinstance(event, FaultApplied))
    (removed,) = (event for event in site.recorded if isinstance(event, FaultRemoved))
    assert (applied.id, removed.id) == ("factory/mine", "factory/mine")
    assert not (tmp_path / URL_FILE).exists()


def test_control_api_refuses_browsers_and_bodies_without_end(tmp_path: Path) -> None:
    async def story(_: Site, client: httpx.AsyncClient) -> None:
        api = (tmp_path / URL_FILE).read_text().strip()
        assert (await client.post(f"{api}/reset", headers={"Origin": "http://elsewhere.test"})).status_code == 403
        assert (await client.post(f"{api}/proxies", content=b"x" * 2_000_000)).status_code == 413

    on_a_link(tmp_path, story)


# Names and balancers


def test_edge_answers_for_the_name_as_the_zone_here_says(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.zone.set(SITE, Address("172.17.0.2", 8080), ttl=timedelta(seconds=30))
        assert await site.resolve() == "172.17.0.2:8080"
        site.zone.remove(SITE)
        with pytest.raises(NameNotFound):
            await site.resolve()

    at_the_edge(tmp_path, story)


def test_edge_says_of_each_question_that_it_was_answered_badly(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        noticed: list[str] = []
        site.zone.set(SITE, Address("172.17.0.2", 8080), ttl=timedelta(seconds=30))
        site.names.manner = Manner(fails=True, noticed=lambda: noticed.append("failed"))
        with pytest.raises(ResolverTroubled, match="SERVFAIL"):
            await site.resolve()
        assert noticed == ["failed"]
        site.names.manner = Manner(delay_seconds=0.01, noticed=lambda: noticed.append("late"))
        assert await site.resolve() == "172.17.0.2:8080"
        site.names.manner = Manner()
        await site.resolve()
        await site.names.close()
        assert noticed == ["failed", "late"]

    at_the_edge(tmp_path, story)


def test_each_balancer_has_a_port_of_its_own_at_the_edge_s_address(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        one, asked = edge_addresses(site.container, port=0), edge_addresses(site.container, port=3000)
        assert [str(one()), str(one()), str(asked())] == ["127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:3000"]

    at_the_edge(tmp_path, story)


# The container


def test_edge_is_started_from_the_harness_s_image_with_the_run_s_directory(tmp_path: Path) -> None:
    folder = tmp_path.resolve()

    async def story(site: Site) -> None:
        launch = site.memory.launch
        assert (launch.component, launch.image, launch.hears) == ("edge", "pizza-chaos/harness:latest", True)
        assert launch.folders == (folder,)
        beside = site.container.beside(ContainerLaunch("balancer-1", ["balancer"]))
        assert isinstance(beside, InsideLaunch)
        assert (beside.component, list(beside.argv), beside.within) == ("balancer-1", ["balancer"], "edge")

    at_the_edge(tmp_path, story)


def test_edge_that_ends_by_itself_is_trouble_and_whoever_waits_for_it_is_told(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        with pytest.raises(HarnessError, match="the edge has ended"):
            await asyncio.gather(site.container.ask("GET", "/version", headers={}, body=""), _soon(site.memory.die))
        with pytest.raises(HarnessError, match="the edge has ended"):
            await site.links.lead("telemetry", to="127.0.0.1:9")

    assert at_the_edge(tmp_path, story).troubles == [
        "edge: its container ended by itself with code -9. Look at its log in the run's directory."
    ]


def test_edge_that_has_ended_is_healed_of_everything(tmp_path: Path) -> None:
    async def story(site: Site, _: httpx.AsyncClient) -> None:
        await site.links.begin(UNAVAILABLE)
        site.memory.die()
        assert not site.links.stands(UNAVAILABLE)
        await site.links.end(UNAVAILABLE)
        site.names.manner = Manner()

    on_a_link(tmp_path, story)


def test_edge_that_does_not_obey_is_named_with_what_it_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.stacks.containers.edge_container.OBEYS_WITHIN_SECONDS", 0.01)

    async def story(site: Site) -> None:
        site.memory.is_deaf = True
        with pytest.raises(HarnessError, match=r"did not do what it was told within 0\.01 s: Behave\("):
            site.names.manner = Manner(fails=True)

    at_the_edge(tmp_path, story)


def test_edge_that_is_needed_no_longer_ends_without_trouble(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        site.container.let_go()
        site.memory.die()

    assert at_the_edge(tmp_path, story).troubles == []


def test_edge_that_is_not_told_the_time_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIZZA_CLOCK", raising=False)
    assert main(["--host", "127.0.0.1"]) == 2
    assert "edge: PIZZA_CLOCK is ''" in capsys.readouterr().err


async def _soon(function: Callable[[], None]) -> None:
    function()
