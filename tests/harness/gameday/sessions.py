"""A session without a shop: a stack that only remembers what it was told, and time that passes when it is lived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from harness.alerting.promql import SeriesStore
from harness.clock import WallClock
from harness.events import PageSent, RunStarted, TaskChanged
from harness.faults.fault import Command, KillTask, RestoreTasks, SetFactoryChaos, View
from harness.gameday.session import Outset, Session
from harness.gameday.stories import FREE, Story
from harness.history import History, Recorder
from harness.scenario import Scenario
from harness.settings import Settings
from harness.stacks.processes import ProcessesStack
from harness.telemetry.logs import LogStore
from harness.telemetry.pushes import LogLine

STRIDE_SECONDS = 1.0
"""A look of the session takes no less of the wall's time than this: it does not want for looks."""

PAUSE_STRIDE_SECONDS = 600.0

BEGINS = datetime(2024, 12, 1, 5, 0, tzinfo=UTC)


class QuietStack(ProcessesStack):
    """A stack in which nothing runs: `live` moves the wall on, and does what was written down for that moment."""

    def __init__(self, directory: Path) -> None:
        self.wall = 0.0
        self.clock = WallClock(BEGINS, monotonic=lambda: self.wall)
        self.monitoring: Any = SimpleNamespace(store=SeriesStore(), logs=LogStore())
        self.glance = self.stand
        self.told: list[object] = []
        self.open_pages = 1
        self.chaos = "none"
        self.missing_tasks = 0
        self.refuses: Exception | None = None
        """What comes of the next command."""
        self.recorder = self._recorder = Recorder(directory / "history.jsonl", clock=self.clock)
        self._script: list[tuple[float, Callable[[], object]]] = []

    def at(self, moment: str, action: Callable[[], object]) -> None:
        """Do something in the session's thread, so many minutes and seconds of the wall after the start."""
        minutes, seconds = map(int, moment.split(":"))
        self._script.append((60.0 * minutes + seconds, action))

    def live(self, length: timedelta) -> None:
        self._pass(max(length.total_seconds() / self.clock.speed, STRIDE_SECONDS / self.clock.speed))

    def stand(self) -> None:
        """Let the wall's time pass while the incident's stands still."""
        self._pass(PAUSE_STRIDE_SECONDS)

    def _pass(self, seconds: float) -> None:
        self.wall += seconds
        due = [action for at, action in self._script if at <= self.wall]
        self._script = [each for each in self._script if each[0] > self.wall]
        for action in due:
            action()

    def do(self, command: Command) -> None:
        refusal, self.refuses = self.refuses, None
        if refusal:
            raise refusal
        match command:
            case SetFactoryChaos(mode=mode):
                self.chaos = mode
            case KillTask() | RestoreTasks():
                self.missing_tasks = int(command == KillTask())
            case _:
                raise AssertionError(command)

    def replace_task(self) -> None:
        """Be the orchestrator, and have another task in place of the one that was killed."""
        self.missing_tasks = 0
        self.record(TaskChanged(task="task-2", state="healthy", reason="passed", revision="r1"))

    def view(self) -> View:
        return View(record="", balancer="", factory_chaos=self.chaos, missing_tasks=self.missing_tasks)

    def diners(self, count: int) -> None:
        self.told.append(("diners", count))

    def remedy(self, name: str, note: str) -> str:
        self.told.append(("remedy", name))
        return f"did {name}"

    def acknowledge(self, responder: str) -> int:
        self.told.append(("acknowledge", responder))
        return self.open_pages

    def escalate(self) -> tuple[str, ...]:
        return ("Bo", "Bo") if self.open_pages else ()

    def ignore_pages(self, reason: str, *, by: str = "") -> None:
        self.told.append(("ignore", f"{by}: {reason}"))

    def page(self) -> None:
        """Page somebody."""
        self.record(PageSent(page="p", responder="Ana", level=1, channel="pager", alerts=["Heartbeat"]))

    def log(self, line: str) -> None:
        """Let the service write a line."""
        self.monitoring.logs.append(LogLine(at=self.clock.steady(), line=line, labels={}))


class QuietRun:
    """What a session needs of a run."""

    judged = judgement = None

    def __init__(self, directory: Path, settings: Settings) -> None:
        self.directory = directory
        self.plan = SimpleNamespace(settings=settings)
        self.stack = QuietStack(directory)
        self.scenario = Scenario(self.stack, begins=BEGINS, locate=lambda: "a test")
        self.trouble: Exception | None = None
        self.ended_by: BaseException | None = None
        self.has_finished = False

    def start(self) -> None:
        if self.trouble:
            raise self.trouble
        settings = self.plan.settings
        self.stack.record(
            RunStarted(
                schema=1, scenario="gameday-free", hypothesis="", seed=1, stack=settings.stack, speed=1.0, zone="UTC",
                versions={}, rerun="",
            )
        )  # fmt: skip

    def finish(self, error: BaseException | None) -> dict[str, str]:
        self.ended_by, self.has_finished = error, True
        self.scenario.heal()
        return {"verdict": "unknown"}


class Day:
    """A game day that can be played through in a test's own thread.

    Args:
        directory: of the run.
        story: what happens by itself.
        longest: when it ends.
        settings: of the run.
    """

    def __init__(
        self,
        directory: Path,
        *,
        story: Story = FREE,
        longest: timedelta = timedelta(minutes=10),
        settings: Settings | None = None,
    ) -> None:
        self.run = QuietRun(directory, settings or Settings())
        self.stack = self.run.stack
        self.session = Session(self.run, Outset(story, diners=8, longest=longest))  # type: ignore[arg-type]
        self.said: list[str] = []

    def hear(self, *, holds: int) -> None:
        """Let the session hear what is recorded from now on, without its own thread, and so many events be held."""
        self.session.began = BEGINS
        self.stack.recorder.hold_at_most(holds)
        self.stack.listen(self.session._hear)

    def at(self, moment: str, order: Callable[[], str]) -> None:
        """Order something at a moment, and keep what is answered, be it a refusal."""

        def ordered() -> None:
            try:
                self.said.append(order())
            except Exception as error:
                self.said.append(str(error))

        self.stack.at(moment, ordered)

    def played(self) -> History:
        """Play it to its end, and give its history."""
        self.session.play()
        return self.stack.so_far()
