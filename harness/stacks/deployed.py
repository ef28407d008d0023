"""What every stack does alike that has the system under test and its monitoring in hand, wherever they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar, TypeVar

from harness.alerting.posting import Postman
from harness.clock import Clock
from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.events import Event
from harness.faults.fault import View
from harness.history import History, Recorder
from harness.ingress.control_plane import ControlPlane
from harness.ingress.diagnosis import View as Seen
from harness.ingress.diagnosis import diagnose
from harness.ingress.records import Zone
from harness.settings import Settings
from harness.stacks.arrangements import Arrangements
from harness.stacks.factory_client import FactoryClient
from harness.stacks.monitoring import Monitoring
from harness.stacks.operations import Operations
from harness.stacks.remedies import REMEDIES
from harness.stacks.services.service import ServiceUnderTest
from harness.stacks.troubles import Troubles

Result = TypeVar("Result")


class DeployedStack(ABC):
    """A service, the console it is deployed at, what watches it, and the history.

    A stack makes `_zone`, `_plane`, `_operations`, `_factory` and `_troubles`, and lets `_monitor` make the rest.

    Args:
        service: what is under test.
        clock: the scenario's.
        recorder: keeps the history.
    """

    _posts_wait: ClassVar[bool] = False
    """Whether a notification is taken to its webhooks before time goes on."""

    _zone: Zone
    _plane: ControlPlane
    _operations: Operations
    _factory: FactoryClient
    _postman: Postman
    _troubles: Troubles
    monitoring: Monitoring
    """The rules, the notifier and the pager."""

    def __init__(self, service: ServiceUnderTest, *, clock: Clock, recorder: Recorder) -> None:
        self._service = service
        self._timeline, self._steady = clock.timeline, clock.steady
        self._recorder = recorder
        self.glance: Callable[[], None] = lambda: None
        """Called while a scenario waits, so that somebody may show progress."""

    def _monitor(
        self, arranged: Arrangements, settings: Settings, *, on_call: str, steady_of: Callable[[float], float] = float
    ) -> None:
        """Make what watches the service, as a team has arranged it; see Monitoring."""
        instant, record = self._timeline.incident, self._recorder.record
        self._postman = arranged.postman(instant=instant, record=record, waits=self._posts_wait)
        self.monitoring = Monitoring(
            arranged.rules.groups,
            on_call=arranged.team(on_call, instant=instant, tell=self._postman.tell),
            seed=settings.seed,
            incident=instant,
            record=record,
            steady_of=steady_of,
        )
        self._recorder.listen(self.monitoring.black_box.hear)

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

    # History

    def record(self, event: Event) -> Event:
        """Keep an event in the history."""
        return self._recorder.record(event)

    def so_far(self) -> History:
        """Give the history as it stands."""
        return self._recorder.so_far()

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` with each event from now on."""
        self._recorder.listen(listener)

    # What faults and people do

    def view(self) -> View:
        """Look at the system under test, for a fault that asks whether it is gone."""
        record, balancer = self._zone.find(self._service.site.name), self._plane.balancer
        return View(
            record=str(record.address) if record else "",
            balancer=balancer.address if balancer else "",
            factory_chaos=self._factory.chaos() if self._has_factory() else "none",
            troubles=self._standing(),
            missing_tasks=self._operations.missing_tasks,
        )

    def remedy(self, name: str, note: str) -> str:
        """Perform a remedy for real; see Stack.remedy."""
        remedy = REMEDIES.get(name)
        if remedy is None:
            raise ScenarioError(unknown_name("remedy", name, known=REMEDIES))
        return self._operations.perform(lambda now: remedy(self._plane, self._operations.version, note, now)).did

    def ignore_pages(self, reason: str, *, by: str = "") -> None:
        """Let every page be seen and left alone from now on, by `by` or whoever is paged first."""
        self._ask(lambda: self.monitoring.ignore_pages(reason, by=by))

    def acknowledge(self, responder: str) -> int:
        """Take every page that is open; gives how many there were."""
        return self._ask(lambda: self.monitoring.acknowledge(responder))

    def escalate(self) -> tuple[str, ...]:
        """Page whoever comes next about each page that is not over; gives their names."""
        return self._ask(lambda: self.monitoring.escalate(self._steady()))

    # Within

    @abstractmethod
    def _ask(self, function: Callable[[], Result]) -> Result:
        """Call a function where the system under test lives, and give its answer."""

    @abstractmethod
    def _has_factory(self) -> bool:
        """Say whether the factory runs, so that it can be asked."""

    def _standing(self) -> frozenset[str]:
        """Give the names of all troubles that were begun and are still there."""
        return self._ask(lambda: self._troubles.standing)

    def _last_words(self) -> str:
        """Say what the last task wrote before it ended, where a task writes anything."""
        return ""

    def _is_serving(self) -> bool:
        deployment = self._plane.describe().deployment
        if deployment is not None and deployment.state == "failed":
            message = f"the service under test does not come up: {deployment.reason}. {self._last_words()}"
            raise HarnessError(message.rstrip())
        return deployment is not None and deployment.state == "completed"


def found(seen: Seen) -> tuple[str, str, list[str]]:
    """Name the broken layer, the finding and the evidence for it, of what was seen from outside."""
    finding = diagnose(seen)
    return finding.layer, finding.finding, list(finding.evidence)
