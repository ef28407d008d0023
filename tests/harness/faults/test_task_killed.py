from harness.faults import TaskKilled
from harness.faults.fault import KillTask, RestoreTasks, View
from tests.harness.faults.moments import APPLIED
from tests.harness.faults.processes import exited


def test_task_killed_kills_one_and_waits_for_another() -> None:
    assert TaskKilled().apply() == (KillTask(),)
    assert TaskKilled().heal() == (RestoreTasks(),)


def test_task_killed_is_gone_when_no_task_is_missing() -> None:
    assert TaskKilled().is_gone(View("a", "a", "none"))
    assert not TaskKilled().is_gone(View("a", "a", "none", missing_tasks=1))


def test_task_killed_is_hit_by_a_kill_that_nobody_asked_for() -> None:
    assert TaskKilled().hit_by(exited(-9), APPLIED) == "task-2 (process 4242) was killed"
    assert TaskKilled().hit_by(exited(-9, expected=True), APPLIED) is None
    assert TaskKilled().hit_by(exited(1), APPLIED) is None
