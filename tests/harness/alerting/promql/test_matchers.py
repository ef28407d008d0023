import pytest

from harness.alerting.promql import Labels
from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.regex import compile_regex


@pytest.mark.parametrize(
    ("op", "value", "accepted"),
    [
        ("=", "500", True),
        ("=", "50", False),
        ("!=", "500", False),
        ("=~", "5..", True),
        ("=~", "5", False),
        ("!~", "4..", True),
    ],
)
def test_matcher_given_a_label_accepts_by_its_operator(op: str, value: str, accepted: bool) -> None:
    pattern = compile_regex(value, dot_matches_newline=True) if "~" in op else None
    assert Matcher("status", op, value, pattern).accepts(Labels({"status": "500"})) is accepted


def test_matcher_given_no_such_label_takes_it_as_empty() -> None:
    assert Matcher("status", "=", "").accepts(Labels({"path": "/"}))
    assert not Matcher("status", "!=", "").accepts(Labels({"path": "/"}))
