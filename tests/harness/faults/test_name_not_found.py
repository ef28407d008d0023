from harness.faults import NameNotFound
from harness.faults.fault import Begin, End, RestoreIngress, View
from harness.faults.troubles import RecordGone
from tests.harness.faults.moments import APPLIED, order


def test_name_not_found_ends_with_a_record_that_leads_to_the_balancer() -> None:
    assert NameNotFound().apply() == (Begin(RecordGone()),)
    assert NameNotFound().heal() == (End(RecordGone()), RestoreIngress())


def test_name_not_found_is_gone_when_the_record_leads_to_the_balancer_that_exists() -> None:
    assert NameNotFound().is_gone(View("a:1", "a:1", "none"))
    assert not NameNotFound().is_gone(View("", "a:1", "none"))
    assert not NameNotFound().is_gone(View("", "", "none"))


def test_name_not_found_is_hit_by_a_request_whose_name_was_not_found() -> None:
    assert NameNotFound().hit_by(order(cause="name not found"), APPLIED) == "Ada could not order: name not found"
    assert NameNotFound().hit_by(order(cause="name not found", after=-1), APPLIED) is None
    assert NameNotFound().hit_by(order(cause="connection refused"), APPLIED) is None
