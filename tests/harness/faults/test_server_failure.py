from harness.faults import ServerFailure
from harness.faults.fault import Begin, End
from harness.faults.troubles import NameServerFailing
from tests.harness.faults.moments import APPLIED, hurt


def test_server_failure_begins_and_ends() -> None:
    assert ServerFailure().apply() == (Begin(NameServerFailing()),)
    assert ServerFailure().heal() == (End(NameServerFailing()),)


def test_server_failure_is_hit_by_an_answer_that_failed() -> None:
    assert ServerFailure().hit_by(hurt("DNS/fails"), APPLIED) is not None
    assert ServerFailure().hit_by(hurt("DNS/slow"), APPLIED) is None
