import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.alerting.promql import Labels
from harness.alerting.templates import Template
from harness.errors import ScenarioError

LABELS = Labels({"method": "GET"})


def expand(text: str, value: float | None = 0.0) -> str:
    return Template.parse(text).expand(LABELS, value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no places", "no places"),
        ("{{ $labels.method }} is slow", "GET is slow"),
        ("{{$labels.method}}{{$labels.method}}", "GETGET"),
        ("[{{ $labels.path }}]", "[]"),
        ("{{- .Labels.method -}}", "GET"),
        ("{{ $value }}", "12.5"),
        ("{{ .Value }}", "12.5"),
        ("{{ $value | humanize }}", "12.5"),
        ("{{ humanize $value }}", "12.5"),
        ('{{ printf "%.2f" $value }}', "12.50"),
        ('{{ $value | printf "%.1f of %s" "all" }}', "%!f(string=all) of 12.5"),
        ('{{ printf "%s: %.0f%%" $labels.method $value }}', "GET: 12%"),
        ('{{ printf "%s" }}', "%!s(MISSING)"),
        ('{{ $labels.method | printf "<%s|%s>" "a" }}', "<a|GET>"),
        ('{{ "a \\"b\\"" | printf "%s" }}', 'a "b"'),
        ("{{ humanize $labels.method }}", "<error expanding template: 'GET' is not a number>"),
    ],
)
def test_template_expanded_reads(text: str, expected: str) -> None:
    assert expand(text, 12.5) == expected


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        ("humanize", 0.0, "0"),
        ("humanize", 1234567.0, "1.235M"),
        ("humanize", 999.0, "999"),
        ("humanize", 1000.0, "1k"),
        ("humanize", -2500.0, "-2.5k"),
        ("humanize", 0.0012, "1.2m"),
        ("humanize", math.inf, "+Inf"),
        ("humanize", math.nan, "NaN"),
        ("humanize1024", 2048.0, "2ki"),
        ("humanize1024", 0.25, "0.25"),
        ("humanizePercentage", 0.951, "95.1%"),
        ("humanizeDuration", 0.0, "0s"),
        ("humanizeDuration", 0.02, "20ms"),
        ("humanizeDuration", 59.5, "59.5s"),
        ("humanizeDuration", 3725.0, "1h 2m 5s"),
        ("humanizeDuration", -60.0, "-1m 0s"),
        ("humanizeDuration", 90061.0, "1d 1h 1m 1s"),
    ],
)
def test_humanize_function_writes(function: str, value: float, expected: str) -> None:
    assert expand(f"{{{{ $value | {function} }}}}", value) == expected


@pytest.mark.parametrize(("value", "expected"), [(5.0, "5"), (0.1, "0.1"), (-math.inf, "-Inf"), (1e300, "1e+300")])
def test_value_is_written_as_go_writes_it(value: float, expected: str) -> None:
    assert expand("{{ $value }}", value) == expected


def test_value_that_is_not_there_says_so_even_through_a_function() -> None:
    assert expand("{{ $value }} {{ $value | humanize }}", None) == "[no value] [no value]"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ $value | humanise }}", "unknown template function 'humanise'. Did you mean 'humanize'"),
        ("{{ query `up` | first }}", "unknown template function|cannot be read"),
        ("{{ if $value }}much{{ end }}", "unknown template function 'if'"),
        ("{{ }}", "is empty"),
        ("{{ $value | }}", "nothing on one side"),
        ("{{ humanize $value $value }}", "takes one value and was given 2"),
        ("{{ humanize value }}", "'value' cannot be read"),
        ("{{ printf }}", "needs a format"),
        ("{{ $value", "never closes it"),
        ("{{ $labels }}", "unknown template function '\\$labels'"),
    ],
)
def test_template_beyond_what_is_spoken_is_refused_when_read(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        Template.parse(text)


@given(st.text(alphabet='{}$ "\\|valuehmnizprtf%.2', max_size=30), st.floats() | st.none())
def test_any_text_is_expanded_or_refused_and_never_anything_else(text: str, value: float | None) -> None:
    try:
        template = Template.parse(text)
    except ScenarioError:
        return
    template.expand(LABELS, value)
