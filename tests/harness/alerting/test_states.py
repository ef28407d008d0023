from datetime import timedelta

import pytest

from harness.alerting.promql import Labels
from harness.alerting.states import Instance, has_lasted
from harness.alerting.templates import Subject

BEGIN = 1_733_055_840.0


@pytest.mark.parametrize(
    ("length", "passed", "is_over"),
    [
        (0.0, 0.0, True),
        (60.0, 60.0, True),
        (60.0, 59.9, False),
        (60.0, 60.1, True),
        (0.3, 0.3, True),
        (0.3, 0.2, False),
    ],
)
def test_length_has_lasted_at_its_very_end_whatever_floats_lose(length: float, passed: float, is_over: bool) -> None:
    assert has_lasted(timedelta(seconds=length), since=BEGIN, now=BEGIN + passed) is is_over


def test_instance_that_moves_tells_from_where_to_where_why_and_what_it_saw() -> None:
    labels = Labels({"alertname": "Slow"})
    instance = Instance(Labels(), labels, Subject(Labels(), 9.0), seen=60, since=0)
    change = instance.move("pending", rule="Slow", reason="threshold", now=60)
    assert (change.previous, change.state, change.reason, change.value) == ("inactive", "pending", "threshold", 9.0)
    assert (change.rule, change.labels) == ("Slow", {"alertname": "Slow"})
    assert (instance.state, instance.reason, instance.since) == ("pending", "threshold", 60)
