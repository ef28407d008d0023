import pytest

from harness.alerting.frames import Number, Partners, Series
from harness.alerting.promql import Labels


def number(**labels: str) -> Number:
    return Number(Labels(labels), 1.0)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": "1", "b": "2"}, [{"a": "1"}, {"a": "1", "b": "2"}, {}]),
        ({"a": "1"}, [{"a": "1"}, {"a": "1", "b": "2"}, {}]),
        ({"a": "9"}, [{}]),
        ({"b": "2"}, [{"a": "1", "b": "2"}, {"c": "3", "b": "2"}, {}]),
        ({}, [{"a": "1"}, {"a": "1", "b": "2"}, {"c": "3", "b": "2"}, {}]),
        ({"z": "1"}, [{}]),
    ],
)
def test_partners_are_found_by_labels_that_contain_theirs_or_are_contained(
    wanted: dict[str, str], found: list[dict[str, str]]
) -> None:
    known = [number(a="1"), number(a="1", b="2"), number(c="3", b="2"), number()]
    assert [dict(each.labels) for each in Partners(known).of(Labels(wanted))] == found


def test_series_is_changed_point_by_point_and_keeps_its_times() -> None:
    labels = Labels({"a": "1"})
    changed = Series(labels, [(1.0, 2.0), (2.0, None)]).mapped(lambda value: None if value is None else -value)
    assert changed == Series(labels, [(1.0, -2.0), (2.0, None)])
