"""The simulated stack on wires: HTTP goes byte by byte from httpx to uvicorn, and the load balancer is the real one.

Slower by far than requests in memory, and closer to what runs: connections are kept alive and reused, pools and their
timeouts are httpx's own, links spoil bytes, a reset may come in the middle of a body. Meant for the night.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing

import httpcore
import httpx

from harness.ingress.balancer import CONNECT_TIMEOUT, IDLE_TIMEOUT, TARGET_KEEP_ALIVE, balancer
from harness.ingress.records import Address
from harness.links.link import Link, Outcome
from harness.stacks.simulated.links import SimulatedLink, SimulatedLinks
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.stack import SimulatedStack
from harness.stacks.simulated.world import World
from harness.testing import Application, Connection, Exchange, Listener, Network, Request
from harness.testing.wire_http import WireServer, WireStream, virtual_idle_times, wire_transport
from harness.testing.wire_link import WireLink
from harness.testing.wires import Wires


class WireNetwork(Network):
    """A network of requests that are bytes on the way."""

    def __init__(self, *, on_error: Callable[[Address, Exception], object] | None = None) -> None:
        super().__init__(on_error=on_error)
        self.wires = Wires()
        """What they go over."""

    def add(self, listener: Listener) -> Listener:
        """Let uvicorn serve in place of a listener; see Network."""
        return super().add(WireListener(self, listener))

    def accepts(self, address: Address) -> bool:
        """Whether somebody listens at an address."""
        return self.wires.accepts(address)

    def connect(self, address: Address) -> Connection:
        """Connect to an address; see Network."""
        return WireConnection(WireStream(self.wires, address), address)

    async def ask(self, address: Address, request: Request, *, patience: float | None = None) -> Exchange:
        """Send a request on a connection of its own; see Network."""
        return await self.connect(address).ask(request, patience=patience)


class WireListener(Listener):
    """An application that uvicorn serves.

    Args:
        network: where.
        plain: what would have served it.
    """

    def __init__(self, network: WireNetwork, plain: Listener) -> None:
        super().__init__(network, plain.address, plain.application, delay=plain.delay)
        self._server = WireServer(network.wires, plain.address, self._answered)
        self._server.state = self.state

    def close(self) -> None:
        """Refuse connections from now on."""
        self._server.close()
        super().close()

    def cut(self) -> None:
        """Be gone at once, connections and all, as a process that was killed."""
        super().cut()
        self._server.cut()

    async def _answered(self, scope: dict[str, object], receive: object, send: object) -> None:
        await self.hold(self.delay())
        try:
            await self.application(scope, receive, send)
        except httpx.TransportError:  # the balancer's target broke off, and so uvicorn does
            raise
        except Exception as error:
            self._network.on_error(self.address, error)
            raise


class WireConnection(Connection):
    """A client's connection, on which httpcore speaks HTTP."""

    def __init__(self, stream: WireStream, address: Address) -> None:
        self._stream = stream
        self._to = address
        self._http = httpcore.AsyncHTTP11Connection(httpcore.Origin(b"http", *_place(address)), stream)
        self._now = asyncio.get_running_loop().time
        self._used = self._now()

    @property
    def address(self) -> Address:
        """Where it leads."""
        return self._to

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it."""
        return not (self._http.is_closed() or self._stream.get_extra_info("is_readable"))

    async def ask(self, request: Request, *, patience: float | None = None) -> Exchange:
        """Send a request and wait for the head of its reply; see Connection."""
        host, port = _place(self._to)
        asked = httpcore.Request(
            request.method.encode(),
            httpcore.URL(scheme=b"http", host=host, port=port, target=request.target),
            headers=request.headers,
            content=request.body,
            extensions={"timeout": {"read": patience, "write": patience}},
        )
        try:
            response = await self._http.handle_async_request(asked)
        except BaseException as broken:
            self.close()
            raise _plain(broken) from broken
        finally:
            self._used = self._now()
        return WireExchange(request, response, connection=self)

    def close(self) -> None:
        """Use it no more."""
        self._stream.end.close()


class WireExchange(Exchange):
    """A reply whose head has come.

    Args:
        request: what was asked.
        response: httpcore's.
        connection: what it comes over.
    """

    __slots__ = ("_coming", "_connection")

    def __init__(self, request: Request, response: httpcore.Response, *, connection: WireConnection) -> None:
        super().__init__(request)
        self.status = response.status
        self.headers = [(name.lower(), value) for name, value in response.headers]
        self._connection = connection
        self._coming = _pieces(response)

    async def piece(self, *, patience: float | None = None) -> bytes:
        """Wait for the next piece of the body; the patience is that of the request."""
        del patience
        try:
            return await anext(self._coming)
        except StopAsyncIteration:
            self.is_complete = True
            return b""
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as broken:
            raise _plain(broken) from broken

    def leave(self) -> None:
        """Close the connection, for the rest of the reply would be in the way."""
        self._connection.close()


class WireRuntime(SimulatedRuntime):
    """A program's runtime port, with httpx as it is."""

    def http(self, *, timeout_seconds: float | None) -> httpx.AsyncClient:
        """Make a client that gives up after so many seconds of silence; None waits for ever."""
        return httpx.AsyncClient(transport=_Reach(self, _wires(self.world)), timeout=timeout_seconds)


