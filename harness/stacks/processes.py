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
from typing import TypeVar

import msgspec

from harness.clock import WallClock
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import Event, HarnessTroubled, Jumped
from harness.faults.fault import Begin, Command, End, SetFactoryChaos, View
from harness.history import History, Recorder
from harness.ingress.control_plane import ControlPlane
from harness.ingress.description import Description
from harness.ingress.diagnosis import View as Seen
from harness.ingress.diagnosis import diagnose
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
from harness.stacks.factory_client import FactoryClient
from harness.stacks.factory_process import FactoryProcess
from harness.stacks.hands import Hands
from harness.stacks.looping import LoopThread
from harness.stacks.memory_troubles import MemoryTroubles
from harness.stacks.monitoring import Monitoring
from harness.stacks.name_troubles import NameTroubles
from harness.stacks.operations import Operations
from harness.stacks.real_alerting import on_this_machine, take_over
from harness.stacks.remedies import REMEDIES
from harness.stacks.run_links import RunLinks
from harness.stacks.services.choice import database_troubles
from harness.stacks.services.service import ServiceUnderTest, Surroundings
from harness.stacks.target_troubles import TargetTroubles
from harness.stacks.task_troubles import TaskTroubles
from harness.stacks.telemetry_troubles import TelemetryTroubles
from harness.stacks.troubles import Troubles
from harness.stacks.ways import Ways
from harness.telemetry.receiver import Server, telemetry_app
from harness.telemetry.scraping import Scraping

TICK = timedelta(seconds=1)
"""How often the harness looks whether something is due, in incident time."""

GLANCE = timedelta(seconds=5)
"""How often a waiting scenario looks whether the run was stopped, in incident time."""

COMES_WITHIN_SECONDS = 30.0
"""Wall seconds that a part of the system has to come up."""

Result = TypeVar("Result")


