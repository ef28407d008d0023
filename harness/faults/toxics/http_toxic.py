"""What the HTTP toxics have in common: which responses they mean, and what passes between request and response.

On each connection such a toxic watches the requests go by and acts on the responses: those it means it takes out whole,
spoils and writes anew; all others pass as they came, byte by byte. What is not HTTP/1.1 passes untouched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from random import Random
from typing import ClassVar

from harness.faults.toxics.attributes import complaint, settle, share, text, whole
from harness.faults.toxics.http_message import Head, Opaque, Part, Reader, Response
from harness.faults.toxics.toxic import Behaviour, Command, Commands, Keep, Moment, Pass, Send, Toxic

MOST_BODY_BYTES = 8 * 1024 * 1024
"""A longer response is let through unspoilt: it would have to be held whole."""

MOST_NAME = 200
"""So much of a request's path is told."""

LONGEST_WORD = 40
"""A longer part of a path may be a token, and is not told."""


def named(request: Head) -> str:
    """Say which request it is, for people: method and path, without what may be secret or break a line."""
    method, target, _ = (part.decode("latin-1") for part in request.first)
    path = target.partition("?")[0].partition("#")[0]
    if "://" in path:  # in its absolute form, with perhaps a password in front of the host
        path = "/" + path.partition("://")[2].partition("/")[2]
    words = [word if len(word) <= LONGEST_WORD else "…" for word in path.split("/")]
    said = f"{method[:LONGEST_WORD]} {'/'.join(words)[:MOST_NAME]}"
    return "".join(letter if letter.isprintable() else "?" for letter in said)


@dataclass(slots=True)
class Memory:
    """What an HTTP toxic remembers of all connections of its link together."""

    matched: int = 0
    """How many requests matched so far."""


@dataclass(frozen=True, slots=True)
class HttpToxic(Toxic):
    """Spoil some responses. It belongs on the downstream direction."""

    drops_data: ClassVar[bool] = True
    is_ours: ClassVar[bool] = True

    method: str = field(default="", metadata=text("method", 'only answers to this method; "" for any'))
    path: str = field(
        default="", metadata=text("path", 'only answers to this path, where `*` stands for anything; "" for any')
    )
    header: str = field(
        default="",
        metadata=text(
            "header", 'only answers to requests with this header, or, as `name: value`, with this value; "" for any'
        ),
    )
    chance: float = field(default=1.0, metadata=share("chance", "how likely each of those is spoilt"))
    skip: int = field(
        default=0, metadata=whole("skip", "how many of those on the link it lets by first; with `first`, a window")
    )
    first: int = field(default=0, metadata=whole("first", "only the first so many of those on the link; 0 for all"))
    every: int = field(default=0, metadata=whole("every", "only every so-manieth of those on the link; 0 for all"))

    def __post_init__(self) -> None:
        settle(self)
        if "?" in self.path:
            raise complaint(self, "path", "a path is all that is looked at: leave the query out.")

    @property
    def delay(self) -> timedelta:
        """How late a response that is meant arrives."""
        return timedelta()

    @property
    def part(self) -> str:
        """Which part of a response it spoils, where that can be chosen."""
        return ""

    @property
    def aim(self) -> str:
        name, colon, value = self.header.partition(":")
        header = f"{name.strip().lower()}{colon and f': {value.strip()}'}"
        return " ".join(word for word in (self.part, self.method.upper(), self.path, header) if word)

    def changed(self, response: Response) -> Response:
        """Give what arrives in place of a response."""
        return response

    def spoil(self, response: Response, at: float) -> Commands:
        """Say what happens in place of a response, and when."""
        return (Send(self.changed(response).written(), at=at),)

    def means(self, request: Head, memory: Memory, rng: Random) -> bool:
        """Say whether the answer to a request is to be spoilt; each request is asked about once."""
        if not self._matches(request):
            return False
        memory.matched += 1
        number = memory.matched - self.skip
        is_in_window = number > 0 and (self.first == 0 or number <= self.first)
        is_in_turn = self.every <= 1 or number % self.every == 0
        return is_in_window and is_in_turn and rng.random() < self.chance

    def _matches(self, request: Head) -> bool:
        method, target, _ = (part.decode("latin-1") for part in request.first)
        name, colon, value = (part.strip() for part in self.header.partition(":"))
        given = request.header(name.lower().encode()) if name else b""
        return (
            (not self.method or method == self.method.upper())
            and (not self.path or fnmatchcase(target.partition("?")[0], self.path.replace("[", "[[]")))
            and given is not None
            and (not colon or given.decode("latin-1") == value)
        )

    def remember(self) -> Memory:
        return Memory()

    def begin(self, memory: object) -> tuple[Behaviour, Behaviour | None]:
        exchange = Exchange(memory if isinstance(memory, Memory) else Memory())
        return Spoiler(self, exchange), Watcher(exchange)

    def resume(self, behaviour: Behaviour) -> Behaviour:
        return Spoiler(self, behaviour.exchange) if isinstance(behaviour, Spoiler) else behaviour


