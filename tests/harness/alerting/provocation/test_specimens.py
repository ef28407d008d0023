from __future__ import annotations

import pytest

from harness.alerting.promql import Labels
from harness.alerting.provocation.specimens import specimen
from harness.alerting.routing import read_matchers


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ('a="b"', {"a": "b"}),
        ('a=~"x|y"', {"a": "x"}),
        ('a=~"x|y", a!="x"', {"a": "y"}),
        ('a=~"5.."', {"a": "500"}),
        ('a=~"[45]\\\\d\\\\d"', {"a": "455"}),
        ('a=~"/api/.+"', {"a": "/api/0"}),
        ('a!=""', {"a": "drill"}),
        ('a!~"drill.*"', {"a": "5"}),
        ('a=~".*"', {"a": "0"}),
        ('a=""', {"a": ""}),
    ],
)
def test_specimen_has_what_the_matchers_ask_for(asked: str, made: dict[str, str]) -> None:
    assert specimen(read_matchers(asked), more={}) == Labels(made)


def test_specimen_has_the_labels_that_it_is_given_where_the_matchers_allow_it() -> None:
    assert specimen(read_matchers('a!="x"'), more={"a": "x", "b": "y"}) == Labels({"a": "drill", "b": "y"})


@pytest.mark.parametrize("asked", ['a="x", a="y"', 'a=~"x", a!~"x"'])
def test_specimen_that_cannot_be_is_none(asked: str) -> None:
    assert specimen(read_matchers(asked), more={}) is None
