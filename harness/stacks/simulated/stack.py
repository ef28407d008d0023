"""The `simulated` stack: the system under test and everything around it in one thread, on virtual time.

Rules of this file: nothing here sleeps, opens a socket or starts a thread, and the seal sees to it; between two
stretches of virtual time the loop stands still, so that everything in it may be touched without a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from harness.clock import VirtualClock
from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import Event
from harness.faults import troubles
from harness.faults.fault import (
    Begin,
    Command,
    End,
    KillTask,
    RemoveBalancer,
    ReplaceBalancer,
    ReplaceTasks,
    RestoreIngress,
    RestoreTasks,
    SetFactoryChaos,
    View,
    cannot,
)
from harness.history import History, Recorder
from harness.ingress.control_plane import ControlPlane
from harness.ingress.diagnosis import View as Seen
from harness.ingress.diagnosis import diagnose
from harness.ingress.records import Address, Zone
from harness.ingress.resolver import NameNotFound, ResolverTroubled
from harness.load.diners import Habits, Where
from harness.settings import Settings
from harness.stacks.arrangements import Arrangements
from harness.stacks.by_hand import PATIENCE, open_report_url, purchase, shown_orders
from harness.stacks.factory_client import FactoryClient
from harness.stacks.monitoring import Monitoring
from harness.stacks.operations import Operations
from harness.stacks.remedies import REMEDIES
from harness.stacks.services.service import ServiceUnderTest, Surroundings
from harness.stacks.services.twin import TwinService
from harness.stacks.services.twin_simulated import SimulatedTwins
from harness.stacks.simulated.balancer import Balancer
from harness.stacks.simulated.browser import (
    SimulatedBrowser,
    SimulatedNameServer,
    SimulatedPlace,
    ZoneResolver,
)
from harness.stacks.simulated.cloud import SimulatedCloud
from harness.stacks.simulated.diners import GRACE_SECONDS, SimulatedDiners
from harness.stacks.simulated.hands import SimulatedFactory, SimulatedNames, SimulatedTargets, SimulatedTasks
from harness.stacks.simulated.links import FACTORY_LINK, TELEMETRY_LINK, SimulatedLinks
from harness.stacks.simulated.model import Model
from harness.stacks.simulated.programs import Plan, Programs
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.world import World
from harness.stacks.telemetry_troubles import PushTrouble, TelemetryTroubles
from harness.stacks.troubles import Hand, Troubles
from harness.telemetry.receiver import telemetry_app
from harness.testing import Application, Listener, Network

TICK = timedelta(seconds=1)
"""How often the harness looks whether something is due."""

GLANCE = timedelta(minutes=1)
"""How often a waiting scenario looks whether all is well."""

COMES_WITHIN = timedelta(minutes=2)
"""How long a part of the system has to come up."""

FACTORY = Address("127.0.0.1", 4000)
TELEMETRY = Address("127.0.0.1", 4318)


class SimulatedStack:
    """The system under test in memory, on virtual time.

    Args:
        service: what is under test; it must be the bundled twin, whose code can be called as a function.
        settings: site port, seed, rules.
        directory: the run's own; nothing is written there.
        recorder: keeps the history.
        clock: the scenario's; this stack alone moves it.
        on_call: who is paged first.
        model: how long things take.
        arranged: what the settings name, where it was read already.

    Raises:
        ScenarioError: when the service is another one.
    """

    name = "simulated"
    network: type[Network] = Network
    """What carries requests."""
    runtime: type[SimulatedRuntime] = SimulatedRuntime
    """The programs' port to it."""
    links: type[SimulatedLinks] = SimulatedLinks
    """The arrows of it that can be hurt."""

    def __init__(  # noqa: PLR0913 - what every stack is given, and the model
        self,
        service: ServiceUnderTest,
        *,
        settings: Settings,
        directory: Path,
        recorder: Recorder,
        clock: VirtualClock,
        on_call: str,
        model: Model | None = None,
        arranged: Arrangements | None = None,
    ) -> None:
        if not isinstance(service, TwinService):
            message = (
                "the simulated stack calls the bundled service as a function, and a service of your own is a program. "
                "Run it with --stack processes, or leave --service out."
            )
            raise ScenarioError(message)
        self.clock = clock
        self.glance: Callable[[], None] = lambda: None
        """Called while a scenario waits, so that somebody may show progress."""
        self._service = service
        self._recorder = recorder
        self._surroundings = Surroundings(directory, f"http://{FACTORY_LINK}", f"http://{TELEMETRY_LINK}")
        self._cleanup = ExitStack()
        arranged = arranged or Arrangements.read(settings, rules=service.rules)
        self._postman = arranged.postman(instant=clock.timeline.incident, record=recorder.record, waits=True)
        self.monitoring = Monitoring(
            arranged.rules.groups,
            on_call=arranged.team(on_call, instant=clock.timeline.incident, tell=self._postman.tell),
            seed=settings.seed,
            incident=clock.timeline.incident,
            record=recorder.record,
        )
        recorder.listen(self.monitoring.black_box.hear)
        self._world = World(
            clock, seed=settings.seed, model=model or Model(), record=recorder.record, network=self.network
        )
        self._names = SimulatedNameServer(Zone())
        self._resolver = self._fresh_resolver()
        self._factory = FactoryClient(f"http://{FACTORY}", service=service, transport=self._world.transport)
        self._twins = SimulatedTwins(service)
        self._programs = Programs(self._world, runtime=self.runtime)
        self._plane = ControlPlane(service.site, zone=self._names.zone, record=recorder.record)
        self._cloud = SimulatedCloud(
            self._plane,
            programs=self._programs,
            build_task=self._build_task,
            build_balancer=self._build_balancer,
            world=self._world,
            site_port=settings.site_port,
        )
        self._operations = Operations(self._plane, loop=self._world, clock=clock, wait=self._await, show=lambda: None)
        self._operations.cloud = self._cloud
        model = self._world.model
        plan = Plan("factory", FACTORY, model.factory_start, build=self._twins.factory, works=model.factory)
        self._bakery = SimulatedFactory(plan, programs=self._programs, network=self._world.network)
        sink = self.monitoring.sink
        self._pushes = TelemetryTroubles(clock=clock, record=recorder.record, max_bytes=sink.max_bytes)
        self.hands = self._hands()
        self._troubles = Troubles(self.hands, stack=self.name)
        self._diners = SimulatedDiners(self._browser, habits=Habits(), world=self._world)

    def _hands(self) -> dict[type, Hand]:
        """Say whose each kind of trouble is; one that is not named here cannot be had on this stack."""
        links, tasks, targets = (
            self.links(self._world),
            SimulatedTasks(self._cloud, self._world),
            SimulatedTargets(),
        )
        links.lead("factory", listen=FACTORY_LINK, to=FACTORY)
        links.lead("telemetry", listen=TELEMETRY_LINK, to=TELEMETRY)
        targets.cloud = self._cloud
        names = SimulatedNames(self._service.site, server=self._names, world=self._world)
        return {
            troubles.ToxicOn: links,
            troubles.LinkCut: links,
            troubles.FactoryDown: self._bakery,
            troubles.TaskPaused: tasks,
            troubles.TasksCrashOnStart: tasks,
            troubles.ClockSkewed: tasks,
            troubles.FactoryNameUnknown: tasks,
            troubles.ProcessorTaken: tasks,
            **dict.fromkeys(get_args(PushTrouble), self._pushes),
            troubles.TargetsWithheld: targets,
            troubles.TargetsHalfDead: targets,
            troubles.RecordGone: names,
            troubles.RecordAstray: names,
            troubles.NameServerFailing: names,
            troubles.NameServerSlow: names,
        }

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
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._world.open()
        self._cleanup.callback(self._twins.close)
        self._cleanup.enter_context(self._twins.passwords())
        admit = self._pushes.admit
        telemetry = telemetry_app(self.monitoring.sink, now=self.clock.steady, record=self.record, admit=admit)
        self._world.network.listen(TELEMETRY, _short_cut(telemetry))
        operations = self._operations
        self._bakery.start()
        operations.perform(lambda now: self._plane.create_balancer(now=now))
        self._await(lambda: self._world.network.accepts(FACTORY), "the factory to listen")
        self._await(operations.has_balancer, "the load balancer to listen")
        operations.perform(lambda now: self._plane.push(operations.version, note="as it was before", now=now))
        self._world.background.run("the harness's own clockwork", self._tick())
        self._await(self._is_serving, "the service to pass its health checks")
        operations.perform(lambda now: self._plane.update_record(now=now))
        self.monitoring.watch(self.clock.steady())

    async def _tick(self) -> None:
        while True:
            self._cloud.tick()
            self.monitoring.tick(self.clock.steady())
            await self._world.loop.sleep(TICK.total_seconds())

    def stop(self) -> None:
        """End everything that was started: diners first, so that nobody sees the rest go."""
        if self._world.is_open:
            self._diners.be(0)
            self._world.settle(GRACE_SECONDS)
            self._programs.end()
        self._world.close()
        self._cleanup.close()
        self._postman.close()

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
            HarnessError: when a part of the harness failed meanwhile.
        """
        self._world.live(length, glance=self.glance, every=GLANCE)

    def cross(self, lands: datetime) -> None:
        """Live through a quiet stretch: here that is cheap, so nothing is left out."""
        self.live(lands - self.clock.now())

    # What faults and people do

    def do(self, command: Command) -> None:
        """Carry out one command of a fault.

        Raises:
            ScenarioError: when this stack has no means to.
        """
        match command:
            case SetFactoryChaos(mode=mode):
                self._factory.set_chaos(mode)
            case Begin(trouble=trouble):
                self._world.call(self._troubles.begin(trouble))
            case End(trouble=trouble):
                self._world.call(self._troubles.end(trouble))
            case RemoveBalancer() | ReplaceBalancer() | RestoreIngress() | KillTask() | ReplaceTasks() | RestoreTasks():
                self._operations.do(command)
            case _:
                raise cannot(command, stack=self.name)

    def view(self) -> View:
        """Look at the system under test, for a fault that asks whether it is gone."""
        record, balancer = self._names.zone.find(self._service.site.name), self._plane.balancer
        return View(
            record=str(record.address) if record else "",
            balancer=balancer.address if balancer else "",
            factory_chaos=self._factory.chaos() if self._bakery.is_up else "none",
            troubles=self._troubles.standing,
            missing_tasks=self._operations.missing_tasks,
        )

    def diners(self, count: int) -> None:
        """Let the number of diners be `count` from now on."""
        self._diners.be(count)

    def remedy(self, name: str, note: str) -> str:
        """Perform a remedy for real; see Stack.remedy."""
        remedy = REMEDIES.get(name)
        if remedy is None:
            raise ScenarioError(unknown_name("remedy", name, known=REMEDIES))
        return self._operations.perform(lambda now: remedy(self._plane, self._operations.version, note, now)).did

    def diagnose(self) -> tuple[str, str, list[str]]:
        """Ask DNS and the deployment, from the outside in, as `pizza-chaos verify` would."""
        site = self._service.site.name
        try:
            address = self._world.call(self._fresh_resolver().resolve(site))
        except (NameNotFound, ResolverTroubled):
            seen = Seen(site, "", accepts=False, console=self._plane.describe())
        else:
            accepts = self._world.network.accepts(address)
            seen = Seen(site, str(address), accepts=accepts, console=self._plane.describe())
        finding = diagnose(seen)
        return finding.layer, finding.finding, list(finding.evidence)

    def buy_a_pizza(self, diner: str) -> None:
        """Make one purchase by hand; each request of it becomes an event."""
        self._world.call(self._buy_a_pizza(diner))

    def send_a_customer(self, name: str) -> None:
        """Let somebody make such a purchase beside everything else, however long it takes them."""
        self._world.background.run(name, self._buy_a_pizza(name))

    async def _buy_a_pizza(self, diner: str) -> None:
        site = self._service.site.name
        resolver = self._fresh_resolver()  # their own: a developer's laptop, not a diner's
        places: dict[Where, SimulatedPlace] = {"service": SimulatedPlace(site, lambda: resolver.resolve(site))}
        browser = SimulatedBrowser(diner, places, world=self._world, patience=PATIENCE)
        steps = purchase(diner)
        call = next(steps)
        while True:
            reply, finished = await browser.make(call)
            self.record(msgspec.structs.replace(finished, orders=shown_orders(reply.body)))
            try:
                call = steps.send(reply)
            except StopIteration:
                return

    def follow(self, url: str) -> str:
        """Open a reportUrl, and give what it answered."""
        return open_report_url(url, transport=self._world.transport)

    def ignore_pages(self, reason: str) -> None:
        """Let every page be seen and left alone from now on."""
        self.monitoring.ignore_pages(reason)

    def acknowledge(self, responder: str) -> int:
        """Take every page that is open; gives how many there were."""
        return self.monitoring.acknowledge(responder)

    # Within

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        gives_up = self.clock.steady() + COMES_WITHIN.total_seconds()
        while not condition():
            if self.clock.steady() > gives_up:
                message = f"waited {spoken(COMES_WITHIN)} in vain for {what}."
                raise HarnessError(message)
            self.live(TICK)

    def _is_serving(self) -> bool:
        deployment = self._plane.describe().deployment
        if deployment is not None and deployment.state == "failed":
            message = f"the service under test does not come up: {deployment.reason}."
            raise HarnessError(message)
        return deployment is not None and deployment.state == "completed"

    def _build_task(self, runtime: SimulatedRuntime, version: str) -> Coroutine[Any, Any, Application]:
        return self._twins.task(runtime, version=version, surroundings=self._surroundings)

    def _build_balancer(self, address: Address, targets: Callable[[], Sequence[Address]]) -> Application | Listener:
        return Balancer(self._world.network, address, targets=targets)

    def _browser(self, who: str) -> SimulatedBrowser:
        site = self._service.site.name
        service = SimulatedPlace(site, lambda: self._resolver.resolve(site))
        places: dict[Where, SimulatedPlace] = {"service": service, "factory": SimulatedPlace(str(FACTORY), _factory)}
        return SimulatedBrowser(who, places, world=self._world, patience=PATIENCE)

    def _fresh_resolver(self) -> ZoneResolver:
        return ZoneResolver(self._names, clock=self.clock, patience=self._world.model.dns_patience)


async def _factory() -> Address:
    return FACTORY


def _short_cut(app: Starlette) -> Application:
    """Take pushes straight to the one endpoint that answers them all: Starlette's layers above it do nothing here."""
    (route,) = app.routes
    assert isinstance(route, Route), "what takes telemetry takes it at any path"
    endpoint = route.endpoint

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)

    return application
