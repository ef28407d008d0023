from __future__ import annotations

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from harness.ingress.authority import GOOD, make_authority
from harness.ingress.records import Address
from tests.harness.ingress.target import OK, Seen, Target

pytestmark = pytest.mark.slow


class Process:
    """A load balancer in a process of its own; a context manager that leaves nothing running."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.ingress.balancer", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        assert said["event"] == "listening"
        self.address = Address.parse(said["address"])
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.communicate()

    def tell(self, line: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        self._process.stdin.flush()

    def signalled(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ends(self) -> tuple[int, str]:
        """Close its stdin; give its exit code and what it complained about."""
        _, errors = self._process.communicate(timeout=30)
        return self._process.returncode, errors.decode()

    async def forwards_to(self, client: httpx.AsyncClient, *targets: Target) -> None:
        """Set the targets, and return once they are in force."""
        self.tell({"targets": [str(target.address) for target in targets]})
        while ((await client.get("/settled")).status_code == 503) is bool(targets):
            continue

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://{self.address}", trust_env=False, timeout=30)


@pytest.fixture
def process() -> Iterator[Process]:
    with Process() as process:
        yield process


def test_balancer_forwards_to_the_targets_it_was_told_last(process: Process) -> None:
    async def run() -> None:
        async with Target() as one, Target() as two, process.client() as client:
            assert (await client.get("/")).status_code == 503
            await process.forwards_to(client, one)
            assert (await client.get("/")).text == "ok"
            await process.forwards_to(client, two)
            two.seen.clear()
            while not two.seen:
                await client.get("/")
            one.seen.clear()
            for _ in range(5):
                await client.get("/")
            assert one.seen == []
            await process.forwards_to(client)
            assert (await client.get("/")).status_code == 503

    asyncio.run(run())


def test_balancer_passes_client_address_and_error_statuses_through_a_real_server(process: Process) -> None:
    answers = {
        "/missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nServer: pizza\r\n\r\nnone",
        "/same": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
        "/endless": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
    }

    def script(seen: Seen) -> bytes:
        return answers.get(seen.head.split(" ")[1], OK)

    async def run() -> None:
        target = Target(script, closes_after=lambda seen: "/endless" in seen.head)
        async with target, process.client() as client:
            await process.forwards_to(client, target)
            missing, same, endless = [await client.get(path) for path in answers]
            assert (missing.status_code, missing.text, missing.headers["server"]) == (404, "none", "pizza")
            assert (same.status_code, same.content) == (304, b"")
            assert endless.text == "until the end"
            await client.get("/", headers={"x-forwarded-for": "198.51.100.1"})
            headers = target.seen[-1].headers
            assert headers["x-forwarded-for"] == "198.51.100.1, 127.0.0.1"
            assert headers["x-forwarded-port"] == str(process.address.port)
            assert headers["host"] == str(process.address)

    asyncio.run(run())


def test_balancer_killed_refuses_at_its_address_and_drops_kept_connections(process: Process) -> None:
    async def run() -> None:
        async with Target() as target, process.client() as client:
            await process.forwards_to(client, target)
            process.signalled(signal.SIGKILL)
            process.ends()
            with pytest.raises(httpx.ConnectError):
                await client.get("/")

    asyncio.run(run())


def test_balancer_whose_stdin_ends_is_gone_at_once_even_with_a_request_under_way(process: Process) -> None:
    async def run() -> None:
        async with Target(lambda seen: None if "/slow" in seen.head else OK) as target, process.client() as client:
            await process.forwards_to(client, target)
            asking = asyncio.ensure_future(client.get("/slow"))
            while not any("/slow" in seen.head for seen in target.seen):
                await asyncio.wait((asking,), timeout=0.001)
            assert process.ends() == (0, "")
            with pytest.raises(httpx.TransportError):
                await asking

    asyncio.run(run())


def test_balancer_target_breaks_off_in_its_reply_cuts_the_client_off_without_a_word(process: Process) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"

    async def run() -> None:
        target = Target(lambda seen: half if "/half" in seen.head else OK, closes_after=lambda _: True)
        async with target, process.client() as client:
            await process.forwards_to(client, target)
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/half")

    asyncio.run(run())
    assert process.ends() == (0, "")


def test_balancer_ctrl_c_is_left_to_the_parent(process: Process) -> None:
    async def run() -> None:
        async with Target() as target, process.client() as client:
            process.signalled(signal.SIGINT)
            await process.forwards_to(client, target)

    asyncio.run(run())
    assert process.ends() == (0, "")


def test_balancer_thousand_requests_on_kept_connections_fail_not_once(process: Process) -> None:
    """The target gives up a used connection on every tenth request, just as it is used again."""

    def script(seen: Seen) -> bytes:
        is_given_up = seen.turn > 1 and seen.headers.get("x-number", "").endswith("7")
        return b"" if is_given_up else OK

    async def one(client: httpx.AsyncClient, number: int) -> int:
        # Orders end in other digits than the one at which the target gives up: nobody may send those twice.
        method = {0: "POST", 7: "PUT"}.get(number % 10, "GET")
        reply = await client.request(method, "/", content=b"pizza", headers={"x-number": str(number)})
        return reply.status_code

    async def run() -> tuple[set[int], int]:
        async with Target(script) as target, process.client() as client:
            await process.forwards_to(client, target)
            statuses: set[int] = set()
            for start in range(0, 1000, 8):
                statuses |= set(await asyncio.gather(*(one(client, start + lane) for lane in range(8))))
            return statuses, max(seen.connection for seen in target.seen)

    statuses, connections = asyncio.run(run())
    assert statuses == {200}
    assert connections > 50


def test_balancer_replies_are_not_held_back_for_an_acknowledgement(process: Process) -> None:
    """Without TCP_NODELAY each reply takes 40 ms more; the fastest of some says so on a busy machine too."""

    async def timed(client: httpx.AsyncClient) -> float:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await client.get("/")
        return loop.time() - begun

    async def run() -> float:
        async with Target() as target, process.client() as client:
            await process.forwards_to(client, target)
            return min([await timed(client) for _ in range(20)])

    assert asyncio.run(run()) < 0.03


def test_balancer_shows_new_clients_the_certificate_it_was_told_last_and_keeps_those_it_has(tmp_path: Path) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the wall's clock
    authority = make_authority(tmp_path, name="127.0.0.1.test", now=now)
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    trusting.check_hostname = False

    def client(process: Process) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"https://{process.address}", verify=trusting, trust_env=False, timeout=30)

    async def run(process: Process) -> None:
        async with Target() as target, client(process) as before:
            await process.forwards_to(before, target)
            assert (await before.get("/")).text == "ok"
            assert target.seen[-1].headers["x-forwarded-proto"] == "https"
            process.tell({"certificate": str(authority.site["expired"])})
            while not await refused(process):
                continue
            assert (await before.get("/")).text == "ok"
            process.tell({"certificate": str(authority.site[GOOD])})
            while await refused(process):
                continue

    async def refused(process: Process) -> bool:
        async with client(process) as anew:
            try:
                await anew.get("/")
            except httpx.ConnectError as error:
                return "certificate has expired" in str(error)
            return False

    with Process("--certificate", str(authority.site[GOOD])) as process:
        asyncio.run(asyncio.wait_for(run(process), timeout=20))


@pytest.mark.parametrize(
    "line",
    [
        {"targets": ["nowhere"]},
        {"target": []},
        {"targets": [], "mode": 1},
        {"targets": 1},
        {"certificate": "site.pem"},
        "targets",
    ],
)
def test_balancer_told_what_it_cannot_read_ends_and_says_what_it_can(process: Process, line: Any) -> None:
    process.tell(line)
    code, errors = process.ends()
    assert code == 2
    assert errors.startswith("balancer: stdin: ")
    assert errors.endswith('Write a line such as {"targets":["127.0.0.1:9001"]}.\n')


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--listen", "here"], "'here' is not an address"),
        (["--idle-timeout", "60"], "'60' is not a duration"),
        (["--idle-timeout", "0s"], "an idle timeout of 0 s lets no target answer"),
        (["--certificate", "nowhere.pem"], "nowhere.pem holds no certificate with its key"),
    ],
)
def test_balancer_started_wrongly_says_so_in_one_line(arguments: list[str], says: str) -> None:
    code, errors = Process(*arguments).ends()
    assert (code, errors.count("\n")) == (2, 1)
    assert says in errors


def test_balancer_at_a_taken_address_says_so_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = str(Address(*taken.getsockname()))
        code, errors = Process("--listen", listen).ends()
    assert (code, errors) == (
        2,
        f"balancer: cannot listen at {listen}: Address already in use. Give a free port, or 0 for any.\n",
    )
