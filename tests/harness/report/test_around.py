from harness.events import FaultApplied
from harness.history import History
from harness.report.around import around
from tests.harness.checks.stories import night


def test_around_marks_the_evidence_among_its_neighbours_in_order() -> None:
    fault = next(event for event in night() if isinstance(event, FaultApplied))
    lines = list(around(night(), [fault.seq], lines=4))
    assert len(lines) == 4
    assert [line for line in lines if line.startswith(">")] == [
        (
            "> 05:24:00 fault balancer_missing-1 on ingress: every request fails with “500: failed to fetch”: "
            "the connection is refused"
        )
    ]
    assert [line[2:10] for line in lines] == sorted(line[2:10] for line in lines)


def test_around_of_nothing_is_nothing() -> None:
    assert list(around(night(), [])) == []
    assert list(around(night(), [10**6])) == []
    assert list(around(History(()), [1])) == []