class ProcessesStack:
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
        self.clock = clock
        self.glance: Callable[[], None] = lambda: None
        """Called while a scenario waits, so that somebody may show progress."""
        self._service = service
        self._settings = settings
        self._directory = directory
        self._recorder = recorder
        self._interrupted = threading.Event()
        self._trouble = ""
        arranged = Arrangements.read(settings, rules=service.rules)
        self._postman = arranged.postman(instant=clock.timeline.incident, record=recorder.record, waits=False)
        self.monitoring = Monitoring(
            arranged.rules.groups,
            on_call=arranged.team(on_call, instant=clock.timeline.incident, tell=self._postman.tell),
            seed=settings.seed,
            incident=clock.timeline.incident,
            record=recorder.record,
            steady_of=clock.steady_of if service.keeps_wall_time else float,
        )
        recorder.listen(self.monitoring.black_box.hear)
        scrape = settings.scrape
        self._scraping = Scraping(scrape, sink=self.monitoring.sink, record=recorder.record) if scrape else None
        self._loop = LoopThread(trouble=self._troubled)
        ways = self._ways = self._new_ways()
        self._zone, self._dns, self._links = ways.zone, ways.names, ways.links
        pushes = TelemetryTroubles(clock=clock, record=recorder.record, max_bytes=self.monitoring.sink.max_bytes)
        self._telemetry = Server(
            telemetry_app(self.monitoring.sink, now=clock.steady, record=recorder.record, admit=pushes.admit)
        )
        self._hands = Hands(
            self._links,
            FactoryProcess(),
            TaskTroubles(clock=clock, record=recorder.record),
            TargetTroubles(),
            NameTroubles(service.site, zone=self._zone, server=self._dns, speed=clock.speed, record=recorder.record),
            CertificateTroubles(),
            MemoryTroubles(record=recorder.record),
            pushes,
            database_troubles(service, directory=directory),
        )
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

    # What is known beforehand

    @property
    def push_interval(self) -> timedelta:
        """How often the service under test pushes metrics and logs."""
        return self._service.push_interval

    @property
    def evaluation_interval(self) -> timedelta:
        """How often the slowest alert rule is evaluated."""
        return max((group.interval for group in self.monitoring.engine.groups), default=timedelta())

    @property
    def reachable_after_a_dns_change(self) -> timedelta:
        """How long clients may go on asking the old address, and one health check."""
        return self._service.site.ttl + self._service.site.policy.check_interval

    def evaluation_delays(self) -> dict[str, timedelta]:
        """Give, for each alert rule, the time within which it must notice that the service went silent."""
        return self.monitoring.evaluation_delays(self._service.push_interval)

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
        started = [children.start(companion.launch) for companion in companions if companion.launch]
        dns = self._loop.call(self._start_servers())
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
        self._operations.perform(lambda now: self._plane.create_balancer(now=now))
        factory_url = f"http://{factory.wait_until_ready()}"
        self._loop.call(self._links.lead("factory", to=factory.address))
        self._factory = FactoryClient(factory_url, service=self._service)
        self._await(self._operations.has_balancer, "the load balancer to listen")
        for child in started:
            child.wait_until_ready()
        for companion in companions:
            if companion.sought_at:
                lead = self._links.lead(companion.name, to=companion.address, listen=companion.sought_at)
                self._loop.call(lead)
        self._operations.perform(
            lambda now: self._plane.push(self._operations.version, note="as it was before", now=now)
        )
        self._load = self._start_load(dns, factory_url, children)
        self._loop.call(self._begin_ticking(cloud))
        self._await(self._is_serving, "the service to pass its health checks")
        self._service.seed(f"http://{cloud.oldest_task().address}")
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

    # History and time

    def record(self, event: Event) -> Event:
        """Keep an event in the history."""
        return self._recorder.record(event)

    def so_far(self) -> History:
        """Give the history as it stands."""
        return self._recorder.so_far()

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` with each event from now on."""
        self._recorder.listen(listener)

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

    def view(self) -> View:
        """Look at the system under test, for a fault that asks whether it is gone."""
        record, balancer = self._zone.find(self._service.site.name), self._plane.balancer
        return View(
            record=str(record.address) if record else "",
            balancer=balancer.address if balancer else "",
            factory_chaos=self._factory.chaos() if self._hands.factory.is_up else "none",
            troubles=self._standing(),
            missing_tasks=self._operations.missing_tasks,
        )

    def diners(self, count: int) -> None:
        """Let the number of diners be `count` from now on."""
        if self._load is not None:
            self._load.diners(count)

    def remedy(self, name: str, note: str) -> str:
        """Perform a remedy for real; see Stack.remedy."""
        remedy = REMEDIES.get(name)
        if remedy is None:
            raise ScenarioError(unknown_name("remedy", name, known=REMEDIES))
        return self._operations.perform(lambda now: remedy(self._plane, self._operations.version, note, now)).did

    def describe(self) -> Description:
        """Give what the console shows right now, to whatever thread asks."""
        return msgspec.structs.replace(self._operations.describe(), dns=str(self._dns.address))

    def diagnose(self) -> tuple[str, str, list[str]]:
        """Ask DNS and the deployment, from the outside in, as `pizza-chaos verify` would."""
        resolver = Resolver(self._dns.address, self.clock.steady)
        try:
            address = str(resolver.resolve(self._service.site.name))
        except (NameNotFound, ResolverTroubled):
            address = ""
        console = self._operations.describe()
        finding = diagnose(Seen(self._service.site.name, address, accepts(address), console))
        return finding.layer, finding.finding, list(finding.evidence)

    def buy_a_pizza(self, diner: str) -> None:
        """Make one purchase by hand; each request of it becomes an event."""
        resolver = Resolver(self._dns.address, self.clock.steady)
        service, authority = self._service, self._hands.certificates.trusted
        place = site(service.site.name, resolver=resolver, signing_key=service.signing_key, authority=authority)
        for event in buy_a_pizza(diner, at=place, clock=self.clock):
            self.record(event)

    def follow(self, url: str) -> str:
        """Open a reportUrl, and give what it answered."""
        return open_report_url(url)

    def ignore_pages(self, reason: str) -> None:
        """Let every page be seen and left alone from now on."""
        self._loop.call(_called(lambda: self.monitoring.ignore_pages(reason)))

    def acknowledge(self, responder: str) -> int:
        """Take every page that is open; gives how many there were."""
        return self._loop.call(_called(lambda: self.monitoring.acknowledge(responder)))

    def escalate(self) -> tuple[str, ...]:
        """Page whoever comes next about each page that is not over; gives their names."""
        return self._loop.call(_called(lambda: self.monitoring.escalate(self.clock.steady())))

    # Within

    def _standing(self) -> frozenset[str]:
        return self._loop.call(_called(lambda: self._troubles.standing))

    def _new_ways(self) -> Ways:
        """Make the ways through the system: here, in the harness itself."""
        zone, record = Zone(), self._recorder.record
        return Ways(
            zone,
            names=DnsServer(zone, record=record, listen=Address(self._settings.load_host or "127.0.0.1", 0)),
            links=RunLinks(clock=self.clock, seed=self._settings.seed, directory=self._directory, record=record),
            next_address=Addresses(self._settings.site_port, host=self._settings.load_host).next,
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

    def _is_serving(self) -> bool:
        deployment = self._plane.describe().deployment
        if deployment is not None and deployment.state == "failed":
            last = self._plane.describe().tasks[-1].name
            said = self._children.last_words(last) if self._children else ""
            message = f"the service under test does not come up: {deployment.reason}. {last}: {said}"
            raise HarnessError(message)
        return deployment is not None and deployment.state == "completed"

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


async def _called(function: Callable[[], Result]) -> Result:
    """Call a function in the loop, whose thread is the only one that touches what it touches."""
    return function()
