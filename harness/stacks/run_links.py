"""The links inside a run: from the service to its factory, telemetry and database, and the API that drives them.

Without a toxic a link passes bytes on untouched. Faults of the scenario come in through `begin` and `end`; whoever else
wants to hurt the run uses the Toxiproxy-compatible API, whose address stands in the run's `toxiproxy.url`.

Runs in the stack's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote_plus, unquote_plus

from harness.clock import WallClock
from harness.errors import ScenarioError, unknown_name
from harness.events import Event, FaultApplied, FaultHit, FaultRemoved, Hurt
from harness.faults.troubles import LinkCut, ToxicOn
from harness.links import Direction, Links, LinkSettings, LinkToxic, control_app
from harness.links.outages import DOWN
from harness.stacks.safety import refuse_unless_ours
from harness.telemetry.receiver import Server

URL_FILE = "toxiproxy.url"
"""A file of this name in a run's directory says where the run's control API is."""

_OURS = "scenario:"
"""How the names of toxics begin that a scenario's fault has put on a link."""


OWN_CUT = f"{_OURS}{DOWN}"
"""What a link that a scenario's fault has disabled is called."""


class RunLinks:
    """The links of one run.

    Args:
        clock: the scenario's; toxics wait in incident time.
        seed: of what toxics leave to chance.
        directory: the run's own, which gets `toxiproxy.url`.
        record: keeps an event.

    Evidence: Hurt for the scenario's own toxics, since the scenario records its faults itself; FaultApplied, FaultHit
        and FaultRemoved for those that came through the API.
    Cleanup: `close`.
    """

    def __init__(self, *, clock: WallClock, seed: int, directory: Path, record: Callable[[Event], object]) -> None:
        self._clock = clock
        self._seed = seed
        self._directory = directory
        self._record = record
        self._links: Links | None = None
        self._api: Server | None = None

    async def open(self) -> None:
        """Be ready to make links, and let the control API answer."""
        self._links = Links(
            now=self._clock.steady,
            speed=self._clock.speed,
            seed=self._seed,
            record=self._hear,
            permit=_refuse_strangers,
        )
        self._api = Server(control_app(self._links))
        await self._api.start()
        (self._directory / URL_FILE).write_text(f"{self._api.url}\n")

    async def lead(self, name: str, *, to: str, listen: str = "") -> str:
        """Make a link that leads to this address; gives the URL at which it listens."""
        link = await self._all.create(LinkSettings(name, upstream=to, listen=listen or "127.0.0.1:0"))
        return f"http://{link.listen}"

    def url(self, name: str) -> str:
        """Say where a link listens."""
        return f"http://{self._all[name].listen}"

    async def close(self) -> None:
        """Take every toxic off, close every link and stop the API; closing twice is fine."""
        if self._api is not None:
            await self._api.stop()
            (self._directory / URL_FILE).unlink(missing_ok=True)
        if self._links is not None:
            self._links.close()
        self._api = self._links = None

    # Troubles

    async def begin(self, trouble: ToxicOn | LinkCut) -> None:
        """Put a toxic on a link, or let the link refuse.

        Raises:
            ScenarioError: when there is no such link, as to the database of a service that keeps its data in a file.
        """
        names = [link.name for link in self._all.all]
        if trouble.link not in names:
            raise ScenarioError(unknown_name("link", trouble.link, known=names))
        link = self._all[trouble.link]
        if isinstance(trouble, ToxicOn):
            link.add(on_link(trouble))
            return
        if link.open_connections:
            what = f"connections to the {trouble.link} that were open and broke off: {link.open_connections}"
            self._record(Hurt(trouble=trouble.name, what=what, times=link.open_connections))
        await self._enable(trouble.link, is_enabled=False)

    async def end(self, trouble: ToxicOn | LinkCut) -> None:
        """Take it off again, or let the link listen where it did."""
        if not self.stands(trouble):
            return
        if isinstance(trouble, LinkCut):
            await self._enable(trouble.link, is_enabled=True)
        else:
            self._all[trouble.link].remove(_named(trouble))

    def stands(self, trouble: ToxicOn | LinkCut) -> bool:
        """Say whether it is still there; somebody may have taken it off through the API."""
        link = next((link for link in self._all.all if link.name == trouble.link), None)
        if link is None:
            return False
        if isinstance(trouble, LinkCut):
            return not link.is_enabled
        return any(settings.name == _named(trouble) for settings in link.link.toxics)

    # Within

    @property
    def _all(self) -> Links:
        assert self._links is not None, "links are made after `open` and before `close`"
        return self._links

    async def _enable(self, name: str, *, is_enabled: bool) -> None:
        link = self._all[name]
        settings = LinkSettings(name, link.upstream, link.listen, is_enabled=is_enabled, called=OWN_CUT)
        await self._all.update(name, settings)

    def _hear(self, event: Event) -> None:
        for kept in heard(event):
            self._record(kept)


def heard(event: Event) -> Iterator[Event]:
    """Give what to keep of what links say: of the scenario's own toxics what they hurt; the scenario says the rest."""
    if not isinstance(event, FaultApplied | FaultHit | FaultRemoved) or f"/{_OURS}" not in event.id:
        yield event
        return
    link, _, name = event.id.partition(f"/{_OURS}")
    if event.fault == DOWN:  # whoever begins it tells what that breaks off
        return
    trouble = f"{link}/{_unfolded(name)}"
    if isinstance(event, FaultHit):
        yield Hurt(trouble=trouble, what=event.evidence)
    elif isinstance(event, FaultRemoved) and event.hits > 1:
        others = event.hits - 1
        yield Hurt(trouble=trouble, what=f"more of the same: {others}", times=others, which=event.which[1:])


def on_link(trouble: ToxicOn) -> LinkToxic:
    """Give a scenario's toxic as a link takes it, under a name that says whose it is."""
    return LinkToxic(_named(trouble), trouble.toxic, direction=Direction(trouble.stream), toxicity=trouble.toxicity)


def _named(trouble: ToxicOn) -> str:
    return f"{_OURS}{_folded(trouble.name.removeprefix(f'{trouble.link}/'))}"


def _folded(name: str) -> str:
    """Write a name so that it may stand in a URL as it is: Toxiproxy's clients put it there unquoted."""
    return quote_plus(name).replace("~", "~7E").replace("%", "~")


def _unfolded(name: str) -> str:
    return unquote_plus(name.replace("~", "%"))


def _refuse_strangers(host: str) -> None:
    refuse_unless_ours(f"http://[{host}]" if ":" in host else f"http://{host}")
