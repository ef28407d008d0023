import pytest

from harness.alerting.promql import Labels, ParseError, Semantics
from harness.alerting.promql.label_functions import check_name, label_join, label_replace
from harness.alerting.promql.moment import Dialect
from tests.harness.alerting.promql.scripts import failures

V2, V3 = Dialect(Semantics.V2), Dialect(Semantics.V3)
LABELS = Labels({"__name__": "m", "src": "a-b"})


@pytest.mark.parametrize(
    ("replacement", "value"),
    [
        ("$1", "a"),
        ("${2}$1", "ba"),
        ("$second", "b"),
        ("${second}x", "bx"),
        ("$1x", ""),  # a group named 1x, which is not there
        ("$9", ""),
        ("$01", ""),  # nor is there a group named 01
        ("$1ä", ""),
        ("$" + "9" * 5000, ""),
        ("$$1", "$1"),
        ("$-", "$-"),
    ],
)
def test_replacement_takes_parts_as_re2_does(replacement: str, value: str) -> None:
    relabel = label_replace(["dst", replacement, "src", "(.*)-(?P<second>.*)"], V3)
    assert relabel(LABELS).value("dst") == value


def test_replacement_without_a_match_changes_nothing() -> None:
    assert label_replace(["src", "x", "src", "b"], V3)(LABELS) is LABELS


def test_replacement_with_a_group_that_took_no_part_leaves_it_empty() -> None:
    assert label_replace(["dst", "<$1>", "src", "(x)?.*"], V3)(LABELS).value("dst") == "<>"


def test_join_puts_values_in_order_and_may_remove_the_label() -> None:
    assert label_join(["dst", "/", "src", "none", "src"], V3)(LABELS).value("dst") == "a-b//a-b"
    assert label_join(["src", ","], V3)(LABELS) == {"__name__": "m"}


def test_label_name_with_a_dash_is_allowed_from_prometheus_3_on() -> None:
    check_name("a-b", V3)
    with pytest.raises(ParseError, match="'a-b' is no label name"):
        check_name("a-b", V2)
    with pytest.raises(ParseError):
        check_name("", V3)


def test_two_series_given_the_same_labels_are_an_error() -> None:
    script = """
    load 10s
      m{a="1"} 1
      m{a="2"} 2

    eval instant at 0 label_replace(m, "a", "", "", "")
      expect fail
    """
    assert not failures(script)
