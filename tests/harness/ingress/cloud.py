"""A shell for the control plane that has no processes: what it starts comes up after a second, and answers checks."""

from __future__ import annotations

from datetime import timedelta

from harness.events import Event, TaskChanged
from harness.ingress.commands import CheckTarget, Command, SetTargets, StartBalancer, StartTask, StopBalancer, StopTask
from harness.ingress.control_plane import ControlPlane, Done, Site
from harness.ingress.deployment import Policy
from harness.ingress.description import Description
from harness.ingress.diagnosis import Finding, View, diagnose
from harness.ingress.records import Address, Zone

SITE = "pizza-service.pizza.test"


class Cloud:
    """A site whose minutes pass as fast as they are counted."""

    def __init__(self, **policy: int) -> None:
        self.now = 0.0
        self.events: list[Event] = []
        self.zone = Zone()
        site = Site(SITE, "pizza-service", timedelta(seconds=60), Policy(**policy))  # type: ignore[arg-type]
        self.plane = ControlPlane(site, zone=self.zone, record=self.events.append)
        self.sick: set[str] = set()
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.running: set[str] = set()
        self.balancers: set[Address] = set()
        self.targets: tuple[Address, ...] = ()
        self.emptied_at: list[float] = []
        self._born = 0

    def does(self, done: Done) -> str:
        """Carry out what an operation commands, and give its sentence."""
        self._carry_out(done.commands)
        return done.did

    def wait(self, seconds: float) -> None:
        """Let time pass, and do what is due at the instant it is."""
        end = self.now + seconds
        while self.plane.wakes_at <= end:
            self.now = max(self.now, self.plane.wakes_at)
            self._carry_out(self.plane.tick(self.now))
        self.now = end

    def comes_up(self) -> None:
        """Bring the site up for the first time."""
        self.does(self.plane.push("v1", note="first version", now=self.now))
        self.does(self.plane.create_balancer(now=self.now))
        self.does(self.plane.update_record(now=self.now))
        self.wait(30)

    def console(self) -> Description:
        return self.plane.describe()

    def is_reached(self) -> bool:
        """Whether a client that asks DNS now gets through to a running task."""
        record = self.zone.find(SITE)
        tasks = {self._address(task) for task in self.running}
        return record is not None and record.address in self.balancers and bool(tasks & set(self.targets))

    def diagnosis(self) -> Finding:
        record = self.zone.find(SITE)
        address = str(record.address) if record else ""
        accepts = record is not None and record.address in self.balancers
        return diagnose(View(SITE, address, accepts, self.console()))

    def history(self, task: str) -> list[str]:
        return [event.state for event in self.events if isinstance(event, TaskChanged) and event.task == task]

    def _carry_out(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            self._do(command)

    def _do(self, command: Command) -> None:
        match command:
            case StartTask(task=task):
                self.started.append(task)
                self.running.add(task)
                self._carry_out(self.plane.task_ready(task, address=self._address(task), now=self.now))
            case StopTask(task=task):
                self.stopped.append(task)
                self.running.discard(task)
                self._carry_out(self.plane.task_exited(task, code=-15, now=self.now))
            case CheckTarget(task=task):
                ok = task in self.running - self.sick
                reason = "status 200" if ok else "status 500"
                self._carry_out(self.plane.checked(task, ok=ok, reason=reason, now=self.now))
            case SetTargets(addresses=addresses):
                self.targets = addresses
                if not addresses:
                    self.emptied_at.append(self.now)
            case StartBalancer(name=name):
                self._born += 1
                address = Address("127.0.0.1", 8000 + self._born)
                self.balancers.add(address)
                self._carry_out(self.plane.balancer_ready(name, address=address, now=self.now))
            case StopBalancer():
                self.balancers.clear()

    def _address(self, task: str) -> Address:
        return Address("127.0.0.1", 9000 + int(task.removeprefix("task-")))
