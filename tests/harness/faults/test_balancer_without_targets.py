from harness.faults import BalancerWithoutTargets
from harness.faults.fault import Begin, End
from harness.faults.troubles import TargetsWithheld
from tests.harness.faults.moments import APPLIED, order


def test_balancer_without_targets_begins_and_ends() -> None:
    assert BalancerWithoutTargets().apply() == (Begin(TargetsWithheld()),)
    assert BalancerWithoutTargets().heal() == (End(TargetsWithheld()),)


def test_balancer_without_targets_is_hit_by_a_request_that_the_balancer_refused_with_503() -> None:
    assert (
        BalancerWithoutTargets().hit_by(order(status=503, error="503: refused"), APPLIED)
        == "Ada could not order: 503: refused"
    )
    assert BalancerWithoutTargets().hit_by(order(status=503, after=-1), APPLIED) is None
    assert BalancerWithoutTargets().hit_by(order(status=500), APPLIED) is None
    assert BalancerWithoutTargets().hit_by(APPLIED, APPLIED) is None
