"""The control API, row by row as Toxiproxy 2.12.0 has it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest

from harness.errors import SafetyError
from harness.links import Links
from tests.harness.links.controlled import UPSTREAM, calling, controlled, made, refused

NOT_A_DURATION = """\
'soon' is not a duration. Write a number and a unit (ms, s, m, h, d, w), such as "90s" or "1h30m"."""
LATENCY = {"type": "latency", "attributes": {"latency": 100}}


# Proxies


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


# Toxics


@calling
async def test_post_toxics_answers_200_with_every_attribute(client: httpx.AsyncClient, links: Links) -> None:
    await made(client)
    reply = await client.post("/proxies/factory/toxics", json=LATENCY)
    assert reply.status_code == 200
    assert reply.json() == {
        "attributes": {"latency": 100, "jitter": 0},
        "name": "latency_downstream",
        "type": "latency",
        "stream": "downstream",
        "toxicity": 1,
    }


@calling
async def test_post_toxics_takes_name_stream_and_toxicity(client: httpx.AsyncClient, links: Links) -> None:
    await made(client)
    body = {"name": "mine", "type": "noop", "stream": "UpStream", "toxicity": 0.25, "attributes": None}
    shown = (await client.post("/proxies/factory/toxics", json=body)).json()
    assert shown == {"attributes": {}, "name": "mine", "type": "noop", "stream": "upstream", "toxicity": 0.25}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"stream": "sideways"}, 400, "stream was invalid, can be either upstream or downstream"),
        ({"stream": "upstream"}, 400, "invalid toxic type"),
        ({"type": "nonsense"}, 400, "invalid toxic type"),
        ({"type": "noop", "name": "there"}, 409, "toxic already exists"),
        (
            {"type": "latency", "attributes": {"latncy": 1}},
            400,
            "bad request body: unknown latency attribute 'latncy'. Did you mean 'latency'? Known: jitter, latency.",
        ),
        ({"type": "noop", "ttl": "soon"}, 400, f"bad request body: ttl: {NOT_A_DURATION}"),
    ],
)
def test_post_toxics_that_mean_nothing_are_refused(body: dict[str, Any], status: int, message: str) -> None:
    async def story() -> None:
        async with controlled() as (client, _links):
            await made(client, toxics=[{"type": "noop", "name": "there", "stream": "upstream"}])
            assert refused(await client.post("/proxies/factory/toxics", json=body), status, message)

    asyncio.run(story())


@pytest.mark.parametrize(
    "attributes",
    [
        '{"latency": 1.5}',
        '{"latency": "1"}',
        '{"latency": 99999999999999999999999}',
        '{"latency": NaN}',
        '{"latency": 9223372036854775807}',
        "[]",
        '"x"',
    ],
)
def test_post_toxics_with_impossible_attributes_are_refused(attributes: str) -> None:
    async def story() -> None:
        async with controlled() as (client, links):
            await made(client)
            body = f'{{"type": "latency", "attributes": {attributes}}}'
            assert (await client.post("/proxies/factory/toxics", content=body)).status_code == 400
            assert links["factory"].link.toxics == ()

    asyncio.run(story())


@calling
async def test_post_toxics_with_a_number_that_no_client_can_hold_are_refused(
    client: httpx.AsyncClient, links: Links
) -> None:
    await made(client)
    body = f'{{"type": "bandwidth", "attributes": {{"rate": {10**400}}}}}'
    assert (await client.post("/proxies/factory/toxics", content=body)).status_code == 400


@pytest.mark.parametrize("toxicity", ["1e999", "Infinity", "NaN", '"1"'])
def test_post_toxics_with_impossible_toxicity_are_refused(toxicity: str) -> None:
    async def story() -> None:
        async with controlled() as (client, _links):
            await made(client)
            body = f'{{"type": "noop", "toxicity": {toxicity}}}'
            assert (await client.post("/proxies/factory/toxics", content=body)).status_code == 400

    asyncio.run(story())


@calling
async def test_post_toxics_with_a_time_to_live_show_it(client: httpx.AsyncClient, links: Links) -> None:
    await made(client)
    shown = (await client.post("/proxies/factory/toxics", json={"type": "noop", "ttl": "1m30s"})).json()
    assert shown["ttl"] == "90s"


@calling
async def test_get_toxics_lists_upstream_first(client: httpx.AsyncClient, links: Links) -> None:
    await made(client, toxics=[{"type": "noop"}, {"type": "noop", "stream": "upstream"}])
    names = [toxic["name"] for toxic in (await client.get("/proxies/factory/toxics")).json()]
    assert names == ["noop_upstream", "noop_downstream"]
    assert refused(await client.get("/proxies/other/toxics"), 404, "proxy not found")


@calling
async def test_get_toxic_shows_it(client: httpx.AsyncClient, links: Links) -> None:
    await made(client, toxics=[LATENCY])
    shown = (await client.get("/proxies/factory/toxics/latency_downstream")).json()
    assert shown["attributes"]["latency"] == 100
    assert refused(await client.get("/proxies/factory/toxics/other"), 404, "toxic not found")
    assert refused(await client.get("/proxies/other/toxics/other"), 404, "proxy not found")


@pytest.mark.parametrize("verb", ["PATCH", "POST"])
def test_update_toxic_merges_attributes_and_ignores_what_it_is(verb: str) -> None:
    async def story() -> None:
        async with controlled() as (client, _links):
            await made(client, toxics=[LATENCY])
            path = "/proxies/factory/toxics/latency_downstream"
            body = {"attributes": {"jitter": 5}, "toxicity": 0.5, "type": "noop", "stream": "upstream", "name": "x"}
            reply = await client.request(verb, path, json=body)
            assert reply.status_code == 200
            assert reply.json() == {
                "attributes": {"latency": 100, "jitter": 5},
                "name": "latency_downstream",
                "type": "latency",
                "stream": "downstream",
                "toxicity": 0.5,
            }
            assert (await client.get(path)).json() == reply.json()
            assert (await client.request(verb, path, json={"attributes": {"jitter": "x"}})).status_code == 400
            assert (await client.request(verb, path, content=b"x")).status_code == 400
            assert refused(await client.request(verb, f"{path}2", json={}), 404, "toxic not found")

    asyncio.run(story())


@calling
async def test_delete_toxic_takes_it_off(client: httpx.AsyncClient, links: Links) -> None:
    await made(client, toxics=[LATENCY])
    reply = await client.delete("/proxies/factory/toxics/latency_downstream")
    assert (reply.status_code, reply.content) == (204, b"")
    reply = await client.delete("/proxies/factory/toxics/latency_downstream")
    assert refused(reply, 404, "toxic not found")


# All of them


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
async def test_version_is_one_that_clients_know(client: httpx.AsyncClient, links: Links) -> None:
    reply = await client.get("/version")
    assert reply.text == '{"version": "2.12.0"}\n'
    assert reply.headers["content-type"] == "application/json;charset=utf-8"


@calling
async def test_metrics_are_text_that_prometheus_reads(client: httpx.AsyncClient, links: Links) -> None:
    listen = (await made(client))["listen"]
    reply = await client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    labels = f'direction="upstream",listener="{listen}",proxy="factory",upstream="{UPSTREAM}"'
    assert f"toxiproxy_proxy_received_bytes_total{{{labels}}} 0\n" in reply.text


# Whom it refuses


@calling
async def test_unknown_path_and_wrong_verb_are_said_as_go_says_them(client: httpx.AsyncClient, links: Links) -> None:
    reply = await client.get("/nothing")
    assert (reply.status_code, reply.text) == (404, "404 page not found\n")
    reply = await client.put("/proxies")
    assert (reply.status_code, reply.content) == (405, b"")


@pytest.mark.parametrize("headers", [{"user-agent": "Mozilla/5.0 (X11)"}, {"origin": "http://evil.example"}])
def test_browsers_are_refused(headers: dict[str, str]) -> None:
    async def story() -> None:
        async with controlled() as (client, _links):
            reply = await client.get("/version", headers=headers)
            assert (reply.status_code, reply.text) == (403, "User agent not allowed\n")

    asyncio.run(story())


@calling
async def test_huge_bodies_are_refused(client: httpx.AsyncClient, links: Links) -> None:
    reply = await client.post("/proxies", content=b" " * (1024 * 1024 + 1))
    assert refused(reply, 413, "bad request body: more than 1048576 bytes")


def test_token_is_asked_for_where_there_is_one() -> None:
    async def story() -> None:
        async with controlled(token="secret") as (client, _links):
            assert (await client.get("/version")).status_code == 401
            assert (await client.get("/version", headers={"authorization": "Bearer wröng".encode()})).status_code == 401
            assert (await client.get("/version", headers={"authorization": "Bearer secret"})).status_code == 200

    asyncio.run(story())


def test_upstream_that_is_not_permitted_is_refused() -> None:
    def permit(host: str) -> None:
        if host != "127.0.0.1":
            raise SafetyError(host)

    async def story() -> None:
        async with controlled(permit=permit) as (client, links):
            body = {"name": "a", "upstream": "pizza.example:80"}
            assert refused(await client.post("/proxies", json=body), 403, "pizza.example")
            reply = await client.post("/populate", json=[body])
            assert (reply.status_code, links.all) == (403, ())
            await made(client)
            assert (await client.patch("/proxies/factory", json={"upstream": "[2001:db8::1]:80"})).status_code == 403

    asyncio.run(story())