class _Reach(httpx.AsyncBaseTransport):
    """What a program reaches: everybody on the wires, for as long as it runs."""

    def __init__(self, runtime: WireRuntime, wires: Wires) -> None:
        self._runtime = runtime
        self._transport = wire_transport(wires)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._runtime.settle()
        sought = Address(request.url.host, request.url.port or 80)
        if not self._runtime.is_alive or sought == self._runtime.knows_no:
            raise httpx.ConnectError(f"{sought} cannot be reached", request=request)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


class WireLinks(SimulatedLinks):
    """The links of one run, on wires."""

    def lead(self, name: str, *, listen: Address, to: Address) -> None:
        """Make a link that leads from one address to another."""
        wires = _wires(self.world)
        laid = self.links[name] = LaidLink(Link(name, seed=self.world.seed, record=self.hear), to=to, world=self.world)
        wires.listen(listen, laid.take_in)


class LaidLink(SimulatedLink):
    """One link, and the connections through it."""

    def __init__(self, core: Link, *, to: Address, world: World) -> None:
        super().__init__(core, to=to, world=world)
        self._wire = WireLink(core, wires=_wires(world), to=to, now=world.clock.steady)

    def take_in(self) -> asyncio.Protocol:
        """Take a connection in, or refuse it."""
        if self.refused is not None:
            self.refuse()
            message = f"the link to the {self.core.name} is cut"
            raise ConnectionRefusedError(message)
        return self._wire.answer()

    def cut(self) -> None:
        """Refuse connections from now on, and break off those that are open."""
        self.refused = 0
        self._wire.cut()

    def carry_out(self, outcome: Outcome) -> None:
        """Do what came of a change of toxics."""
        self._wire.carry_out(outcome)


class WireStack(SimulatedStack):
    """The simulated stack, with every request on a wire."""

    name = "simulated-wire"
    network = WireNetwork
    runtime = WireRuntime
    links = WireLinks

    def _start(self) -> None:
        self._cleanup.enter_context(virtual_idle_times())
        super()._start()

    def _build_balancer(self, _address: Address, targets: Callable[[], Sequence[Address]]) -> Application:
        idle = IDLE_TIMEOUT.total_seconds()
        limits = httpx.Limits(max_connections=None, keepalive_expiry=TARGET_KEEP_ALIVE.total_seconds())
        client = httpx.AsyncClient(
            transport=wire_transport(_wires(self._world), limits=limits),
            timeout=httpx.Timeout(idle, connect=CONNECT_TIMEOUT.total_seconds(), pool=None),
        )
        return balancer(targets, client)


async def _pieces(response: httpcore.Response) -> AsyncIterator[bytes]:
    async with aclosing(response):
        async for piece in response.aiter_stream():
            yield piece


def _plain(error: BaseException) -> BaseException:
    """Give what a network of requests would have raised."""
    if isinstance(error, httpcore.TimeoutException):
        return TimeoutError(str(error))
    if isinstance(error, httpcore.NetworkError | httpcore.ProtocolError):
        return ConnectionResetError(str(error))
    return error


def _place(address: Address) -> tuple[bytes, int]:
    return address.host.encode(), address.port


def _wires(world: World) -> Wires:
    network = world.network
    assert isinstance(network, WireNetwork), "the stack on wires has made it so"
    return network.wires
