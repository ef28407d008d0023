"""What the control API does with proxies, row by row as Toxiproxy 2.12.0 has it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest

from harness.links import Links
from tests.harness.links.controlled import UPSTREAM, calling, controlled, made, refused
from tests.harness.links.sockets import turn

LATENCY = {"type": "latency", "attributes": {"latency": 100}}


@calling
async def test_get_proxies_lists_them_by_name(client: httpx.AsyncClient, links: Links) -> None:
    assert (await client.get("/proxies")).json() == {}
    shown = await made(client)
    reply = await client.get("/proxies")
    assert reply.json() == {"factory": shown}
    assert reply.headers["content-type"] == "application/json"
    assert len(reply.headers["x-toxiproxy-request-id"]) == 20


@calling
async def test_post_proxies_answers_with_the_port_it_really_has(client: httpx.AsyncClient, links: Links) -> None:
    shown = await made(client)
    port = int(shown["listen"].rpartition(":")[2])
    assert port > 0
    assert shown == {
        "name": "factory",
        "listen": f"127.0.0.1:{port}",
        "upstream": UPSTREAM,
        "enabled": True,
        "Logger": {},
        "toxics": [],
    }
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await reader.read() == b""  # nobody is upstream
    writer.close()
    await writer.wait_closed()


@calling
async def test_post_proxies_disabled_does_not_listen(client: httpx.AsyncClient, links: Links) -> None:
    shown = await made(client, listen="127.0.0.1:1", enabled=False)
    assert (shown["enabled"], shown["listen"]) == (False, "127.0.0.1:1")


@calling
async def test_post_proxies_without_listen_stays_on_loopback(client: httpx.AsyncClient, links: Links) -> None:
    assert (await made(client, listen=""))["listen"].startswith("127.0.0.1:")


@calling
async def test_post_proxies_lacking_a_field_is_refused(client: httpx.AsyncClient, links: Links) -> None:
    reply = await client.post("/proxies", json={"upstream": UPSTREAM})
    assert refused(reply, 400, "missing required field: name")
    reply = await client.post("/proxies", json={"name": "a"})
    assert refused(reply, 400, "missing required field: upstream")


@calling
async def test_post_proxies_twice_conflicts(client: httpx.AsyncClient, links: Links) -> None:
    await made(client)
    reply = await client.post("/proxies", json={"name": "factory", "upstream": UPSTREAM})
    assert refused(reply, 409, "proxy already exists")


@calling
async def test_post_proxies_at_a_taken_address_fails_and_leaves_nothing(
    client: httpx.AsyncClient, links: Links
) -> None:
    taken = (await made(client))["listen"]
    reply = await client.post("/proxies", json={"name": "other", "listen": taken, "upstream": UPSTREAM})
    assert refused(reply, 500, f"listen tcp {taken}: bind: address already in use")
    assert [link.name for link in links.all] == ["factory"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]x",
        b"not json",
        b'{"name": 7}',
        b'{"enabled": "yes"}',
        b"7",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name": "\\ud800", "upstream": "b"}',
        b'{"name": "a", "upstream": "b", "toxics": 3}',
        b'{"name": "a", "upstream": "b", "toxics": [3]}',
    ],
)
def test_post_proxies_with_a_body_that_means_nothing_is_refused(body: bytes) -> None:
    async def story() -> None:
        async with controlled() as (client, _links):
            reply = await client.post("/proxies", content=body)
            assert reply.status_code == 400
            assert reply.json()["error"].startswith("bad request body: ")
            assert (await client.get("/proxies")).status_code == 200

    asyncio.run(story())


@calling
async def test_post_proxies_reads_keys_in_any_case_and_ignores_others(client: httpx.AsyncClient, links: Links) -> None:
    body = '{"Name": "a", "UPSTREAM": "127.0.0.1:9", "listen": null, "Logger": {}, "colour": "red"} trailing'
    assert (await client.post("/proxies", content=body)).json()["name"] == "a"


@calling
async def test_post_proxies_makes_toxics_with_it(client: httpx.AsyncClient, links: Links) -> None:
    shown = await made(client, toxics=[{**LATENCY, "stream": "upstream"}, {"type": "noop"}])
    assert [toxic["name"] for toxic in shown["toxics"]] == ["latency_upstream", "noop_downstream"]
    assert len(links["factory"].link.toxics) == 2


@pytest.mark.parametrize("bad", [{"type": "nonsense"}, {"type": "latency", "attributes": {"latency": "x"}}])
def test_post_proxies_with_a_bad_toxic_makes_nothing(bad: dict[str, Any]) -> None:
    async def story() -> None:
        async with controlled() as (client, links):
            body = {"name": "factory", "upstream": UPSTREAM, "toxics": [LATENCY, bad]}
            assert (await client.post("/proxies", json=body)).status_code == 400
            assert links.all == ()

    asyncio.run(story())


@calling
async def test_post_proxies_with_two_toxics_of_one_name_makes_nothing(client: httpx.AsyncClient, links: Links) -> None:
    body = {"name": "factory", "upstream": UPSTREAM, "toxics": [LATENCY, LATENCY]}
    assert refused(await client.post("/proxies", json=body), 409, "toxic already exists")
    assert links.all == ()


@calling
async def test_get_proxy_shows_it(client: httpx.AsyncClient, links: Links) -> None:
    shown = await made(client)
    assert (await client.get("/proxies/factory")).json() == shown
    assert refused(await client.get("/proxies/other"), 404, "proxy not found")


@pytest.mark.parametrize("verb", ["PATCH", "POST"])
def test_update_proxy_disables_and_enables_it_at_the_same_port(verb: str) -> None:
    async def story() -> None:
        async with controlled() as (client, _links):
            listen = (await made(client, toxics=[LATENCY]))["listen"]
            shown = (await client.request(verb, "/proxies/factory", json={"enabled": False})).json()
            assert (shown["enabled"], shown["listen"]) == (False, listen)
            shown = (await client.request(verb, "/proxies/factory", json={"enabled": True, "name": "ignored"})).json()
            assert (shown["enabled"], shown["listen"], shown["name"]) == (True, listen, "factory")
            assert len(shown["toxics"]) == 1

    asyncio.run(story())


@calling
async def test_update_proxy_to_the_same_place_by_another_name_changes_nothing(
    client: httpx.AsyncClient, links: Links
) -> None:
    port = (await made(client))["listen"].rpartition(":")[2]
    server = links["factory"]._listener
    await client.patch("/proxies/factory", json={"listen": f"localhost:{port}"})
    assert links["factory"]._listener is server


@calling
async def test_update_proxy_moves_it_and_keeps_its_toxics(client: httpx.AsyncClient, links: Links) -> None:
    before = (await made(client, toxics=[LATENCY]))["listen"]
    after = (await client.patch("/proxies/factory", json={"listen": "127.0.0.1:0", "upstream": "127.0.0.1:7"})).json()
    assert after["listen"] != before
    assert after["upstream"] == "127.0.0.1:7"
    assert len(after["toxics"]) == 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(before.rpartition(":")[2])))


@calling
async def test_update_proxy_that_fails_says_so(client: httpx.AsyncClient, links: Links) -> None:
    taken = (await made(client))["listen"]
    await made(client, name="other")
    reply = await client.patch("/proxies/other", json={"listen": taken})
    assert refused(reply, 500, f"listen tcp {taken}: bind: address already in use")
    assert (await client.get("/proxies/other")).json()["enabled"] is False
    assert (await client.patch("/proxies/other", json={"listen": "nowhere"})).status_code == 500
    assert (await client.patch("/proxies/other", content="x")).status_code == 400
    assert refused(await client.patch("/proxies/nobody", json={}), 404, "proxy not found")


@calling
async def test_delete_proxy_forgets_it(client: httpx.AsyncClient, links: Links) -> None:
    await made(client)
    reply = await client.delete("/proxies/factory")
    assert (reply.status_code, reply.content) == (204, b"")
    assert refused(await client.delete("/proxies/factory"), 404, "proxy not found")


@calling
async def test_populate_makes_all_and_leaves_equals_alone(client: httpx.AsyncClient, links: Links) -> None:
    shown = await made(client, toxics=[LATENCY])
    body = [
        {"name": "factory", "listen": shown["listen"], "upstream": UPSTREAM, "enabled": False},
        {"name": "other", "listen": "127.0.0.1:0", "upstream": UPSTREAM},
    ]
    reply = await client.post("/populate", json=body)
    assert reply.status_code == 201
    assert [link["name"] for link in reply.json()["proxies"]] == ["factory", "other"]
    assert reply.json()["proxies"][0] == shown


@calling
async def test_populate_replaces_what_differs_and_port_0_always_does(client: httpx.AsyncClient, links: Links) -> None:
    await made(client, toxics=[LATENCY])
    body = [{"name": "factory", "listen": "127.0.0.1:0", "upstream": UPSTREAM}]
    (shown,) = (await client.post("/populate", json=body)).json()["proxies"]
    assert shown["toxics"] == []


@calling
async def test_populate_lacking_a_field_makes_nothing(client: httpx.AsyncClient, links: Links) -> None:
    reply = await client.post("/populate", json=[{"name": "a", "upstream": UPSTREAM}, {"upstream": UPSTREAM}])
    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {"error": "missing required field: name at proxy 2", "status": 400, "proxies": None}
    assert links.all == ()


@calling
async def test_populate_that_fails_half_way_keeps_those_before(client: httpx.AsyncClient, links: Links) -> None:
    taken = (await made(client))["listen"]
    body = [
        {"name": "a", "upstream": UPSTREAM},
        {"name": "b", "listen": taken, "upstream": UPSTREAM},
        {"name": "c", "upstream": UPSTREAM},
    ]
    reply = await client.post("/populate", json=body)
    assert reply.status_code == 500
    assert [link["name"] for link in reply.json()["proxies"]] == ["a"]
    assert [link.name for link in links.all] == ["factory", "a"]


@pytest.mark.parametrize("body", [b"{}", b"", b'[{"name": 3}]', b"[1]"])
def test_populate_with_a_body_that_means_nothing_is_refused(body: bytes) -> None:
    async def story() -> None:
        async with controlled() as (client, _links):
            reply = await client.post("/populate", content=body)
            assert (reply.status_code, reply.json()["proxies"]) == (400, None)

    asyncio.run(story())


@calling
async def test_reset_enables_all_and_takes_every_toxic_off(client: httpx.AsyncClient, links: Links) -> None:
    await made(client, toxics=[LATENCY])
    await client.patch("/proxies/factory", json={"enabled": False})
    reply = await client.post("/reset")
    assert (reply.status_code, reply.content) == (204, b"")
    shown = (await client.get("/proxies/factory")).json()
    assert (shown["enabled"], shown["toxics"]) == (True, [])


@calling
async def test_reset_stops_at_the_first_error(client: httpx.AsyncClient, links: Links) -> None:
    taken = (await made(client, toxics=[LATENCY]))["listen"]
    await made(client, name="blocked", listen=taken, enabled=False)
    reply = await client.post("/reset")
    assert refused(reply, 500, f"listen tcp {taken}: bind: address already in use")
    assert links["factory"].link.toxics == ()


@calling
async def test_patch_disabled_with_a_time_to_live_shows_it_and_listens_again(
    client: httpx.AsyncClient, links: Links
) -> None:
    shown = await made(client)
    disabled = (await client.patch("/proxies/factory", json={"enabled": False, "ttl": "1h"})).json()
    assert disabled == {**shown, "enabled": False, "ttl": "3600s"}
    assert (await client.patch("/proxies/factory", json={"ttl": "1ms"})).status_code == 200
    while not links["factory"].is_enabled:
        await turn()
    assert (await client.get("/proxies/factory")).json() == shown


@calling
async def test_time_to_live_of_what_is_not_disabled_is_refused(client: httpx.AsyncClient, links: Links) -> None:
    await made(client)
    message = 'bad request body: ttl says how long a proxy stays disabled; give it with "enabled": false, or to a toxic'
    assert refused(await client.patch("/proxies/factory", json={"upstream": UPSTREAM, "ttl": "1s"}), 400, message)
    body = {"name": "other", "upstream": UPSTREAM, "ttl": "1s"}
    assert refused(await client.post("/proxies", json=body), 400, message)
