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

from harness.clock import VirtualClock
from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError
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
    cannot,
)
from harness.history import Recorder
from harness.ingress.control_plane import ControlPlane
from harness.ingress.diagnosis import View as Seen
from harness.ingress.records import Address, Zone
from harness.ingress.resolver import NameNotFound, ResolverTroubled
from harness.load.diners import Habits, Where
from harness.settings import Settings
from harness.stacks.arrangements import Arrangements
from harness.stacks.by_hand import PATIENCE, open_report_url, purchase, shown_orders
from harness.stacks.deployed import DeployedStack, Result, found
from harness.stacks.factory_client import FactoryClient
from harness.stacks.operations import Operations
from harness.stacks.outside import Outside
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
from harness.stacks.simulated.intake import intake
from harness.stacks.simulated.links import FACTORY_LINK, TELEMETRY_LINK, SimulatedLinks
from harness.stacks.simulated.model import Model
from harness.stacks.simulated.outside import in_memory
from harness.stacks.simulated.programs import Plan, Programs
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.world import World
from harness.stacks.telemetry_troubles import PushTrouble, TelemetryTroubles
from harness.stacks.troubles import Hand, Troubles
from harness.telemetry.receiver import taking
from harness.testing import Application, Listener, Network

TICK = timedelta(seconds=1)
"""How often the harness looks whether something is due."""

GLANCE = timedelta(minutes=1)
"""How often a waiting scenario looks whether all is well."""

COMES_WITHIN = timedelta(minutes=2)
"""How long a part of the system has to come up."""

FACTORY = Address("127.0.0.1", 4000)
TELEMETRY = Address("127.0.0.1", 4318)


class SimulatedStack(DeployedStack):
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
    _posts_wait = True

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
        super().__init__(service, clock=clock, recorder=recorder)
        self.clock = clock
        self._surroundings = Surroundings(directory, f"http://{FACTORY_LINK}", f"http://{TELEMETRY_LINK}")
        self._cleanup = ExitStack()
        arranged = arranged or Arrangements.read(settings, rules=service.rules)
        self._monitor(arranged, settings, on_call=on_call)
        self._world = World(
            clock, seed=settings.seed, model=model or Model(), record=recorder.record, network=self.network
        )
        self._zone = Zone()
        self._names = SimulatedNameServer(self._zone)
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
        self._recorder.gather()  # a virtual minute takes milliseconds: the disk is shown no more than each of them
        self._cleanup.callback(self._twins.close)
        self._cleanup.enter_context(self._twins.passwords())
        take = taking(self.monitoring.sink, now=self.clock.steady, record=self.record, admit=self._pushes.admit)
        self._world.network.listen(TELEMETRY, intake(take, record=self.record))
        operations = self._operations
        self._bakery.start()
        operations.perform(lambda now: self._plane.create_balancer(now=now))
        self._await(lambda: self._world.network.accepts(FACTORY), "the factory to listen")
        self._await(operations.has_balancer, "the load balancer to listen")
        operations.perform(lambda now: self._plane.push(operations.version, note="as it was before", now=now))
        self._world.repeat("the harness's own clockwork", self._tick, every=TICK)
        self._await(self._is_serving, "the service to pass its health checks")
        operations.perform(lambda now: self._plane.update_record(now=now))
        self.monitoring.watch(self.clock.steady())

    def _tick(self) -> None:
        now = self.clock.steady()
        self._cloud.tick()
        if self.monitoring.is_due(now):
            self.monitoring.tick(now)

    def stop(self) -> None:
        """End everything that was started: diners first, so that nobody sees the rest go."""
        if self._world.is_open:
            self._diners.be(0)
            self._world.settle(GRACE_SECONDS)
            self._programs.end()
        self._world.close()
        self._cleanup.close()
        self._postman.close()

    # Time

    def live(self, length: timedelta) -> None:
        """Let that much incident time pass.

        Raises:
            HarnessError: when a part of the harness failed meanwhile.
        """
        self._world.live(length, glance=self._glance, every=GLANCE)

    def _glance(self) -> None:
        self._recorder.flush()
        self.glance()

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

    def diners(self, count: int) -> None:
        """Let the number of diners be `count` from now on."""
        self._diners.be(count)

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
        return found(seen)

    def outside(self) -> Outside:
        """Give what somebody who verifies the site from outside needs to know."""
        return Outside(
            url=f"http://{self._service.site.name}",
            history=self._recorder.path,
            console=self._plane.describe(),
            factory=self._factory.url,
            hosts=(self._service.site.name,),
            in_memory=in_memory(self._names, self._world),
        )

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

    # Within

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        gives_up = self.clock.steady() + COMES_WITHIN.total_seconds()
        while not condition():
            if self.clock.steady() > gives_up:
                message = f"waited {spoken(COMES_WITHIN)} in vain for {what}."
                raise HarnessError(message)
            self.live(TICK)

    def _has_factory(self) -> bool:
        return self._bakery.is_up

    def _ask(self, function: Callable[[], Result]) -> Result:
        return function()

    def _build_task(self, runtime: SimulatedRuntime, version: str) -> Coroutine[Any, Any, Application]:
        return self._twins.task(runtime, version=version, surroundings=self._surroundings)

    def _build_balancer(self, address: Address, targets: Callable[[], Sequence[Address]]) -> Application | Listener:
        return Balancer(self._world.network, address, targets=targets, loop=self._world.loop)

    def _browser(self, who: str) -> SimulatedBrowser:
        site = self._service.site.name
        service = SimulatedPlace(site, lambda: self._resolver.resolve(site))
        places: dict[Where, SimulatedPlace] = {"service": service, "factory": SimulatedPlace(str(FACTORY), _factory)}
        return SimulatedBrowser(who, places, world=self._world, patience=PATIENCE)

    def _fresh_resolver(self) -> ZoneResolver:
        return ZoneResolver(self._names, clock=self.clock, patience=self._world.model.dns_patience)


async def _factory() -> Address:
    return FACTORY