@dataclass(slots=True)
class Exchange:
    """What has been seen of one connection."""

    memory: Memory
    """The link's."""
    waiting: deque[Head] = field(default_factory=deque)
    """Requests whose final response has not begun."""
    requests: Reader = field(default_factory=Reader)
    """Reads what the client sends."""
    responses: Reader = field(init=False)
    """Reads what the server sends."""
    head: Head | None = None
    """That of the response that is being taken out; None while none is."""
    request: Head | None = None
    """What the latest response answers."""
    body: bytearray = field(default_factory=bytearray)
    """What has come so far of its body."""
    raw: bytearray = field(default_factory=bytearray)
    """All that has come of it, as it came."""
    hit: list[str] = field(default_factory=list)
    """Requests whose responses were spoilt, and of which nobody has been told yet."""

    def __post_init__(self) -> None:
        self.responses = Reader(answers=lambda: self.waiting[0].first[0] if self.waiting else b"")


@dataclass(frozen=True, slots=True)
class Watcher(Behaviour):
    """Sees the requests go by."""

    exchange: Exchange

    def on_data(self, moment: Moment) -> Commands:
        for part in self.exchange.requests.feed(moment.data):
            if isinstance(part, Head):
                self.exchange.waiting.append(part)
        return (Pass(),)


@dataclass(frozen=True, slots=True)
class Spoiler(Behaviour):
    """Takes out the responses that are meant, and sends others in their place."""

    counts_replies: ClassVar[bool] = True

    settings: HttpToxic
    exchange: Exchange

    def on_data(self, moment: Moment) -> Commands:
        commands: list[Command] = [Keep()]
        untouched = bytearray()
        for part in self.exchange.responses.feed(moment.data):
            spoilt = list(self._spoilt(part, moment, untouched))
            if spoilt:
                commands += [Send(bytes(untouched), is_original=True), *spoilt]
                untouched.clear()
        return (*commands, Send(bytes(untouched), is_original=True))

    def on_end(self, moment: Moment) -> Commands:
        """Take a response whose end is the end of the stream as whole; let what was never completed go as it came."""
        if self.exchange.head is not None and self.exchange.responses.ends_with_the_stream:
            return (*self._answer(self.exchange.head, moment), Pass())
        return (*self.on_removal(), Pass())

    def on_removal(self) -> Commands:
        return (Send(self._given_up() + self.exchange.responses.rest(), is_original=True),)

    def take_hits(self) -> list[str]:
        hit, self.exchange.hit = self.exchange.hit, []
        return hit

    def _spoilt(self, part: Head | Part | Opaque, moment: Moment, untouched: bytearray) -> Iterator[Command]:
        exchange = self.exchange
        if isinstance(part, Head) and part.status >= 200 and self._means(moment.rng):
            exchange.head = part
        if exchange.head is None:
            untouched += part.raw
            return
        exchange.raw += part.raw
        if isinstance(part, Part):
            exchange.body += part.data
            if part.is_last:
                yield from self._answer(exchange.head, moment)
        if len(exchange.raw) > MOST_BODY_BYTES or isinstance(part, Opaque):
            untouched += self._given_up()

    def _means(self, rng: Random) -> bool:
        exchange = self.exchange
        if not exchange.waiting:
            return False
        exchange.request = exchange.waiting.popleft()
        return self.settings.means(exchange.request, exchange.memory, rng)

    def _answer(self, head: Head, moment: Moment) -> Commands:
        request, body, raw = self.exchange.request, bytes(self.exchange.body), self._given_up()
        assert request is not None, "only the answer to a request is ever taken out"
        response = Response(head.status, head.first[2], head.headers, body, is_to_head=request.first[0] == b"HEAD")
        late_seconds = max(0.0, self.settings.delay.total_seconds())
        spoilt = self.settings.spoil(response, moment.now + late_seconds)
        if not late_seconds and spoilt == (Send(response.written(), at=moment.now),):
            return (Send(raw, is_original=True),)  # nothing would be hurt, so nothing is hit
        self.exchange.hit.append(named(request))
        return spoilt

    def _given_up(self) -> bytes:
        exchange = self.exchange
        raw = bytes(exchange.raw)
        exchange.head = None
        exchange.body.clear()
        exchange.raw.clear()
        return raw
