"""The `processes` stack: real processes and sockets on loopback, in incident time up to 20 times the wall's.

The harness's own parts (DNS, telemetry receiver, health checks, rules, pager) live in one loop in a thread; the
factory, the load balancers, the service tasks and the load are processes, each under the lease.

It is long because every part is joined here, and nowhere else.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from harness.clock import WallClock
from harness.errors import HarnessError
from harness.events import HarnessTroubled, Jumped
from harness.faults.fault import Begin, Command, End, SetFactoryChaos
from harness.history import Recorder
from harness.ingress.control_plane import ControlPlane
from harness.ingress.description import Description
from harness.ingress.diagnosis import View as Seen
from harness.ingress.dns import DnsServer
from harness.ingress.records import Address, Zone
from harness.ingress.resolver import NameNotFound, Resolver, ResolverTroubled
from harness.load.browser import site
from harness.load.driver import LoadProcess, LoadSettings
from harness.settings import Settings
from harness.stacks.addresses import Addresses
from harness.stacks.arrangements import Arrangements
from harness.stacks.by_hand import accepts, buy_a_pizza, open_report_url
from harness.stacks.certificate_troubles import CertificateTroubles
from harness.stacks.children import Children
from harness.stacks.cloud import Cloud
from harness.stacks.console import ConsoleFile
from harness.stacks.deployed import DeployedStack, Result, found
from harness.stacks.factory_client import FactoryClient
from harness.stacks.factory_process import FactoryProcess
from harness.stacks.hands import Hands
from harness.stacks.looping import LoopThread
from harness.stacks.memory_troubles import MemoryTroubles
from harness.stacks.name_troubles import NameTroubles
from harness.stacks.operations import Operations
from harness.stacks.outside import Outside
from harness.stacks.real_alerting import on_this_machine, take_over
from harness.stacks.run_links import RunLinks
from harness.stacks.services.choice import database_troubles
from harness.stacks.services.service import ServiceUnderTest, Surroundings
from harness.stacks.target_troubles import TargetTroubles
from harness.stacks.task_troubles import TaskTroubles
from harness.stacks.telemetry_troubles import TelemetryTroubles
from harness.stacks.troubles import Troubles
from harness.stacks.unreached import Unreached
from harness.stacks.ways import Ways
from harness.telemetry.receiver import Server, telemetry_app
from harness.telemetry.scraping import Scraping

TICK = timedelta(seconds=1)
"""How often the harness looks whether something is due, in incident time."""

GLANCE = timedelta(seconds=5)
"""How often a waiting scenario looks whether the run was stopped, in incident time."""

DNS_PATIENCE = timedelta(seconds=20)
"""How long whoever looks from outside waits for the name server, in incident time, as diners do."""

COMES_WITHIN_SECONDS = 30.0
"""Wall seconds that a part of the system has to come up."""


class ProcessesStack(DeployedStack):
    """The system under test on real processes.

    Args:
        service: what is under test.
        settings: ports, seed, rules.
        directory: the run's own.
        recorder: keeps the history.
        clock: the scenario's.
        on_call: who is paged first.
    """

    name = "processes"
    _judging = staticmethod(on_this_machine)

    def __init__(
        self,
        service: ServiceUnderTest,
        *,
        settings: Settings,
        directory: Path,
        recorder: Recorder,
        clock: WallClock,
        on_call: str,
    ) -> None:
        super().__init__(service, clock=clock, recorder=recorder)
        self.clock = clock
        self._settings = settings
        self._directory = directory
        self._interrupted = threading.Event()
        self._trouble = ""
        arranged = Arrangements.read(settings, rules=service.rules)
        steady_of = clock.steady_of if service.keeps_wall_time else float
        self._monitor(arranged, settings, on_call=on_call, steady_of=steady_of)
        scrape = settings.scrape
        self._scraping = Scraping(scrape, sink=self.monitoring.sink, record=recorder.record) if scrape else None
        self._loop = LoopThread(trouble=self._troubled)
        self._unreached = Unreached(recorder.record)
        recorder.listen(self._unreached.hear)
        ways = self._ways = self._new_ways()
        self._zone, self._dns, self._links = ways.zone, ways.names, ways.links
        pushes = TelemetryTroubles(clock=clock, record=recorder.record, max_bytes=self.monitoring.sink.max_bytes)
        self._telemetry = Server(
            telemetry_app(self.monitoring.sink, now=clock.steady, record=recorder.record, admit=pushes.admit)
        )
        self._hands = self._new_hands(pushes)
        self._troubles = Troubles(self._hands.by_trouble(), stack=self.name)
        self._plane = ControlPlane(service.site, zone=self._zone, record=recorder.record)
        self._console = ConsoleFile(directory)
        self._operations = Operations(self._plane, loop=self._loop, clock=clock, wait=self._await, show=self._show)
        self._children: Children | None = None
        self._cloud: Cloud | None = None
        self._load: LoadProcess | None = None
        self._factory = FactoryClient("", service=service)

    @property
    def operations(self) -> Operations:
        """What can be done to the deployment, piece by piece."""
        return self._operations

    # Coming up and going down

    def start(self) -> None:
        """Start everything and come back when all of it is ready.

        Raises:
            HarnessError: when something does not start; what had started is stopped again.
        """
        self._children = self._new_children()
        try:
            self._start(self._children)
        except BaseException:
            self.stop()
            raise

    def _start(self, children: Children) -> None:
        self._loop.start()
        factory = self._hands.factory.start(self._service.factory(), children=children)
        companions = self._service.companions()
        started = {each.name: children.start(each.launch) for each in companions if each.launch}
        dns = self._loop.call(self._start_servers())
        cloud = self._start_cloud(children)
        self._operations.perform(lambda now: self._plane.create_balancer(now=now))
        factory_url = f"http://{factory.wait_until_ready()}"
        self._loop.call(self._links.lead("factory", to=factory.address))
        self._factory = FactoryClient(factory_url, service=self._service)
        self._await(self._operations.has_balancer, "the load balancer to listen")
        for companion in companions:
            child = started.get(companion.name)
            address = child.wait_until_ready() if child else companion.address
            if companion.sought_at:
                self._loop.call(self._links.lead(companion.name, to=address, listen=companion.sought_at))
        self._operations.perform(
            lambda now: self._plane.push(self._operations.version, note="as it was before", now=now)
        )
        self._load = self._start_load(dns, factory_url, children)
        self._loop.call(self._begin_ticking(cloud))
        self._await(self._is_serving, "the service to pass its health checks")
        self._seed(cloud.oldest_task().address)
        self._operations.perform(lambda now: self._plane.update_record(now=now))
        take_over(
            self.monitoring,
            self._settings,
            rules=self._service.rules,
            directory=self._directory,
            children=children,
            judging=self._judging,
        )
        self.monitoring.watch(self.clock.steady())

    def _start_cloud(self, children: Children) -> Cloud:
        cloud = self._cloud = Cloud(
            self._plane,
            children=children,
            launch_task=lambda name, version: self._service.task(
                name, version=version, surroundings=self._surroundings()
            ),
            clock=self.clock,
            loop=self._loop,
            ways=self._ways,
        )
        self._operations.cloud = cloud
        self._hands.take(cloud)
        if self._settings.https:
            self._hands.certificates.issue(self._service.site.name, directory=(self._directory / "tls").resolve())
        return cloud

    async def _start_servers(self) -> Address:
        await self._telemetry.start()
        await self._links.open()
        await self._links.lead("telemetry", to=f"{self._telemetry.host}:{self._telemetry.port}")
        return await self._dns.start()

    async def _begin_ticking(self, cloud: Cloud) -> None:
        self._loop.background("the harness's own clockwork", self._tick(cloud))
        if self._scraping is not None:
            self._loop.background("the scraper", self._scraping.go_on(self.clock))

    async def _tick(self, cloud: Cloud) -> None:
        while True:
            cloud.tick()
            self._show()
            self.monitoring.tick(self.clock.steady())
            await self.clock.sleep(TICK)

    def _start_load(self, dns: Address, factory_url: str, children: Children) -> LoadProcess:
        service, master = self._service, None
        if host := self._settings.load_host:
            master = Address(host, self._settings.load_port)
            to = factory_url.removeprefix("http://")
            factory_url = self._loop.call(self._links.lead("factory-of-diners", to=to, listen=f"{host}:0"))
        settings = LoadSettings(
            service.site.name,
            dns=dns,
            seed=self._settings.seed,
            workers=self._settings.load_workers,
            master=master,
            factory_url=factory_url,
            signing_key=service.signing_key,
            authority=self._hands.certificates.trusted,
        )
        load = LoadProcess(
            settings, clock=self.clock, on_event=self._recorder.record, on_trouble=lambda text: self._fail("load", text)
        )
        load.start()
        children.lease.watch(load.pid)
        return load

    def stop(self) -> None:
        """End everything that was started: load first, so that nobody sees the rest go."""
        self._interrupted.set()
        load, self._load = self._load, None
        if load is not None:
            load.stop()
        if self._loop.is_running:
            self._loop.call(self._stop_servers())
            self._loop.stop()
        self._postman.close()
        children, self._children = self._children, None
        if children is not None:
            children.end()
            if load is not None:
                children.lease.forget(load.pid)

    async def _stop_servers(self) -> None:
        await self._troubles.end_all()
        await self._loop.cancel_all()
        if self._cloud is not None:
            await self._cloud.close()
        await self._links.close()
        await self._dns.close()
        await self._telemetry.stop()

    # Time

    def live(self, length: timedelta) -> None:
        """Let that much incident time pass.

        Raises:
            HarnessError: when the run was stopped or a part of the harness failed meanwhile.
        """
        ends = self.clock.steady() + length.total_seconds()
        while (remaining := ends - self.clock.steady()) > 0:
            self.clock.wait(min(timedelta(seconds=remaining), GLANCE), interrupted=self._interrupted)
            self.glance()
            self._raise_trouble()

    def cross(self, lands: datetime) -> None:
        """Cross a quiet stretch by a jump."""
        jump = self.clock.jump(lands)
        self.record(Jumped(leaves=jump.leaves, length_seconds=round(jump.length.total_seconds(), 3)))

    # What faults and people do

    def do(self, command: Command) -> None:
        """Carry out one command of a fault."""
        match command:
            case SetFactoryChaos(mode=mode):
                self._factory.set_chaos(mode)
            case Begin(trouble=trouble):
                self._loop.call(self._troubles.begin(trouble))
            case End(trouble=trouble):
                self._loop.call(self._troubles.end(trouble))
            case _:
                self._operations.do(command)

    def diners(self, count: int) -> None:
        """Let the number of diners be `count` from now on."""
        if self._load is not None:
            self._load.diners(count)

    def describe(self) -> Description:
        """Give what the console shows right now, to whatever thread asks."""
        return msgspec.structs.replace(self._operations.describe(), dns=str(self._dns.address))

    def diagnose(self) -> tuple[str, str, list[str]]:
        """Ask DNS and the deployment, from the outside in, as `pizza-chaos verify` would."""
        resolver = self._fresh_resolver()
        try:
            address = str(resolver.resolve(self._service.site.name))
        except (NameNotFound, ResolverTroubled):
            address = ""
        console = self._operations.describe()
        return found(Seen(self._service.site.name, address, accepts(address), console))

    def outside(self) -> Outside:
        """Give what somebody who verifies the site from outside needs to know."""
        console, authority = self.describe(), self._hands.certificates.trusted
        # A port that a record cannot tell is that of the newest load balancer, whether it still exists or not.
        port = f":{console.balancers[-1].address.rpartition(':')[2]}" if authority else ""
        return Outside(
            url=f"{'https' if authority else 'http'}://{self._service.site.name}{port}",
            history=self._recorder.path,
            dns=self._dns.address,
            console=console,
            factory=self._factory.url,
            authority=Path(authority) if authority else None,
            hosts=(self._dns.address.host, urlsplit(self._factory.url).hostname or ""),
        )

    def buy_a_pizza(self, diner: str) -> None:
        """Make one purchase by hand; each request of it becomes an event."""
        resolver = self._fresh_resolver()
        service, authority = self._service, self._hands.certificates.trusted
        place = site(service.site.name, resolver=resolver, signing_key=service.signing_key, authority=authority)
        for event in buy_a_pizza(diner, at=place, clock=self.clock):
            self.record(event)

    def follow(self, url: str) -> str:
        """Open a reportUrl, and give what it answered."""
        return open_report_url(url)

    # Within

    def _has_factory(self) -> bool:
        return self._hands.factory.is_up

    def _ask(self, function: Callable[[], Result]) -> Result:
        return self._loop.ask(function)

    def _fresh_resolver(self) -> Resolver:
        """Give somebody a resolver of their own, which knows nothing yet."""
        patience = timedelta(seconds=self.clock.timeout_seconds(DNS_PATIENCE))
        return Resolver(self._dns.address, self.clock.steady, timeout=patience)

    def _new_ways(self) -> Ways:
        """Make the ways through the system: here, in the harness itself."""
        zone, record = Zone(), self._unreached.record
        return Ways(
            zone,
            names=DnsServer(zone, record=record, listen=Address(self._settings.load_host or "127.0.0.1", 0)),
            links=RunLinks(clock=self.clock, seed=self._settings.seed, directory=self._directory, record=record),
            next_address=Addresses(self._settings.site_port, host=self._settings.load_host).next,
        )

    def _new_hands(self, pushes: TelemetryTroubles) -> Hands:
        clock, record, site = self.clock, self._recorder.record, self._service.site
        return Hands(
            self._links,
            FactoryProcess(),
            TaskTroubles(clock=clock, record=record),
            TargetTroubles(),
            NameTroubles(site, zone=self._zone, server=self._dns, speed=clock.speed, record=record),
            CertificateTroubles(),
            MemoryTroubles(record=record),
            pushes,
            database_troubles(self._service, directory=self._directory),
        )

    def _new_children(self) -> Children:
        return Children(
            logs=self._directory / "logs", environment=self.clock.environment(), record=self._recorder.record
        )

    def _show(self) -> None:
        """Let the file beside the history say what the console shows, for whoever verifies the site from outside."""
        self._console.show(msgspec.structs.replace(self._plane.describe(), dns=str(self._dns.address)))

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + COMES_WITHIN_SECONDS
        while not condition():
            if self.clock.wait(TICK, interrupted=self._interrupted) or time.monotonic() > deadline:
                waited = f"waited {COMES_WITHIN_SECONDS:g} s of wall time in vain for {what}"
                raise HarnessError(self._trouble or f"{waited}. Look at {self._directory}/logs.")

    def _seed(self, address: str) -> None:
        try:
            if not address:
                message = "the service ended as soon as it was up."
                raise HarnessError(message)
            self._service.seed(f"http://{address}")
        except HarnessError as error:
            message = f"{error} {self._last_words()}"
            raise HarnessError(message) from error

    def _last_words(self) -> str:
        logs = sorted((self._directory / "logs").glob("task-*.log"), key=lambda log: log.stat().st_mtime)
        last = next((log.stem for log in reversed(logs) if log.stat().st_size), self._plane.describe().tasks[-1].name)
        said = self._children.last_words(last) if self._children else ""
        return f"{last}: {said}"

    def _surroundings(self) -> Surroundings:
        return Surroundings(self._directory, self._links.url("factory"), self._links.url("telemetry"))

    def _troubled(self, where: str, error: BaseException) -> None:
        self._fail(where, f"{type(error).__name__}: {error}")

    def _fail(self, where: str, error: str) -> None:
        """Note that the harness itself failed: no run with such a note is ever green."""
        self._trouble = self._trouble or f"{where}: {error}"
        with contextlib.suppress(HarnessError):
            self._recorder.record(HarnessTroubled(where=where, error=error))

    def _raise_trouble(self) -> None:
        if self._trouble:
            raise HarnessError(self._trouble)
