"""A network in memory: applications listen at addresses, and clients reach them without a socket.

What it keeps of a real one: an address at which nobody listens refuses; a connection is kept alive between requests
until it has idled for too long, or until whoever listens is gone; the end of a process breaks what is under way.
What it leaves out: bytes on a wire, packets that are lost, a queue of connections, the capacity of anything.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from harness.errors import HarnessError
from harness.ingress.records import Address
from harness.testing.exchange import Application, Exchange, Request
from harness.testing.lifespan import Lifespan
from harness.testing.virtual_loop import VirtualLoop

KEEP_ALIVE_SECONDS = 75.0
"""How long an idle connection is kept by whoever listens."""

_FIRST_CLIENT_PORT = 40_000


def _no_delay() -> float:
    return 0.0


class Network:
    """Addresses, and the applications that listen there.

    Args:
        on_error: told of each exception that an application let escape, and of where it listens. Its client gets a 500
            or a broken connection as behind a real server; by default the loop's exception handler hears of it.
    """

    def __init__(self, *, on_error: Callable[[Address, Exception], object] | None = None) -> None:
        self.on_error = on_error or _tell_the_loop
        self._listeners: dict[Address, Listener] = {}
        self._leads: dict[Address, Callable[[], Address | None]] = {}
        self._ports = itertools.count(_FIRST_CLIENT_PORT)

    def listen(self, address: Address, application: Application, *, delay: Callable[[], float] = _no_delay) -> Listener:
        """Let an application answer at an address.

        Args:
            address: a host and a port above 0.
            application: any ASGI application; its lifespan is not run (`serving` does).
            delay: seconds from each request until the application sees it: a model of what takes time.

        Raises:
            HarnessError: when the address is in use.

        Cleanup: `Listener.close` or `Listener.cut`.
        """
        return self.add(Listener(self, address, application, delay=delay))

    def add(self, listener: Listener) -> Listener:
        """Let a listener of any kind answer at its address; see `listen`."""
        if listener.address in self._listeners:
            message = (
                f"{listener.address} is in use in this network. Close what listens there, or give another address."
            )
            raise HarnessError(message)
        self._listeners[listener.address] = listener
        return listener

    @asynccontextmanager
    async def serving(self, address: Address, application: Application) -> AsyncIterator[Listener]:
        """Run an application as a server would: its lifespan begins, it listens, it finishes, its lifespan ends."""
        async with Lifespan(application) as lifespan:
            listener = self.listen(address, application)
            listener.state = lifespan.state
            try:
                yield listener
            finally:
                await listener.finish()

    def lead(self, address: Address, to: Callable[[], Address | None]) -> None:
        """Let connections to an address arrive somewhere else, as a link or a proxy does.

        Args:
            address: where clients connect to; nobody else may listen there.
            to: asked for each connection where it arrives now; None refuses it.
        """
        self._leads[address] = to

    def accepts(self, address: Address) -> bool:
        """Whether somebody listens at an address."""
        return address in self._listeners

    def connect(self, address: Address) -> Connection:
        """Connect to an address.

        Raises:
            ConnectionRefusedError: when nobody listens there.
        """
        return Connection(self._listener(address), client=self._client())

    def send(self, address: Address, request: Request, *, exchange: Exchange | None = None) -> Exchange:
        """Send a request on a connection that nothing else will go over, and wait for nothing.

        Args:
            address: where to.
            request: what is asked.
            exchange: carries the answer; a new one does without.

        Raises:
            ConnectionRefusedError: when nobody listens there.
        """
        return self._listener(address).begin(request, client=self._client(), exchange=exchange)

    async def ask(self, address: Address, request: Request, *, patience: float | None = None) -> Exchange:
        """Send a request on such a connection, and wait for the head of its reply; see `Connection.ask`."""
        exchange = self.send(address, request)
        try:
            await exchange.head(patience=patience)
        except BaseException:
            exchange.leave()
            raise
        return exchange

    def forget(self, listener: Listener) -> None:
        """Let an address refuse from now on; `Listener.close` calls it."""
        if self._listeners.get(listener.address) is listener:
            del self._listeners[listener.address]

    def _listener(self, address: Address) -> Listener:
        leads = self._leads.get(address)
        arrives = address if leads is None else leads()
        listener = None if arrives is None else self._listeners.get(arrives)
        if listener is None:
            message = f"nobody listens at {address}"
            raise ConnectionRefusedError(message)
        return listener

    def _client(self) -> tuple[str, int]:
        return "127.0.0.1", next(self._ports)


class Listener:
    """An application at an address, and the requests that it is answering."""

    def __init__(
        self, network: Network, address: Address, application: Application, *, delay: Callable[[], float] = _no_delay
    ) -> None:
        self.address = address
        self._here = (address.host, address.port)
        self.is_open = True
        """Whether it still answers."""
        self.state: dict[str, Any] = {}
        """What the application's lifespan shares with its requests."""
        self._network = network
        self.application = application
        """What answers."""
        self.delay = delay
        """Seconds from each request until the application sees it."""
        self._serving: dict[Exchange, asyncio.Task[None]] = {}
        self._goes_on: asyncio.Event | None = None

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._goes_on is not None

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Where it answers."""
        return asyncio.get_running_loop()  # which asks the kernel for the process each time

    def begin(self, request: Request, *, client: tuple[str, int], exchange: Exchange | None = None) -> Exchange:
        """Let the application answer a request, in a task of its own.

        Args:
            request: what is asked.
            client: who asks.
            exchange: carries the answer; a new one does without.
        """
        exchange = exchange or Exchange(request, loop=self.loop)
        scope = _scope(request, client=client, server=self._here, state=self.state.copy())
        self._serving[exchange] = self.loop.create_task(self._serve(exchange, scope))
        return exchange

    def pause(self) -> None:
        """Stand still, as a process that was stopped: take connections and requests, and answer none of them."""
        self._goes_on = self._goes_on or asyncio.Event()

    def resume(self) -> None:
        """Go on with what has come meanwhile."""
        goes_on, self._goes_on = self._goes_on, None
        if goes_on is not None:
            goes_on.set()

    async def hold(self, delay: float) -> None:
        """Let pass what passes before the application sees a request."""
        if delay:
            loop = self.loop
            await (loop.sleep(delay) if isinstance(loop, VirtualLoop) else asyncio.sleep(delay))  # noqa: TID251 - as above
        while self._goes_on is not None:
            await self._goes_on.wait()

    def close(self) -> None:
        """Refuse connections from now on; requests under way may finish."""
        self.is_open = False
        self._network.forget(self)

    async def finish(self) -> None:
        """Refuse connections, and wait for the requests under way."""
        self.close()
        await asyncio.gather(*self._serving.values(), return_exceptions=True)

    def cut(self) -> None:
        """Be gone at once, connections and all, as a process that was killed."""
        self.close()
        for exchange, answering in tuple(self._serving.items()):
            exchange.cut()
            answering.cancel()

    async def _serve(self, exchange: Exchange, scope: dict[str, Any]) -> None:
        try:
            delay = self.delay()
            if delay or self._goes_on is not None:
                await self.hold(delay)
            await exchange.serve(self.application, scope)
        except Exception as error:  # a server outlives its application's mistakes
            self._network.on_error(self.address, error)
        finally:
            self._serving.pop(exchange, None)


class Connection:
    """A client's connection to a listener; one request at a time goes over it."""

    def __init__(self, listener: Listener, *, client: tuple[str, int]) -> None:
        self._listener = listener
        self._client = client
        self._is_closed = False
        self._now = listener.loop.time
        self._used = self._now()

    @property
    def address(self) -> Address:
        """Where it leads."""
        return self._listener.address

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it."""
        return not self._is_closed and self._listener.is_open and self.idle_seconds < KEEP_ALIVE_SECONDS

    @property
    def idle_seconds(self) -> float:
        """How long ago it was last used."""
        return self._now() - self._used

    async def ask(self, request: Request, *, patience: float | None = None) -> Exchange:
        """Send a request and wait for the head of its reply.

        Args:
            request: what is asked.
            patience: seconds of silence that are borne; None bears any.

        Returns: the exchange, whose body is still to be read.

        Raises:
            ConnectionResetError: when the connection is closed, or breaks before the reply.
            TimeoutError: when patience ran out.

        Cleanup: whoever does not read the reply to its end calls `leave` on the exchange. Cancelled while it waits,
            this does so itself; the application goes on.
        """
        if not self.is_open:
            message = f"the connection to {self.address} is closed"
            raise ConnectionResetError(message)
        exchange = self._listener.begin(request, client=self._client)
        try:
            await exchange.head(patience=patience)
        except BaseException:
            exchange.leave()
            self.close()
            raise
        self._used = self._now()
        return exchange

    def close(self) -> None:
        """Use it no more."""
        self._is_closed = True


def _scope(
    request: Request, *, client: tuple[str, int], server: tuple[str, int], state: dict[str, Any]
) -> dict[str, Any]:
    path, _, query = request.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")) if b"%" in path else path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": request.headers,
        "client": client,
        "server": server,
        "state": state,
    }


def _tell_the_loop(address: Address, error: Exception) -> None:
    message = f"the application at {address} let an exception escape"
    asyncio.get_running_loop().call_exception_handler({"message": message, "exception": error})
