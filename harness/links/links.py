"""All links of a run, by name: made, moved, filled in at once and healed at once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Self

from harness.events import Event
from harness.links.addresses import resolve
from harness.links.deadlines import Deadlines
from harness.links.link import LinkToxic
from harness.links.outages import Outages, Standing
from harness.links.refusals import Refused, no_such_proxy, proxy_exists
from harness.links.running import Engine, LinkSettings, RunningLink
from harness.links.watch import watch

_log = logging.getLogger(__name__)

Wanted = tuple[LinkSettings, Sequence[LinkToxic]]
"""A link, and what is on it from its first connection on."""


class Links:
    """All links of a run. Make it inside the event loop that is to carry them.

    Args:
        now: link seconds; inside a run, its clock's `steady`. None for the wall's.
        speed: link seconds in a wall second.
        seed: with it, the same connections meet the same.
        record: given an event when a toxic is added or changed, first hits something, and is removed; and when a link
            that has listened stops to, leads somewhere else, and is as it was.
        permit: called with an upstream's host before a link may lead there; raises SafetyError to refuse.

    Cleanup: `close`, or use it as a context manager.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] | None = None,
        speed: float = 1.0,
        seed: int = 0,
        record: Callable[[Event], object] = lambda _: None,
        permit: Callable[[str], object] = lambda _: None,
    ) -> None:
        now = now or (lambda: time.monotonic() * speed)
        loop = asyncio.get_running_loop()
        self._engine = Engine(now, speed, Deadlines(now=now, speed=speed, loop=loop), watch(loop))
        self._seed = seed
        self._record = record
        self._permit = permit
        self._running: dict[str, RunningLink] = {}
        self._outages = Outages(record)
        self._enabling: set[asyncio.Task[None]] = set()
        self._changing = asyncio.Lock()

    def __getitem__(self, name: str) -> RunningLink:
        if name not in self._running:
            raise no_such_proxy()
        return self._running[name]

    @property
    def all(self) -> tuple[RunningLink, ...]:
        """Every link, in the order in which they were made."""
        return tuple(self._running.values())

    async def create(
        self, settings: LinkSettings, toxics: Iterable[LinkToxic] = (), *, by: str = "heal"
    ) -> RunningLink:
        """Make a link with its toxics already on it, and let it listen if it is enabled.

        Args:
            settings: where it is.
            toxics: what is on it.
            by: who makes it, for the history.

        Raises:
            Refused: when the name or the address is taken; then nothing is left of it.
            SafetyError: when it may not lead there.
        """
        async with self._changing:
            return await self._create(settings, toxics, by=by)

    async def update(self, name: str, settings: LinkSettings, *, by: str = "heal") -> RunningLink:
        """Move, enable or disable a link.

        Args:
            name: which.
            settings: what it is to be; with a time to live, that begins anew.
            by: who changes it, for the history.

        Raises:
            Refused: when there is none of that name, or its new address is taken; then it stays disabled.
            SafetyError: when it may not lead there.
        """
        async with self._changing:
            link = self[name]
            self._permit(_host(settings.upstream))
            broke_off = link.open_connections
            try:
                await link.move(listen=settings.listen, upstream=settings.upstream)
                if settings.is_enabled:
                    await link.start()
                else:
                    link.stop()
                    self._let_live(link, settings.ttl)
            finally:
                self._outages.look(name, Standing(link.place, broke_off, by, settings.called))
            return link

    async def remove(self, name: str, *, by: str = "heal") -> None:
        """Stop a link and forget it.

        Raises:
            Refused: when there is none of that name.
        """
        async with self._changing:
            self._take_away(self[name], by=by)

    async def populate(self, wanted: Iterable[Wanted], *, made: list[RunningLink], by: str = "heal") -> None:
        """Make these links; one that is there already is left as it is if it leads from and to the same, else replaced.

        Args:
            wanted: each link with its toxics.
            made: given each link that is there, also when a later one fails.
            by: who makes them, for the history.

        Raises:
            Refused, SafetyError: as `create`; those before it stay.
        """
        async with self._changing:
            for settings, toxics in wanted:
                there = self._running.get(settings.name)
                if there is not None and not await _is_same(there, settings):
                    self._take_away(there, by=by)
                    there = None
                made.append(there or await self._create(settings, toxics, by=by))

    async def reset(self) -> None:
        """Take every toxic off and enable every link.

        Raises:
            Refused: when one cannot listen; those after it are as they were.
        """
        async with self._changing:
            for link in self.all:
                await link.start()
                self._outages.look(link.name, Standing(link.place))
                for settings in link.link.toxics:
                    link.remove(settings.name)

    def close(self) -> None:
        """Take all toxics off, stop and forget every link."""
        for link in self.all:
            self._remove(link)
        for enabling in self._enabling:
            enabling.cancel()
        self._outages.close()
        self._engine.deadlines.close()
        self._engine.watch.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()

    async def _create(self, settings: LinkSettings, toxics: Iterable[LinkToxic], *, by: str) -> RunningLink:
        if settings.name in self._running:
            raise proxy_exists()
        self._permit(_host(settings.upstream))
        link = RunningLink(settings, engine=self._engine, seed=self._seed, record=self._record)
        if settings.is_enabled:
            await link.start()
        try:
            for toxic in toxics:
                link.add(toxic)
        except Refused:
            link.stop()
            raise
        self._running[settings.name] = link
        self._let_live(link, settings.ttl)
        self._outages.look(link.name, Standing(link.place, by=by))
        return link

    def _let_live(self, link: RunningLink, ttl: timedelta | None) -> None:
        if ttl is not None and not link.is_enabled:
            link.live(ttl, partial(self._enable_due, link))

    def _enable_due(self, link: RunningLink, now: float) -> None:
        if now >= link.enables_at:
            enabling = asyncio.get_running_loop().create_task(self._enable(link, now))
            self._enabling.add(enabling)
            enabling.add_done_callback(self._enabling.discard)

    async def _enable(self, link: RunningLink, now: float) -> None:
        async with self._changing:
            if self._running.get(link.name) is not link or now < link.enables_at:
                return  # meanwhile it was removed, or told otherwise
            try:
                await link.start()
            except Refused as refusal:
                _log.warning("link %r was to listen again and cannot: %s. Enable it later.", link.name, refusal)
            self._outages.look(link.name, Standing(link.place, by="time to live"))

    def _take_away(self, link: RunningLink, *, by: str) -> None:
        broke_off = link.open_connections
        self._remove(link)
        self._outages.look(link.name, Standing(None, broke_off, by))

    def _remove(self, link: RunningLink) -> None:
        link.stop()
        for settings in link.link.toxics:
            link.remove(settings.name)
        del self._running[link.name]


async def _is_same(there: RunningLink, settings: LinkSettings) -> bool:
    return there.upstream == settings.upstream and there.listens_at(await resolve(settings.listen))


def _host(address: str) -> str:
    host, colon, _ = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]") if colon else address
