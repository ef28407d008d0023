"""The `simulated` stack: the system under test and everything around it in one thread, on virtual time.

Rules of this file: nothing here sleeps, opens a socket or starts a thread, and the seal sees to it; between two
stretches of virtual time the loop stands still, so that everything in it may be touched without a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from harness.alerting.rule_file import load_rules
from harness.clock import VirtualClock
from harness.durations import spoken
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import Event
from harness.faults.fault import Begin, Command, End, RemoveBalancer, RestoreIngress, SetFactoryChaos, View, cannot
from harness.history import History, Recorder
from harness.ingress.control_plane import ControlPlane, Done
from harness.ingress.diagnosis import View as Seen
from harness.ingress.diagnosis import diagnose
from harness.ingress.records import Address, Zone
from harness.ingress.resolver import NameNotFound
from harness.load.browser import Place, fixed
from harness.load.diners import Habits, Where
from harness.settings import Settings
from harness.stacks.by_hand import PATIENCE, open_report_url, purchase, shown_orders
from harness.stacks.factory_client import FactoryClient
from harness.stacks.monitoring import Monitoring
from harness.stacks.remedies import REMEDIES
from harness.stacks.services.service import ServiceUnderTest, Surroundings
from harness.stacks.services.twin import TwinService
from harness.stacks.services.twin_simulated import SimulatedTwins
from harness.stacks.simulated.browser import SimulatedBrowser, ZoneResolver
from harness.stacks.simulated.cloud import SimulatedCloud
from harness.stacks.simulated.diners import GRACE_SECONDS, SimulatedDiners
from harness.stacks.simulated.model import Model
from harness.stacks.simulated.programs import Plan, Programs
from harness.stacks.simulated.runtime import SimulatedRuntime
from harness.stacks.simulated.world import World
from harness.telemetry.receiver import telemetry_app
from harness.testing import Application

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

    Raises:
        ScenarioError: when the service is another one.
    """

    name = "simulated"

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
        self._surroundings = Surroundings(directory, f"http://{FACTORY}", f"http://{TELEMETRY}")
        self._cleanup = ExitStack()
        groups = load_rules(Path(settings.rules) if settings.rules else service.rules)
        self.monitoring = Monitoring(
            groups, on_call=on_call, seed=settings.seed, incident=clock.timeline.incident, record=recorder.record
        )
        recorder.listen(self.monitoring.black_box.hear)
        self._zone = Zone()
        self._resolver = ZoneResolver(self._zone, clock.steady)
        self._world = World(clock, seed=settings.seed, model=model or Model(), record=recorder.record)
        self._factory = FactoryClient(f"http://{FACTORY}", service=service, transport=self._world.transport)
        self._twins = SimulatedTwins(service)
        self._programs = Programs(self._world)
        self._plane = ControlPlane(service.site, zone=self._zone, record=recorder.record)
        self._cloud = SimulatedCloud(
            self._plane,
            programs=self._programs,
            build_task=self._build_task,
            world=self._world,
            site_port=settings.site_port,
        )
        self._diners = SimulatedDiners(self._browser, habits=Habits(), world=self._world)

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
        telemetry = telemetry_app(self.monitoring.sink, now=self.clock.steady, record=self._recorder.record)
        self._world.network.listen(TELEMETRY, telemetry)
        self._start_factory()
        self._perform(self._plane.create_balancer)
        self._await(lambda: self._world.network.accepts(FACTORY), "the factory to listen")
        self._await(self._has_balancer, "the load balancer to listen")
        self._perform(lambda *, now: self._plane.push(self._version(), note="as it was before", now=now))
        self._world.background.run("the harness's own clockwork", self._tick())
        self._await(self._is_serving, "the service to pass its health checks")
        self._perform(self._plane.update_record)
        self.monitoring.watch(self.clock.steady())

    def _start_factory(self) -> None:
        model = self._world.model
        self._programs.start(
            Plan("factory", FACTORY, model.factory_start, build=self._twins.factory, works=model.factory)
        )

    async def _tick(self) -> None:
        while True:
            self._cloud.tick()
            self.monitoring.tick(self.clock.steady())
            await self.clock.sleep(TICK)

    def stop(self) -> None:
        """End everything that was started: diners first, so that nobody sees the rest go."""
        if self._world.is_open:
            self._diners.be(0)
            self._world.settle(GRACE_SECONDS)
            self._programs.end()
        self._world.close()
        self._cleanup.close()

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
            ScenarioError: when it spoils bytes on a link: this network has none.
        """
        match command:
            case RemoveBalancer():
                self._perform(self._plane.remove_balancer)
            case RestoreIngress():
                self._restore_ingress()
            case SetFactoryChaos(mode=mode):
                self._factory.set_chaos(mode)
            case Begin():
                raise cannot(command, stack=self.name)
            case End():
                pass  # what could not begin needs no end

    def view(self) -> View:
        """Look at the system under test, for a fault that asks whether it is gone."""
        record, balancer = self._zone.find(self._service.site.name), self._plane.balancer
        return View(
            record=str(record.address) if record else "",
            balancer=balancer.address if balancer else "",
            factory_chaos=self._factory.chaos(),
        )

    def diners(self, count: int) -> None:
        """Let the number of diners be `count` from now on."""
        self._diners.be(count)

    def remedy(self, name: str, note: str) -> str:
        """Perform a remedy for real; see Stack.remedy."""
        remedy = REMEDIES.get(name)
        if remedy is None:
            raise ScenarioError(unknown_name("remedy", name, known=REMEDIES))
        return self._perform(lambda *, now: remedy(self._plane, self._version(), note, now)).did

    def diagnose(self) -> tuple[str, str, list[str]]:
        """Ask DNS and the deployment, from the outside in, as `pizza-chaos verify` would."""
        site = self._service.site.name
        try:
            address = ZoneResolver(self._zone, self.clock.steady).resolve(site)
        except NameNotFound:
            seen = Seen(site, "", accepts=False, console=self._plane.describe())
        else:
            accepts = self._world.network.accepts(address)
            seen = Seen(site, str(address), accepts=accepts, console=self._plane.describe())
        finding = diagnose(seen)
        return finding.layer, finding.finding, list(finding.evidence)

    def buy_a_pizza(self, diner: str) -> None:
        """Make one purchase by hand; each request of it becomes an event."""
        self._world.run(self._buy_a_pizza(diner))

    async def _buy_a_pizza(self, diner: str) -> None:
        site = self._service.site.name
        resolver = ZoneResolver(self._zone, self.clock.steady)  # their own: a developer's laptop, not a diner's
        places: dict[Where, Place] = {"service": Place(site, lambda: resolver.resolve(site))}
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

    def _perform(self, operation: Callable[..., Done]) -> Done:
        """Do something to the deployment, and carry out what follows from it."""
        done = operation(now=self.clock.steady())
        self._cloud.carry_out(done.commands)
        return done

    def _restore_ingress(self) -> None:
        self._perform(self._plane.create_balancer)
        self._await(self._has_balancer, "a load balancer to listen")
        self._perform(self._plane.update_record)

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        gives_up = self.clock.steady() + COMES_WITHIN.total_seconds()
        while not condition():
            if self.clock.steady() > gives_up:
                message = f"waited {spoken(COMES_WITHIN)} in vain for {what}."
                raise HarnessError(message)
            self.live(TICK)

    def _has_balancer(self) -> bool:
        return bool(self._plane.balancer and self._plane.balancer.address)

    def _is_serving(self) -> bool:
        deployment = self._plane.describe().deployment
        if deployment is not None and deployment.state == "failed":
            message = f"the service under test does not come up: {deployment.reason}."
            raise HarnessError(message)
        return deployment is not None and deployment.state == "completed"

    def _build_task(self, runtime: SimulatedRuntime, version: str) -> Coroutine[Any, Any, Application]:
        return self._twins.task(runtime, version=version, surroundings=self._surroundings)

    def _browser(self, who: str) -> SimulatedBrowser:
        site = self._service.site.name
        service = Place(site, lambda: self._resolver.resolve(site))
        places: dict[Where, Place] = {"service": service, "factory": fixed(f"http://{FACTORY}")}
        return SimulatedBrowser(who, places, world=self._world, patience=PATIENCE)

    def _version(self) -> str:
        return f"{self.clock.now():%Y%m%d.%H%M%S}"
