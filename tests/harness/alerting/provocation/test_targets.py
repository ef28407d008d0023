from __future__ import annotations

from harness.alerting.promql import Labels
from harness.alerting.provocation.feed import Target
from harness.alerting.provocation.targets import targets_of
from harness.alerting.rules import compile_expression


def targets(text: str, *, copies: int = 1, recorded: frozenset[str] = frozenset()) -> tuple[Target, ...]:
    return targets_of([compile_expression(text)], numbers=[5.0], copies=copies, recorded=set(recorded))


def test_each_selector_is_a_target_once() -> None:
    found = targets('x{a="b"} + x{a="b"} > 5 and rate(y[5m]) > 1')
    assert [target.name for target in found] == ['x{a="b"}', "y"]


def test_series_have_the_labels_by_which_they_are_brought_together() -> None:
    (only,) = targets("sum by (pod) (x) > 5")
    assert only.series == (Labels({"__name__": "x", "pod": "drill"}),)


def test_copies_are_told_apart_by_their_instance() -> None:
    (only,) = targets("count(x) > 1", copies=2)
    assert [each["instance"] for each in only.series] == ["drill-1", "drill-2"]


def test_histogram_has_buckets_around_the_numbers_that_it_is_compared_with() -> None:
    (only,) = targets("histogram_quantile(0.9, rate(x_bucket[5m])) > 5")
    assert [each["le"] for each in only.series] == ["0.001", "5", "20", "+Inf"]


def test_metric_that_a_rule_records_is_not_pushed() -> None:
    assert [target.name for target in targets("a:b + c > 1", recorded=frozenset({"a:b"}))] == ["c"]


def test_counted_metric_rises_first_and_another_stands_at_a_level_first() -> None:
    counted, other = targets("rate(x[5m]) > 5 and y > 5")
    assert (str(counted.shapes[0]), str(other.shapes[0])) == ("rising by 51 a second", "at 51")


def test_log_lines_are_a_target_with_amounts_for_counts_and_for_rates() -> None:
    (only,) = targets('sum(rate({app="a"} |= "x" [1m])) > 5')
    assert only.name == 'lines {"message":"x"} of {app="a"}'
    assert {shape.lines for shape in only.shapes} >= {0, 5, 300}
