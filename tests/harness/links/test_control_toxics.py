"""What the control API does with toxics, row by row as Toxiproxy 2.12.0 has it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from harness.links import Links
from tests.harness.links.controlled import calling, controlled, made, refused
from tests.harness.links.sockets import turn

OUT_OF_RANGE = "it is out of that range."
NO_HEADER = "it is no header's name. Name the header, such as 'Retry-After'."
NOT_A_DURATION = """\
'soon' is not a duration. Write a number and a unit (ms, s, m, h, d, w), such as "90s" or "1h30m"."""
LATENCY = {"type": "latency", "attributes": {"latency": 100}}


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
        (
            {"type": "http_drop", "stream": "upstream"},
            400,
            "bad request body: http_drop spoils replies, which flow downstream; leave the stream out",
        ),
        (
            {"type": "http_status", "attributes": {"status": 5}},
            400,
            f"bad request body: HttpStatus: status is 5; {OUT_OF_RANGE} Allowed: 200 to 999.",
        ),
        (
            {"type": "http_delay", "attributes": {"delay": -5}},
            400,
            f"bad request body: HttpDelay: held (in the API: delay) is -5 ms; {OUT_OF_RANGE} Allowed: 0 ms or more.",
        ),
        (
            {"type": "http_header"},
            400,
            f"bad request body: HttpHeader: name is ''; {NO_HEADER} Allowed: a header's name.",
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


@calling
async def test_toxics_of_toxiproxy_take_any_number_and_ours_keep_their_ranges_when_changed(
    client: httpx.AsyncClient, links: Links
) -> None:
    await made(client, toxics=[LATENCY, {"type": "http_status", "name": "bad"}])
    negative = {"attributes": {"latency": -5, "jitter": -5}}
    shown = (await client.post("/proxies/factory/toxics/latency_downstream", json=negative)).json()
    assert shown["attributes"] == negative["attributes"]
    reply = await client.patch("/proxies/factory/toxics/bad", json={"attributes": {"chance": 30}})
    assert (reply.status_code, "chance is 30" in reply.json()["error"]) == (400, True)
    assert (await client.get("/proxies/factory/toxics/bad")).json()["attributes"]["chance"] == 1


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
async def test_update_toxic_with_a_time_to_live_heals_it(client: httpx.AsyncClient, links: Links) -> None:
    await made(client, toxics=[LATENCY])
    path = "/proxies/factory/toxics/latency_downstream"
    assert (await client.patch(path, json={"ttl": "1h"})).json()["ttl"] == "3600s"
    assert (await client.patch(path, json={"toxicity": 0.5})).json()["ttl"] == "3600s"
    assert refused(await client.patch(path, json={"ttl": "soon"}), 400, f"bad request body: ttl: {NOT_A_DURATION}")
    await client.patch(path, json={"ttl": "1ms"})
    while links["factory"].link.toxics:
        await turn()


@calling
async def test_key_that_must_be_a_misspelt_time_to_live_is_refused_and_others_are_ignored(
    client: httpx.AsyncClient, links: Links
) -> None:
    body: dict[str, Any] = {"type": "noop", "tll": "1s"}
    await made(client)
    message = "bad request body: unknown field 'tll'. Did you mean 'ttl'?"
    assert refused(await client.post("/proxies/factory/toxics", json=body), 400, message)
    assert refused(await client.patch("/proxies/factory", json={"enabled": False, "TLL": "1s"}), 400, message)
    body = {"type": "noop", "comment": "1s", "Logger": {}, "listener": "", "toxicty": 1}
    assert (await client.post("/proxies/factory/toxics", json=body)).status_code == 200


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
