"""The `attached` stack: a system that is up already, such as the compose file's, in real time.

The harness brings the diners, their DNS, the history and the on-call; it starts and deploys nothing of the system. What
can be broken is what can be put right again from outside: links by their control API, the factory's chaos by its
administrator, the service's container by the engine, the site's name in the diners' own DNS. Each is under a lease.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, get_args
from urllib.parse import urlsplit

from harness.clock import WallClock
from harness.errors import ScenarioError
from harness.faults.fault import (
    Begin,
    Command,
    End,
    KillTask,
    RestoreIngress,
    RestoreTasks,
    SetFactoryChaos,
    View,
    cannot,
)
from harness.faults.troubles import LinkCut, TaskPaused, ToxicOn
from harness.ingress.diagnosis import View as Seen
from harness.ingress.resolver import NameNotFound, ResolverTroubled
from harness.load.browser import fixed
from harness.stacks.attached.chaos import AdministeredChaos
from harness.stacks.attached.container import ServiceContainer
from harness.stacks.attached.lease import HealingLease, Revive
from harness.stacks.attached.links import RemoteLinks
from harness.stacks.attached.system import AttachedSystem
from harness.stacks.attached.watching import WatchedEngine
from harness.stacks.by_hand import accepts
from harness.stacks.children import Children
from harness.stacks.deployed import found
from harness.stacks.name_troubles import NameTrouble
from harness.stacks.outside import Outside
from harness.stacks.processes import TICK, ProcessesStack
from harness.stacks.services.node.service import answers
from harness.stacks.troubles import Troubles

TASK = "the service's container"
"""What is owed when it was killed or frozen."""


class AttachedStack(ProcessesStack):
    """A system that is up; the arguments are those of the `processes` stack, with an AttachedSystem as the service."""

    name = "attached"

    def __init__(self, service: AttachedSystem, **named: Any) -> None:  # noqa: ANN401 - those of the parent
        super().__init__(service, **named)
        self._system = service
        self._troubles = Troubles(dict.fromkeys(get_args(NameTrouble), self._hands.names), stack=self.name)
        self._address = fixed(service.url).find()
        self._lease: HealingLease | None = None
        self._remote: RemoteLinks | None = None
        self._chaos: AdministeredChaos | None = None
        self._watching: WatchedEngine | None = None
        self._container: ServiceContainer | None = None

    # Coming up and going down

    def _start(self, children: Children) -> None:
        system = self._system
        self._lease = HealingLease()
        if system.control_url:
            self._remote = RemoteLinks(system.control_url, token=system.token, record=self._recorder.record)
            self._remote.refuse_spoiled()
        if system.factory_url:
            self._chaos = AdministeredChaos(system)
            self._chaos.refuse_begun()
        self._loop.start()
        dns = self._loop.call(self._dns.start())
        self._point_home()
        if system.prometheus_url:
            self.monitoring.engine = self._watching = self._watched(system.prometheus_url)
        self._load = self._start_load(dns, system.factory_url, children)
        self._loop.call(self._begin_watching())
        self.monitoring.watch(self.clock.steady(), is_watched=self._watching is not None)

    def _watched(self, url: str) -> WatchedEngine:
        embedded = self.monitoring.engine
        wall = time.time  # noqa: TID251 - Prometheus knows no other clock
        return WatchedEngine(embedded.groups, self.monitoring.store, url=url, wall=wall)

    async def _begin_watching(self) -> None:
        self._loop.background("the harness's own clockwork", self._watch(self.clock))
        if self._scraping is not None:
            self._loop.background("the scraper", self._scraping.go_on(self.clock))

    async def _watch(self, clock: WallClock) -> None:
        while True:
            if self._remote is not None:
                await asyncio.to_thread(self._remote.notice)
            self.monitoring.tick(clock.steady())
            await clock.sleep(TICK)

    def stop(self) -> None:
        """End what the harness has started, and put right what is still broken."""
        super().stop()
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.release()
        for part in (self._remote, self._chaos, self._watching):
            if part is not None:
                part.close()

    # What faults and people do

    def do(self, command: Command) -> None:
        """Carry out one command of a fault."""
        match command:
            case SetFactoryChaos(mode=mode):
                self._chaos_of(command).set(mode, lease=self._healing)
            case Begin(trouble=ToxicOn() | LinkCut() as trouble):
                self._links_of(command).begin(trouble, lease=self._healing)
            case End(trouble=ToxicOn() | LinkCut() as trouble):
                self._links_of(command).end(trouble, lease=self._healing)
            case Begin(trouble=TaskPaused()) | KillTask():
                self._hurt_task(command)
            case End(trouble=TaskPaused()) | RestoreTasks():
                self._revive_task()
            case Begin() | End():
                super().do(command)
            case RestoreIngress():
                self._point_home()
            case _:
                raise cannot(command, stack=self.name)

    def view(self) -> View:
        """Look at the system, for a fault that asks whether it is gone."""
        return View(
            record=self._recorded(),
            balancer=str(self._address),
            factory_chaos=self._chaos.mode() if self._chaos else "none",
            troubles=self._standing() | (self._remote.standing if self._remote else frozenset()),
            missing_tasks=int(self._container is not None and not self._is_served()),
        )

    def remedy(self, name: str, note: str) -> str:  # noqa: ARG002 - nothing is deployed, whatever the note says
        """Refuse: the harness has not deployed this system, so it does not deploy it anew."""
        message = (
            f"the stack 'attached' has no console to perform {name!r} at: whoever deployed the system does that. "
            "Run the scenario with --stack processes."
        )
        raise ScenarioError(message)

    def diagnose(self) -> tuple[str, str, list[str]]:
        """Ask DNS and try the address, as anybody can from outside."""
        resolver = self._fresh_resolver()
        try:
            address = str(resolver.resolve(self._service.site.name))
        except (NameNotFound, ResolverTroubled):
            address = ""
        return found(Seen(self._service.site.name, address, accepts(address)))

    def outside(self) -> Outside:
        """Give what somebody outside knows of the site; its console and its telemetry are not ours to see."""
        site = self._service.site.name
        return Outside(url=f"http://{site}", dns=self._dns.address, factory=self._system.factory_url)

    def follow(self, url: str) -> str:
        """Open a reportUrl at the factory, whatever name the service knows that by, and give what it answered."""
        return super().follow(self._system.factory_url + urlsplit(url).path)

    # Within

    @property
    def _healing(self) -> HealingLease:
        assert self._lease is not None, "faults come after the start"
        return self._lease

    def _links_of(self, command: Command) -> RemoteLinks:
        if self._remote is None:
            raise cannot(command, stack=self.name)
        return self._remote

    def _chaos_of(self, command: Command) -> AdministeredChaos:
        if self._chaos is None:
            raise cannot(command, stack=self.name)
        return self._chaos

    def _hurt_task(self, command: Command) -> None:
        if self._container is None:
            found = ServiceContainer.publishing(self._address.port, record=self._recorder.record)
            self._container = found
        self._healing.owe(TASK, Revive(self._container.id))
        if isinstance(command, KillTask):
            self._container.kill()
        else:
            self._container.pause()

    def _revive_task(self) -> None:
        if self._container is None:
            return
        self._container.revive()
        self._await(self._is_served, f"{self._container.name} to answer again")
        self._healing.paid(TASK)

    def _is_served(self) -> bool:
        return bool(self._container and self._container.is_up and answers(str(self._address)))

    def _point_home(self) -> None:
        site = self._service.site
        self.record(self._zone.set(site.name, self._address, ttl=site.ttl))

    def _recorded(self) -> str:
        record = self._zone.find(self._service.site.name)
        return str(record.address) if record else ""
