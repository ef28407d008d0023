import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.alerting.promql import EvaluationError, Labels, Sample
from harness.alerting.templates import Author, External, Subject, Template
from harness.errors import ScenarioError

LABELS = Labels({"__name__": "latency", "method": "GET"})
WRITTEN = "{__name__=latency, method=GET}"
HOME = External({"cluster": "eu"}, "https://prometheus.example/home")


def ask(text: str) -> Sequence[Sample]:
    if text == "broken":
        raise EvaluationError("it does not fit")
    return [Sample(Labels({"job": job}), value) for job, value in (("web", 2.0), ("db", 1.5))] if text == "up" else []


def expand(text: str, value: float | None = 12.5, author: Author = "Prometheus") -> str:
    subject = Subject(LABELS, value, {"A": value, "B": 1.0}, ask, now=1_700_000_000.0)
    return Template.parse(text, author=author, external=HOME).expand(subject)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no places", "no places"),
        ("{{ $labels.method }} is slow", "GET is slow"),
        ("{{$labels.method}}{{$labels.method}}", "GETGET"),
        ("[{{ $labels.path }}]", "[]"),
        ("{{ $labels }}", "map[__name__:latency method:GET]"),
        ("a {{- .Labels.method -}} b", "aGETb"),
        ("a {{/* nothing */}} b", "a  b"),
        ("a {{- /* nothing */ -}} b", "ab"),
        ("{{ $value }} {{ .Value }} {{ $.Value }}", "12.5 12.5 12.5"),
        (
            "{{ $externalLabels.cluster }} {{ $externalURL }} {{ pathPrefix }}",
            "eu https://prometheus.example/home /home",
        ),
        ("{{ now | humanizeTimestamp }}", "2023-11-14 22:13:20 +0000 UTC"),
        ("{{ $value | humanize }}{{ humanize $value }}", "12.512.5"),
        ('{{ $labels.method | printf "<%s|%s>" "a" }}', "<a|GET>"),
        (
            '{{ "a \\"}}\\"" }} {{ `\\b` }} {{ 7 }} {{ 1e3 }} {{ true }} {{ nil | print }}',
            'a "}}" \\b 7 1000 true <nil>',
        ),
        ("{{ (first (query `up`)).Labels.job }}", "web"),
        ("{{ if gt $value 5.0 }}much{{ else }}little{{ end }}", "much"),
        ("{{ if eq $labels.method `PUT` }}a{{ else if and $value (not false) }}b{{ else }}c{{ end }}", "b"),
        ("{{ with $labels.path }}{{ . }}{{ else }}none{{ end }}", "none"),
        ("{{ with $x := $labels.method }}{{ . }}{{ $x }}{{ end }}", "GETGET"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2"),
        ("{{ range query `up` }}{{ .Labels.job }}={{ .Value }} {{ end }}", "web=2 db=1.5 "),
        ("{{ range $i, $s := query `up` | sortByLabel `job` }}{{ $i }}{{ $s | label `job` }}{{ end }}", "0db1web"),
        ("{{ range $name, $text := $labels }}{{ $name }}={{ $text }};{{ end }}", "__name__=latency;method=GET;"),
        ("{{ range query `down` }}{{ . }}{{ else }}nothing{{ end }}", "nothing"),
        ("{{ range query `up` }}{{ .Value }}{{ break }}{{ end }}", "2"),
        ("{{ range query `up` }}{{ continue }}{{ .Value }}{{ end }}.", "."),
        ("{{ with query `up` }}{{ . | first | value | humanize }}{{ end }}", "2"),
    ],
)
def test_template_expanded_reads(text: str, expected: str) -> None:
    assert expand(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x {{ humanize $labels.method }}", "'GET' is not a number"),
        ("{{ first (query `down`) }}", "first: the query brought nothing"),
        ("{{ query `broken` }}", "query: it does not fit"),
        ("{{ .Nothing }}", "there is no field Nothing in map[ExternalLabels:map[cluster:eu]"),
        ("{{ toUpper $value }}", "toUpper cannot take 12.5"),
        ("{{ range $value }}{{ end }}", "there is nothing to range over in 12.5"),
        ("{{ if gt $value 5 }}{{ end }}", "12.5 and 5 are of types that cannot be compared; write 1.0 for 1"),
    ],
)
def test_template_that_fails_gives_the_reason_in_place_of_the_whole_text(text: str, reason: str) -> None:
    assert expand(text).startswith(f"<error expanding template: {reason}")


def test_template_that_would_not_end_is_stopped() -> None:
    loop = "{{ range query `up` }}" * 20 + "x" + "{{ end }}" * 20
    assert expand(loop) == "<error expanding template: it takes more than 20,000 steps>"
    doubling = '{{ $x := "aaaaaaaaaa" }}' + "{{ $x = printf `%s%s` $x $x }}" * 17 + "{{ $x }}"
    assert expand(doubling) == "<error expanding template: the text is longer than 1,000,000 characters>"


def test_value_that_is_not_there_says_so_even_through_a_function() -> None:
    assert expand("{{ $value }} {{ $value | humanize }}", None) == "[no value] [no value]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ $values.A }} {{ $values.A.Value }} {{ $values.A.Labels.method }}", "12 12.5 GET"),
        ('{{ (index $values "B").Value | humanizePercentage }}', "100%"),
        (
            "{{ $value }}",
            f"[ var='A' labels={WRITTEN} value=12.5 ], [ var='B' labels={WRITTEN} value=1 ]",
        ),
        ("{{ $values.C }} {{ $values.C.Value }} {{ $labels.path }}", "[no value] [no value] [no value]"),
        ("{{ $labels }}", "__name__=latency, method=GET"),
        ('{{ removeLabels $labels "__name__" }}', "map[method:GET]"),
        ("{{ len (query `up`) }}", "0"),
        ("{{ range $name, $seen := $values }}{{ $name }}{{ $seen.Value }} {{ end }}", "A12.5 B1 "),
    ],
)
def test_template_of_a_grafana_rule_reads(text: str, expected: str) -> None:
    assert expand(text, author="Grafana") == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ $values.A }}", r"unknown variable '\$values'. Did you mean '\$value'"),
        ("{{ mergeLabelValues $labels }}", "unknown template function 'mergeLabelValues'"),
    ],
)
def test_template_of_a_prometheus_rule_has_not_what_only_grafana_has(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        Template.parse(text)


def test_literal_text_is_no_template() -> None:
    assert Template.literal("{{ nope").expand(Subject(LABELS)) == "{{ nope"


WORDS = (
    "{{ }} {{- -}} $value $labels .method | ( ) if else end range with query `up` humanize printf '%d' := = $x , . nil "
    "1 2.5 index first break /* */ text eq and $"
)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(WORDS.split(" ")), max_size=12).map(" ".join)
    | st.text(alphabet='{}$ "\\|valuehmnizprtf%.2()`-', max_size=30),
    st.floats() | st.none(),
)
def test_any_text_is_expanded_or_refused_and_never_anything_else(text: str, value: float | None) -> None:
    for author in ("Prometheus", "Grafana"):
        try:
            template = Template.parse(text, author=author)
        except ScenarioError:
            continue
        template.expand(Subject(LABELS, value, {"A": value}, ask))


def test_numbers_are_written_as_go_writes_them() -> None:
    assert expand("{{ $value }}", 1_000_000.0) == "1e+06"
    assert expand("{{ $value }}", math.inf) == "+Inf"
