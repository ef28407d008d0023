import math

import pytest

from harness.alerting.classic_conditions import CLASSIC_REDUCERS, Classic, ClassicCondition
from harness.alerting.comparisons import Comparison
from harness.alerting.frames import Frame, Number, Series
from harness.alerting.promql import Labels

GET, PUT = Labels({"method": "GET"}), Labels({"method": "PUT"})


def points(*values: float | None, labels: Labels = GET) -> Series:
    return Series(labels, [(float(at), value) for at, value in enumerate(values)])


def over(limit: float, source: str = "A", joined_by: str = "and") -> ClassicCondition:
    return ClassicCondition(source, "last", ">", (limit,), joined_by="or" if joined_by == "or" else "and")


def verdict(*conditions: ClassicCondition, **frames: list[Frame]) -> float | None:
    (found,) = Classic("C", conditions).run(frames)
    assert isinstance(found, Number)
    assert found.labels == Labels()
    return found.value


@pytest.mark.parametrize(
    ("reducer", "expected"),
    [
        ("avg", 4), ("sum", 12), ("min", 2), ("max", 7), ("count", 5), ("last", 3), ("median", 3), ("diff", 1),
        ("diff_abs", 1), ("percent_diff", 50), ("percent_diff_abs", 50), ("count_non_null", 3),
    ],
)  # fmt: skip
def test_reducer_leaves_out_what_is_no_number(reducer: str, expected: float) -> None:
    exactly = ClassicCondition("A", CLASSIC_REDUCERS[reducer], "==", (expected,))
    assert verdict(exactly, A=[points(None, 2, 7, math.nan, 3)]) == 1
    assert set(CLASSIC_REDUCERS) >= {reducer}


def test_differences_are_signed_and_of_one_first_point_they_are_zero() -> None:
    def difference(reducer: str, *values: float | None) -> ClassicCondition:
        return ClassicCondition("A", CLASSIC_REDUCERS[reducer], "<", (0,))

    assert verdict(difference("diff"), A=[points(5, 3)]) == 1
    assert verdict(difference("percent_diff"), A=[points(-5, -7)]) == 1
    assert verdict(difference("percent_diff_abs"), A=[points(-5, -7)]) == 0
    assert verdict(ClassicCondition("A", "percent_diff", "==", (0,)), A=[points(0)]) == 1


def test_reducer_of_nothing_but_infinities_ends_where_grafana_begins() -> None:
    assert verdict(ClassicCondition("A", "min", "<", (math.inf,)), A=[points(math.inf)]) == 1


def test_condition_is_breached_when_one_of_its_series_is() -> None:
    assert verdict(over(5), A=[points(1), points(9, labels=PUT)]) == 1
    assert verdict(over(5), A=[points(1), points(2, labels=PUT)]) == 0


def test_condition_takes_a_number_as_it_is() -> None:
    assert verdict(over(5), A=[Number(GET, 9)]) == 1
    assert verdict(over(5), A=[Number(GET, math.nan)]) == 0
    assert verdict(over(5), A=[Number(GET, None)]) is None


def test_series_without_a_value_are_no_data_only_when_all_are() -> None:
    assert verdict(over(5), A=[points(None, math.nan)]) is None
    assert verdict(over(5), A=[points()]) is None
    assert verdict(over(5), A=[points(None), points(1, labels=PUT)]) == 0


def test_no_value_is_breached_by_what_would_be_no_data() -> None:
    empty = ClassicCondition("A", "last", None)
    assert verdict(empty, A=[points(None)]) == 1
    assert verdict(empty, A=[]) == 1
    assert verdict(empty, A=[points(1)]) == 0
    assert verdict(over(5), A=[]) is None


@pytest.mark.parametrize(
    ("comparison", "bounds", "expected"),
    [(">", (2,), 1), ("<", (2,), 0), ("in (,)", (1, 3), 0), ("in [,]", (1, 3), 1), ("not in [,]", (1, 3), 0),
     ("not in (,)", (1, 3), 1), ("!=", (3,), 0)],
)  # fmt: skip
def test_evaluator_judges_the_reduced_value(comparison: Comparison, bounds: tuple[float, ...], expected: int) -> None:
    assert verdict(ClassicCondition("A", "last", comparison, bounds), A=[points(3)]) == expected


def test_conditions_are_joined_from_the_left_without_precedence() -> None:
    frames: dict[str, list[Frame]] = {"A": [points(1)], "B": [points(9)], "D": [points(1)]}
    assert verdict(over(5, "B"), over(5, "A", "or"), over(5, "D", "and"), **frames) == 0
    assert verdict(over(5, "A"), over(5, "D", "and"), over(5, "B", "or"), **frames) == 1


def test_missing_data_is_joined_by_the_same_words_and_goes_before_a_breach() -> None:
    frames: dict[str, list[Frame]] = {"A": [points(None)], "B": [points(9)]}
    assert verdict(over(5, "A"), over(5, "B", "and"), **frames) == 0
    assert verdict(over(5, "A"), over(5, "B", "or"), **frames) is None


def test_conditions_are_written_as_one_reads_them() -> None:
    classic = Classic("C", (over(5), ClassicCondition("B", "avg", None, joined_by="or")))
    assert str(classic) == "last(A) > 5 or avg(B) has no value"
    assert classic.sources == ("A", "B")
