"""The links of a simulation: bytes made of requests and replies, for the toxics of harness/links to spoil.

A network in memory has no bytes, and needs none while no toxic is on a link: then connections pass straight through.
While there is one, each request is written out, sent through the link's pure core, read again, answered by whoever
listens at the other end, and the reply comes back the same way.
"""

from __future__ import annotations

import asyncio
from functools import partial

from harness.errors import ScenarioError, unknown_name
from harness.events import Event, Hurt
from harness.faults.toxics.http_message import Head, Opaque, Part, Reader, Response
from harness.faults.troubles import LinkCut, ToxicOn
from harness.ingress.forwarding import Body, Message, Receive, Scope, Send, until_client_leaves
from harness.ingress.records import Address
from harness.links.commands import CloseConnection, Commands, EndWriting, ResetConnection, WakeAt, Write
from harness.links.link import Connection, Direction, Link, Outcome
from harness.stacks.run_links import heard, on_link
from harness.stacks.simulated.world import World
from harness.testing import HangUp, Request

FACTORY_LINK = Address("127.0.0.2", 4000)
"""Where the service finds its factory."""

TELEMETRY_LINK = Address("127.0.0.2", 4318)
"""Where the service pushes."""


class SimulatedLinks:
    """The links of one run.

    Args:
        world: where they are.

    Evidence: Hurt for each toxic of the scenario, and for connections that a cut link refused.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.links: dict[str, SimulatedLink] = {}

    def lead(self, name: str, *, listen: Address, to: Address) -> None:
        """Make a link that leads from one address to another."""
        link = Link(name, seed=self.world.seed, record=self.hear)
        self.links[name] = SimulatedLink(link, to=to, world=self.world)
        inside = Address("127.0.0.3", listen.port)
        self.world.network.listen(inside, self.links[name].application)
        self.world.network.lead(listen, partial(self.links[name].arrives, inside))

    async def begin(self, trouble: ToxicOn | LinkCut) -> None:
        """Put a toxic on a link, or let the link refuse.

        Raises:
            ScenarioError: when there is no such link: the simulated service keeps its data in memory.
        """
        if trouble.link not in self.links:
            raise ScenarioError(unknown_name("link", trouble.link, known=self.links))
        link = self.links[trouble.link]
        if isinstance(trouble, LinkCut):
            link.cut()
        else:
            link.carry_out(link.core.add(on_link(trouble), now=self.world.clock.steady()))

    async def end(self, trouble: ToxicOn | LinkCut) -> None:
        """Take it off again, or let the link listen where it did."""
        link = self.links[trouble.link]
        if isinstance(trouble, LinkCut):
            link.refused, refused = None, link.refused
            if refused and refused > 1:
                others = refused - 1
                self.world.record(Hurt(trouble=trouble.name, what=f"further connections: {others}", times=others))
        elif self.stands(trouble):
            link.carry_out(link.core.remove(on_link(trouble).name, now=self.world.clock.steady()))

    def stands(self, trouble: ToxicOn | LinkCut) -> bool:
        """Say whether it is still there."""
        link = self.links[trouble.link]
        if isinstance(trouble, LinkCut):
            return link.refused is not None
        return any(settings.name == on_link(trouble).name for settings in link.core.toxics)

    def hear(self, event: Event) -> None:
        """Keep what the links say, as far as a history wants it."""
        for kept in heard(event):
            self.world.record(kept)


class SimulatedLink:
    """One link, and what is under way on it."""

    def __init__(self, core: Link, *, to: Address, world: World) -> None:
        self.core = core
        """The toxics, and what they do."""
        self.refused: int | None = None
        """How many connections it has refused since it was cut; None while it is not."""
        self._is_spoilt = False
        self._to = to
        self._world = world
        self._conversations: dict[int, _Conversation] = {}

    def arrives(self, inside: Address) -> Address | None:
        """Say where a connection arrives now: straight at the other end, where toxics wait for it, or nowhere."""
        if self.refused is not None:
            self.refuse()
            return None
        return inside if self._is_spoilt else self._to

    def refuse(self) -> None:
        """Count a connection that was refused, and record the first."""
        assert self.refused is not None, "only a link that is cut refuses"
        self.refused += 1
        if self.refused == 1:
            what = f"a connection to the {self.core.name} that was refused"
            self._world.record(Hurt(trouble=LinkCut(self.core.name).name, what=what))

    def cut(self) -> None:
        """Refuse connections from now on, and break off those that are open."""
        self.refused = 0
        for conversation in tuple(self._conversations.values()):
            conversation.break_off()

    def carry_out(self, outcome: Outcome) -> None:
        """Do what came of a change of toxics."""
        self._is_spoilt = bool(self.core.toxics)
        for connection, direction, commands in outcome:
            if connection.number in self._conversations:
                self._conversations[connection.number].carry_out(commands, direction)

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on through the toxics, and its reply back."""
        body = Body(scope, receive)
        conversation = _Conversation(
            self.core.open("{}:{}".format(*scope["client"])), method=scope["method"], link=self
        )
        self._conversations[conversation.number] = conversation
        try:
            self.carry_out(self.core.begin(conversation.connection, now=self.now()))
            await until_client_leaves(self._pass_on(conversation, scope, body, send), body)
        finally:
            self.core.close(conversation.connection)
            conversation.end()
            del self._conversations[conversation.number]

    async def _pass_on(self, conversation: _Conversation, scope: Scope, body: Body, send: Send) -> None:
        content = b"".join([piece async for piece in body]) if body.is_announced else b""
        conversation.send(_written(scope, content), Direction.UPSTREAM)
        while (message := await conversation.message()) is not None:
            await send(message)

    async def answer(self, request: Request) -> bytes:
        """Ask whoever is at the other end; gives nothing when nobody is, or when they break off."""
        try:
            exchange = await self._world.network.connect(self._to).ask(request)
            body = await exchange.read()
        except ConnectionError:
            return b""
        reply = Response(exchange.status, b"", tuple(exchange.headers), body, is_to_head=request.method == "HEAD")
        return reply.written()

    def wake(self, at: float, conversation: _Conversation, direction: Direction) -> None:
        """Let a direction of a conversation be looked at again at an instant."""
        # The instant itself, not the clock's: seconds since 1970 are too coarse to tell it exactly.
        self._world.loop.call_later(max(0.0, at - self.now()), conversation.woken, direction, at)

    def now(self) -> float:
        """Link seconds."""
        return self._world.clock.steady()


