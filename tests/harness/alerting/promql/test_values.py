import pytest

from harness.alerting.promql import EvaluationError, Labels, Sample
from harness.alerting.promql.values import unique

A, B = Sample(Labels({"a": "1"}), 1.0), Sample(Labels({"b": "1"}), 1.0)


def test_samples_with_labels_of_their_own_pass_unchanged() -> None:
    assert unique([A, B]) == [A, B]


def test_samples_with_the_same_labels_are_an_error_that_names_them() -> None:
    with pytest.raises(EvaluationError, match=r'the same labels \{b="1"\}'):
        unique([A, B, Sample(B.labels, 2.0)])
