import pytest

from harness.checks.result import EVIDENCE_AT_MOST, Verdict, worst
from tests.harness.checks.stories import night

PASSED, FAILED, UNKNOWN = Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("verdicts", "combined"),
    [
        ([PASSED, PASSED], PASSED),
        ([PASSED, UNKNOWN], UNKNOWN),
        ([UNKNOWN, FAILED, PASSED], FAILED),
        ([], UNKNOWN),
    ],
)
def test_worst_of_verdicts_lets_failed_beat_unknown_beat_passed(verdicts: list[Verdict], combined: Verdict) -> None:
    assert worst(verdicts) is combined


def test_because_keeps_no_more_evidence_than_people_read() -> None:
    answer = PASSED.because("so it is", night())
    assert answer.evidence == tuple(range(EVIDENCE_AT_MOST))
