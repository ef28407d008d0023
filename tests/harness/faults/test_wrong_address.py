from harness.faults import WrongAddress
from harness.faults.fault import Begin, End, RestoreIngress, View
from harness.faults.troubles import RecordAstray
from tests.harness.faults.moments import APPLIED, hurt


def test_wrong_address_ends_with_a_record_that_leads_to_the_balancer() -> None:
    assert WrongAddress().apply() == (Begin(RecordAstray()),)
    assert WrongAddress().heal() == (End(RecordAstray()), RestoreIngress())


def test_wrong_address_is_gone_when_the_record_leads_to_the_balancer_that_exists() -> None:
    assert WrongAddress().is_gone(View("a:1", "a:1", "none"))
    assert not WrongAddress().is_gone(View("b:1", "a:1", "none"))
    assert not WrongAddress().is_gone(View("", "", "none"))


def test_wrong_address_is_hit_by_a_request_that_the_other_server_got() -> None:
    assert WrongAddress().hit_by(hurt("DNS/record astray"), APPLIED) is not None
    assert WrongAddress().hit_by(hurt("DNS/fails"), APPLIED) is None