class _Conversation:
    """One request and its reply, as they come out of the toxics."""

    def __init__(self, connection: Connection, *, method: str, link: SimulatedLink) -> None:
        self.connection = connection
        self.number = connection.number
        self._link = link
        self._readers = {Direction.UPSTREAM: Reader(), Direction.DOWNSTREAM: Reader(answers=method.encode)}
        self._asked: Head | None = None
        self._body = b""
        self._answering: asyncio.Task[None] | None = None
        self._messages: asyncio.Queue[Message | type[HangUp] | None] = asyncio.Queue()
        self._is_over = False

    async def message(self) -> Message | None:
        """Wait for the next part of the reply, as ASGI says it; None after the last.

        Raises:
            HangUp: when the connection breaks.
        """
        message = await self._messages.get()
        if isinstance(message, type):
            raise message
        return message

    def send(self, data: bytes, direction: Direction) -> None:
        """Send data into the toxics of a direction; nothing is the end of it."""
        stream, now = self.connection.streams[direction], self._link.now()
        self.carry_out(stream.receive(data, now=now) if data else stream.finish(now), direction)

    def woken(self, direction: Direction, now: float) -> None:
        """Do what is due."""
        if not self._is_over:
            self.carry_out(self.connection.streams[direction].wake(now), direction)

    def carry_out(self, commands: Commands, direction: Direction) -> None:
        """Do what the link's core says about a direction."""
        for command in commands:
            match command:
                case Write(data=data):
                    self._read(data, direction)
                case WakeAt(at=at):
                    self._link.wake(at, self, direction)
                case CloseConnection() | ResetConnection() | EndWriting():
                    self.break_off()

    def break_off(self) -> None:
        """Let the client's connection break."""
        self._messages.put_nowait(HangUp)

    def end(self) -> None:
        """Leave whoever is at the other end."""
        self._is_over = True
        if self._answering is not None:
            self._answering.cancel()

    def _read(self, data: bytes, direction: Direction) -> None:
        for piece in self._readers[direction].feed(data):
            if isinstance(piece, Opaque):
                self.break_off()  # whoever reads that closes the connection
            elif direction is Direction.UPSTREAM:
                self._ask(piece)
            else:
                self._pass_back(piece)

    def _ask(self, piece: Head | Part) -> None:
        if isinstance(piece, Head):
            self._asked, self._body = piece, b""
            return
        self._body += piece.data
        if piece.is_last and self._asked is not None:
            method, target, _ = self._asked.first
            headers = [(name.lower(), value) for name, value in self._asked.headers]
            request = Request(method.decode(), target, headers, self._body)
            self._answering = asyncio.get_running_loop().create_task(self._answer(request))

    async def _answer(self, request: Request) -> None:
        self.send(await self._link.answer(request), Direction.DOWNSTREAM)

    def _pass_back(self, piece: Head | Part) -> None:
        if isinstance(piece, Head):
            headers = [(name.lower(), value) for name, value in piece.headers]
            self._messages.put_nowait({"type": "http.response.start", "status": piece.status, "headers": headers})
            return
        self._messages.put_nowait({"type": "http.response.body", "body": piece.data, "more_body": not piece.is_last})
        if piece.is_last:
            self._messages.put_nowait(None)


def _written(scope: Scope, content: bytes) -> bytes:
    """Write a request as it goes over a wire."""
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
    headers.append((b"content-length", b"%d" % len(content)))
    first = b"%s %s HTTP/1.1" % (scope["method"].encode(), scope["raw_path"] + query)
    return b"\r\n".join([first, *(b"%s: %s" % header for header in headers), b"", content])
