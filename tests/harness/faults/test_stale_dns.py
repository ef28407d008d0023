from harness.faults import StaleDns
from harness.faults.fault import ReplaceBalancer, RestoreIngress, View
from tests.harness.faults.moments import APPLIED, order


def test_stale_dns_replaces_the_balancer_and_then_lets_the_record_follow() -> None:
    assert StaleDns().apply() == (ReplaceBalancer(),)
    assert StaleDns().heal() == (RestoreIngress(),)


def test_stale_dns_is_there_while_the_record_leads_to_the_old_balancer() -> None:
    assert not StaleDns().is_gone(View("a:1", "b:1", "none"))
    assert StaleDns().is_gone(View("b:1", "b:1", "none"))


def test_stale_dns_is_hit_by_a_refused_connection() -> None:
    assert StaleDns().hit_by(order(cause="connection refused"), APPLIED) is not None
    assert StaleDns().hit_by(order(cause="connection refused", after=-1), APPLIED) is None
    assert StaleDns().hit_by(order(cause="timed out"), APPLIED) is None
