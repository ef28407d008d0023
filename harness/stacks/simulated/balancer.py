"""The load balancer of a simulation: the manners of harness/ingress/forwarding.py, without httpx.

It has no task of its own for a request. The target answers the client's own exchange; the balancer sees to it that the
target hears who asked, and answers in its place where it does not. In memory nothing more is needed: no connection is
ever used twice, so none can be found closed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from harness.ingress.balancer import IDLE_TIMEOUT
from harness.ingress.forwarding import FORWARDED, ONE_CONNECTION_ONLY, Message, forwarded, instead, passed_on
from harness.ingress.records import Address
from harness.testing import Exchange, Headers, Listener, Network, Request, VirtualLoop

IDLE_SECONDS = IDLE_TIMEOUT.total_seconds()

_NOT_PASSED = ONE_CONNECTION_ONLY | FORWARDED


class Balancer(Listener):
    """Passes each request on to the next of the targets.

    Args:
        network: where they are.
        address: where it listens itself.
        targets: where to forward, asked for each request; may change at any time.
        loop: where it runs.
    """

    def __init__(
        self, network: Network, address: Address, *, targets: Callable[[], Sequence[Address]], loop: VirtualLoop
    ) -> None:
        super().__init__(network, address, _nothing)
        self._targets = targets
        self._turns = itertools.count()
        self._under_way: dict[Passage, None] = {}
        self._virtual = loop  # whoever kills a program may do so from outside of it
        self._waiting: list[Passage] = []
        self._is_watching = False
        self._says = lru_cache(maxsize=16)(self._forwarded)

    def begin(self, request: Request, *, client: tuple[str, int], exchange: Exchange | None = None) -> Exchange:
        """Let a target answer a request."""
        del exchange  # nobody balances balancers
        passed = Request(request.method, request.target, self._headers(request.headers, client), request.body)
        passage = Passage(passed, self._under_way, loop=self._virtual)
        if self.is_paused:
            self._waiting.append(passage)
        else:
            self._forward(passage)
        return passage

    def _headers(self, headers: Headers, client: tuple[str, int]) -> Headers:
        """Give the headers that the target is to see."""
        if _NOT_PASSED.isdisjoint([name for name, _ in headers]):  # as with nearly every request: names are small
            return headers + self._says(client[0])
        server = (self.address.host, self.address.port)
        scope = {"headers": headers, "client": client, "server": server, "scheme": "http"}
        return [*passed_on(headers, dropped=FORWARDED), *forwarded(scope)]

    def _forwarded(self, host: str) -> Headers:
        server = (self.address.host, self.address.port)
        return forwarded({"headers": (), "client": (host, 0), "server": server, "scheme": "http"})

    def resume(self) -> None:
        """Go on with what has come meanwhile."""
        super().resume()
        waiting, self._waiting = self._waiting, []
        for passage in waiting:
            self._forward(passage)

    def cut(self) -> None:
        """Be gone at once, connections and all, as a process that was killed."""
        super().cut()
        for passage in tuple(self._under_way):
            passage.break_off()

    def _forward(self, passage: Passage) -> None:
        targets = self._targets()
        if not targets:
            passage.answer(503)
            return
        passage.heard = self._virtual.time()
        if not self._is_watching:
            self._is_watching = True
            self._virtual.call_at(passage.heard + IDLE_SECONDS, self._notice_silence)
        try:
            self._network.send(targets[next(self._turns) % len(targets)], passage.request, exchange=passage)
        except ConnectionRefusedError:
            passage.answer(502)

    def _notice_silence(self) -> None:
        """Bear no more silence than is right: one timer for all passages, which hardly ever strikes."""
        now = self._virtual.time()
        for passage in tuple(self._under_way):
            if passage.heard + IDLE_SECONDS <= now:
                passage.give_up()
        longest_silent = min((passage.heard for passage in self._under_way), default=math.inf)
        self._is_watching = longest_silent < math.inf
        if self._is_watching:
            self._virtual.call_at(longest_silent + IDLE_SECONDS, self._notice_silence)


class Passage(Exchange):
    """A request on its way through the balancer, which the target answers if it can.

    Args:
        request: as the target is to see it.
        under_way: where it stands for as long as it lasts.
        loop: where it passes.
    """

    __slots__ = ("_clock", "_under_way", "heard")

    def __init__(self, request: Request, under_way: dict[Passage, None], *, loop: VirtualLoop) -> None:
        super().__init__(request, loop=loop)
        self._under_way = under_way
        self._under_way[self] = None
        self._clock = loop
        self.heard = math.inf
        """When the target was last heard of, or got the request; infinity before that."""

    def answer(self, status: int) -> None:
        """Say what is wrong, in place of a target."""
        self.status, self.headers, page = instead(status)
        self._take({"body": page})
        self._tell()

    def break_off(self) -> None:
        """Break the client's connection off."""
        super().cut()

    def cut(self) -> None:
        """Let the client know that the target is gone, a moment after whoever runs the targets knows it."""
        if self.status or self.is_over:
            self.break_off()
        else:
            self._clock.call_soon(self._answer_unless_over, 502)

    def _answer_unless_over(self, status: int) -> None:
        if not self.is_over:
            self.answer(status)

    def give_up(self) -> None:
        """Wait for the target no longer."""
        if self.status:
            self.break_off()
        else:
            self.answer(504)

    def _tell(self) -> None:
        self.heard = self._clock.time()
        super()._tell()

    def _end(self) -> None:
        super()._end()
        self._under_way.pop(self, None)


async def _nothing(_scope: Message, _receive: object, _send: object) -> None:
    """Answer nothing: targets do."""
