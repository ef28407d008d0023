from harness.faults import HalfOfTasksUnhealthy
from harness.faults.fault import Begin, End
from harness.faults.troubles import TargetsHalfDead
from tests.harness.faults.moments import APPLIED, order


def test_half_of_tasks_unhealthy_begins_and_ends() -> None:
    assert HalfOfTasksUnhealthy().apply() == (Begin(TargetsHalfDead()),)
    assert HalfOfTasksUnhealthy().heal() == (End(TargetsHalfDead()),)


def test_half_of_tasks_unhealthy_is_hit_by_a_request_that_the_balancer_refused_with_502() -> None:
    assert (
        HalfOfTasksUnhealthy().hit_by(order(status=502, error="502: refused"), APPLIED)
        == "Ada could not order: 502: refused"
    )
    assert HalfOfTasksUnhealthy().hit_by(order(status=502, after=-1), APPLIED) is None
    assert HalfOfTasksUnhealthy().hit_by(order(status=500), APPLIED) is None
    assert HalfOfTasksUnhealthy().hit_by(APPLIED, APPLIED) is None
