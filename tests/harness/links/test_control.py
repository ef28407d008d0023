"""The control API, before it comes to proxies and toxics: what it says of itself, and whom and what it refuses."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.types import Message

from harness.errors import SafetyError
from harness.links import Links, control_app
from tests.harness.links.controlled import UPSTREAM, calling, controlled, made, refused


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


@calling
async def test_unknown_path_and_wrong_verb_are_said_as_go_says_them(client: httpx.AsyncClient, links: Links) -> None:
    for path in ("/nothing", "/proxies/"):
        reply = await client.get(path)
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


def test_caller_who_hangs_up_within_a_body_is_refused_like_any_other() -> None:
    heard: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    said: list[Message] = []

    async def receive() -> Message:
        return heard.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    async def story() -> None:
        async with Links() as links:
            scope = {"type": "http", "method": "POST", "path": "/proxies", "headers": [], "query_string": b""}
            await control_app(links)(scope, receive, send)
            assert said[0]["status"] == 400

    asyncio.run(story())


def test_half_of_a_request_that_a_server_gives_up_as_it_ends_is_answered_quietly() -> None:
    said: list[Message] = []
    is_waiting = asyncio.Event()

    async def receive() -> Message:
        is_waiting.set()
        waiting: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await waiting

    async def send(message: Message) -> None:
        said.append(message)

    async def story() -> None:
        async with Links() as links:
            scope = {"type": "http", "method": "POST", "path": "/proxies", "headers": [], "query_string": b""}
            answering = asyncio.ensure_future(control_app(links)(scope, receive, send))
            await is_waiting.wait()
            answering.cancel()
            await answering
            assert said[0]["status"] == 503

    asyncio.run(story())


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
            nowhere = {"name": "a", "upstream": "nowhere"}
            assert refused(await client.post("/proxies", json=nowhere), 403, "nowhere")
            reply = await client.post("/populate", json=[body])
            assert (reply.status_code, links.all) == (403, ())
            await made(client)
            assert (await client.patch("/proxies/factory", json={"upstream": "[2001:db8::1]:80"})).status_code == 403

    asyncio.run(story())
