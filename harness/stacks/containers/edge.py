"""The edge: the name server and the links of a run, in a container of their own.

    python -m harness.stacks.containers.edge --host 172.17.0.1

says `{"event":"listening","address":"172.17.0.3:40021"}` once its name server does, takes the lines of `messages.Told`
on standard input and answers with those of `messages.Said`. It ends with its input. Load balancers run beside it, in
the same container.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Self, cast

import httpx
import msgspec

from harness.errors import HarnessError, ScenarioError
from harness.events import AnyEvent, Event
from harness.ingress.dns import DnsServer, Manner
from harness.ingress.records import Address, Zone
from harness.links import Links, control_app
from harness.links.addresses import joined
from harness.load.steady import SteadyTime
from harness.stacks.containers.messages import Answered, Ask, Behave, Done, Happened, Noticed, Point, Said, Told
from harness.stacks.safety import refuse_unless_ours

LONGEST_LINE_BYTES = 8 * 1024 * 1024
"""Longer than any request that the control API takes, however it is escaped."""


class Edge:
    """What runs in the edge.

    Args:
        time: the run's.
        seed: of what toxics leave to chance.
        address: where names are answered.
        permit: called with the host that a link is to lead to; raises SafetyError to refuse.
        say: sends a line.

    Cleanup: use it as an asynchronous context manager.
    """

    def __init__(
        self,
        time: SteadyTime,
        *,
        seed: int,
        address: Address,
        permit: Callable[[str], object],
        say: Callable[[Said], object],
    ) -> None:
        self._say = say
        self._zone = Zone()
        self.names = DnsServer(self._zone, record=self._happened, listen=address)
        self._links = Links(now=time.now, speed=time.speed, seed=seed, record=self._happened, permit=permit)
        transport = httpx.ASGITransport(control_app(self._links), raise_app_exceptions=False)
        self._api = httpx.AsyncClient(transport=transport, base_url="http://edge", trust_env=False)
        self._answering: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.names.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.names.close()
        await self._api.aclose()
        self._links.close()

    def take(self, told: Told) -> None:
        """Do what a line says."""
        match told:
            case Ask():
                answering = asyncio.get_running_loop().create_task(self._answer(told))
                self._answering.add(answering)
                answering.add_done_callback(self._answering.discard)
                return
            case Point(address=""):
                self._zone.remove(told.name)
            case Point():
                self._zone.set(told.name, Address.parse(told.address), ttl=timedelta(seconds=told.ttl_seconds))
            case Behave():
                self.names.manner = Manner(told.fails, told.delay_seconds, self._noticed)
        self._say(Done(told.number))

    async def _answer(self, ask: Ask) -> None:
        reply = await self._api.request(ask.method, ask.path, headers=ask.headers, content=ask.body.encode())
        self._say(Answered(ask.number, reply.status_code, dict(reply.headers), reply.text))

    def _noticed(self) -> None:
        self._say(Noticed())

    def _happened(self, event: Event) -> None:
        self._say(Happened(cast("AnyEvent", event)))  # every event is one of those


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an edge until standard input ends; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m harness.stacks.containers.edge")
    parser.add_argument("--host", required=True, help="the only address that links may lead to, besides this machine's")
    parser.add_argument("--seed", type=int, default=0, help="with it, the same happens again (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except (HarnessError, ScenarioError, msgspec.MsgspecError) as error:
        sys.stderr.write(f"edge: {error}\n")
        return 2
    return 0


async def _serve(options: argparse.Namespace) -> None:
    # The first process of a container does not end by itself when it is told to.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    own = socket.gethostbyname(socket.gethostname())
    edge = Edge(
        SteadyTime.of(os.environ),
        seed=options.seed,
        address=Address(own, 0),
        permit=lambda host: refuse_unless_ours(f"tcp://{joined(host, 0)}", allowed=[options.host]),
        say=_say,
    )
    async with edge:
        _say({"event": "listening", "address": str(edge.names.address)})
        async for line in _lines():
            edge.take(msgspec.json.decode(line, type=Told))


async def _lines() -> AsyncIterator[bytes]:
    reader = asyncio.StreamReader(limit=LONGEST_LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line


def _say(line: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
