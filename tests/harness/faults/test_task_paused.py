from harness.faults import TaskPaused
from harness.faults.fault import Begin, End, RestoreTasks, View
from harness.faults.troubles import TaskPaused as Paused
from tests.harness.faults.moments import APPLIED, order
from tests.harness.faults.processes import unhealthy


def test_task_paused_stops_one_and_lets_it_go_on() -> None:
    assert TaskPaused().apply() == (Begin(Paused()),)
    assert TaskPaused().heal() == (End(Paused()), RestoreTasks())


def test_task_paused_is_gone_when_none_is_paused_and_none_is_missing() -> None:
    assert TaskPaused().is_gone(View("a", "a", "none"))
    assert not TaskPaused().is_gone(View("a", "a", "none", missing_tasks=1))
    assert not TaskPaused().is_gone(View("a", "a", "none", troubles=frozenset({"task/paused"})))


def test_task_paused_is_hit_by_a_failed_health_check_or_a_wait_in_vain() -> None:
    assert TaskPaused().hit_by(unhealthy(), APPLIED) == "task-2 failed 2 health checks in a row"
    assert TaskPaused().hit_by(order(cause="timed out"), APPLIED) == "Ada waited in vain to order"
    assert TaskPaused().hit_by(order(status=504), APPLIED) is not None
    assert TaskPaused().hit_by(order(status=504, after=-1), APPLIED) is None
    assert TaskPaused().hit_by(order(status=503), APPLIED) is None
