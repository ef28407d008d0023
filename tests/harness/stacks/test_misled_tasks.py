import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness.clock import WallClock
from harness.faults.troubles import FactoryNameUnknown
from harness.stacks.children import Launch
from harness.stacks.services.service import Surroundings
from harness.stacks.services.twin import TwinService
from harness.stacks.task_troubles import NOWHERE, TaskTroubles


class FakeCloud:
    """Keeps what would be changed about tasks."""

    def __init__(self) -> None:
        self.changes: dict[str, Callable[[Launch], Launch]] = {}

    def launched(self, launch: Launch) -> Launch:
        for change in self.changes.values():
            launch = change(launch)
        return launch


def troubles() -> tuple[TaskTroubles, FakeCloud]:
    clock = WallClock(datetime(2024, 12, 1, tzinfo=UTC))
    made, cloud = TaskTroubles(clock=clock, record=lambda event: event), FakeCloud()
    made.cloud = cloud  # type: ignore[assignment]
    return made, cloud


def test_tasks_of_the_bundled_service_seek_a_factory_that_is_nowhere_until_the_trouble_ends(tmp_path: Path) -> None:
    hand, cloud = troubles()
    around = Surroundings(tmp_path, "http://127.0.0.1:4000", "http://127.0.0.1:4318")
    task = TwinService().task("task-1", version="v1", surroundings=around)
    asyncio.run(hand.begin(FactoryNameUnknown()))
    assert hand.stands(FactoryNameUnknown())
    argv = list(cloud.launched(task).argv)
    assert argv[argv.index("--factory-url") + 1] == NOWHERE
    assert [word for word in argv if word != NOWHERE] == [word for word in task.argv if word != "http://127.0.0.1:4000"]
    asyncio.run(hand.end(FactoryNameUnknown()))
    assert not hand.stands(FactoryNameUnknown())
    assert cloud.launched(task) == task


def test_task_of_a_service_of_ones_own_is_left_as_it_is() -> None:
    hand, cloud = troubles()
    asyncio.run(hand.begin(FactoryNameUnknown()))
    assert list(cloud.launched(Launch("task-1", [sys.executable, "index.js", "3000"])).argv)[1:] == ["index.js", "3000"]
