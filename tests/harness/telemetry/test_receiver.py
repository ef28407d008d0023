from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest

from harness.errors import HarnessError
from harness.events import Event, HarnessTroubled, LogsReceived, MetricsReceived, TelemetryRejected
from harness.telemetry import LogStore, Sink
from harness.telemetry.receiver import Server, telemetry_app
from harness.telemetry.sink import SampleStore
from tests.harness.telemetry.payloads import AT, NANOSECONDS, attributes, loki, otlp, point, total

METRICS = otlp(total("sold", point(attributes=attributes(source="pizza"))))


class Nowhere:
    def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
        """Keep nothing."""


class Broken:
    def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
        raise MemoryError("the store is full")


class Bench:
    """An application, what it recorded, and a client."""

    def __init__(self, store: SampleStore | None = None, *, max_bytes: int = 1000) -> None:
        self.events: list[Event] = []
        self.sink = Sink(
            store=Nowhere() if store is None else store,
            logs=LogStore(),
            incident=lambda steady: datetime.fromtimestamp(steady, UTC),
            max_bytes=max_bytes,
        )
        self.app = telemetry_app(self.sink, now=lambda: float(AT), record=self.events.append)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://sink")

    def post(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        async def posting() -> httpx.Response:
            async with self.client() as client:
                return await client.post(path, content=content, headers=headers)

        return asyncio.run(posting())


@pytest.mark.parametrize("path", ["/", "/otlp/v1/metrics", "/any/path?at=all"])
@pytest.mark.parametrize("authorization", ["Bearer 1:key", "Basic MTprZXk=", ""])
def test_push_to_any_path_with_any_credentials_is_answered_and_recorded(path: str, authorization: str) -> None:
    bench = Bench()
    reply = bench.post(path, METRICS, authorization=authorization)
    assert (reply.status_code, reply.content, reply.headers["content-type"]) == (200, b"{}", "application/json")
    assert bench.events == [MetricsReceived(source="pizza", samples=1, newest=datetime.fromtimestamp(AT, UTC))]


def test_push_of_logs_is_answered_without_a_body() -> None:
    bench = Bench()
    reply = bench.post("/loki/api/v1/push", loki([NANOSECONDS, "x"], component="pizza"))
    assert (reply.status_code, reply.content) == (204, b"")
    assert "content-type" not in reply.headers
    assert isinstance(bench.events[0], LogsReceived)
    assert len(bench.sink.logs) == 1


def test_push_of_influx_lines_is_read_in_the_precision_of_its_query() -> None:
    bench = Bench()
    assert bench.post("/write?precision=s", f"m n=1 {AT}".encode()).status_code == 204
    assert isinstance(bench.events[0], MetricsReceived)
    assert bench.events[0].newest == datetime.fromtimestamp(AT, UTC)


def test_push_that_is_malformed_is_answered_with_the_reason_under_its_path_alone() -> None:
    bench = Bench()
    reply = bench.post("/write?p=secret", b"m n=NaN", authorization="Bearer secret")
    assert reply.status_code == 400
    assert reply.text.startswith("Influx lines, line 1, column 5")
    assert bench.events == [TelemetryRejected(endpoint="/write", status=400, reason=reply.text)]


def test_push_that_is_too_large_is_answered_413() -> None:
    assert Bench(max_bytes=len(METRICS)).post("/", METRICS).status_code == 200
    assert Bench(max_bytes=len(METRICS) - 1).post("/", METRICS).status_code == 413


def test_request_that_is_no_push_is_answered_405() -> None:
    bench = Bench()

    async def getting() -> httpx.Response:
        async with bench.client() as client:
            return await client.get("/otlp/v1/metrics")

    assert asyncio.run(getting()).status_code == 405
    assert bench.events == []


def test_push_on_which_the_harness_fails_is_answered_500_and_recorded_as_our_trouble() -> None:
    bench = Bench(Broken())
    assert bench.post("/", METRICS).status_code == 500
    assert bench.events == [HarnessTroubled(where="telemetry receiver", error="MemoryError: the store is full")]


async def cut_off(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /cut HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\nhalf")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    del reader


@pytest.mark.slow
def test_server_on_loopback_takes_pushes_stops_and_comes_back_on_its_port() -> None:
    bench = Bench()

    async def living() -> None:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        server = Server(bench.app)
        async with server, httpx.AsyncClient() as client:
            assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
            first = server.url
            await server.start()
            replies = [await client.post(f"{server.url}/m", content=METRICS, headers={"authorization": "Bearer x"})]
            await server.stop()
            with pytest.raises(httpx.ConnectError):
                await client.post(f"{first}/m", content=METRICS)
            await server.start()
            assert server.url == first
            replies.append(await client.post(f"{first}/m", content=METRICS))
            assert [reply.json() for reply in replies] == [{}, {}]
        await server.stop()

    asyncio.run(living())
    assert [type(event) for event in bench.events] == [MetricsReceived, MetricsReceived]


@pytest.mark.slow
def test_push_that_breaks_off_is_recorded_and_nothing_of_it_stored() -> None:
    bench = Bench()

    async def living() -> None:
        async with Server(bench.app) as server:
            await cut_off(server.port)

    asyncio.run(living())
    assert bench.events == [
        TelemetryRejected(endpoint="/cut", status=0, reason="the connection ended before the push did")
    ]


@pytest.mark.slow
def test_server_on_a_port_that_is_taken_says_so() -> None:
    async def living() -> None:
        async with Server(Bench().app) as server:
            with pytest.raises(HarnessError, match=f"cannot listen on 127.0.0.1:{server.port}: Address already in use"):
                await Server(Bench().app, port=server.port).start()

    asyncio.run(living())
