from harness.faults import TaskCrashLoop
from harness.faults.fault import Begin, End, KillTask, RestoreTasks, View
from harness.faults.troubles import TasksCrashOnStart
from tests.harness.faults.moments import APPLIED
from tests.harness.faults.processes import exited


def test_crash_loop_is_there_before_the_first_task_is_replaced() -> None:
    assert TaskCrashLoop().apply() == (Begin(TasksCrashOnStart()), KillTask())


def test_crash_loop_ends_before_the_service_is_deployed_again() -> None:
    assert TaskCrashLoop().heal() == (End(TasksCrashOnStart()), RestoreTasks())


def test_crash_loop_is_gone_when_tasks_start_and_none_is_missing() -> None:
    assert TaskCrashLoop().is_gone(View("a", "a", "none"))
    assert not TaskCrashLoop().is_gone(View("a", "a", "none", missing_tasks=1))
    assert not TaskCrashLoop().is_gone(View("a", "a", "none", troubles=frozenset({TasksCrashOnStart.name})))


def test_crash_loop_is_hit_by_a_task_that_crashes_as_it_starts() -> None:
    assert TaskCrashLoop().hit_by(exited(1), APPLIED) == "task-2 (process 4242) crashed as it started"
    assert TaskCrashLoop().hit_by(exited(-9), APPLIED) is None
