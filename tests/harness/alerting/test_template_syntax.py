from collections.abc import Mapping

import pytest

from harness.alerting.template_syntax import Branch, Call, Chain, Constant, Node, Pipeline, parse_template
from harness.errors import ScenarioError

FUNCTIONS: Mapping[str, range] = {"humanize": range(1, 2), "printf": range(1, 99), "eq": range(2, 3), "now": range(1)}


def parse(text: str) -> tuple[Node, ...]:
    return parse_template(text, variables={"$", "$value", "$labels"}, functions=FUNCTIONS)


def test_text_and_places_become_nodes_in_order() -> None:
    assert parse("a {{ $value | humanize }}b") == (
        "a ",
        Pipeline((Chain("$value", ()), Call("humanize", ()))),
        "b",
    )


def test_fields_follow_without_a_space_and_stand_alone_with_one() -> None:
    assert parse("{{ eq $labels.a.b .c }}") == (
        Pipeline((Call("eq", (Chain("$labels", ("a", "b")), Chain(".", ("c",)))),)),
    )


def test_pipeline_in_parentheses_may_be_asked_for_fields() -> None:
    assert parse("{{ (printf `x`).Value }}") == (
        Pipeline((Chain(Pipeline((Call("printf", (Constant("x"),)),)), ("Value",)),)),
    )


def test_else_if_is_a_branch_inside_the_other_and_ends_with_it() -> None:
    (branch, after) = parse("{{ if $value }}a{{ else if now }}b{{ else }}c{{ end }}d")
    assert isinstance(branch, Branch)
    (inner,) = branch.otherwise
    assert isinstance(inner, Branch)
    assert (branch.then, inner.then, inner.otherwise, after) == (("a",), ("b",), ("c",), "d")


def test_variable_lives_in_the_body_that_declares_it() -> None:
    assert parse("{{ if $x := now }}{{ $x }}{{ else }}{{ $x }}{{ end }}")
    with pytest.raises(ScenarioError, match=r"unknown variable '\$x'"):
        parse("{{ if $value }}{{ $x := 1 }}{{ end }}{{ $x }}")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ $value | humanise }}", "unknown template function 'humanise'. Did you mean 'humanize'"),
        ("{{ $valu }}", r"unknown variable '\$valu'. Did you mean '\$value'"),
        ("{{ }}", "is empty"),
        ("{{ if }}{{ end }}", "is empty"),
        ("{{ $value | }}", "nothing on one side"),
        ("{{ humanize $value $value }}", "takes one value and was given 2"),
        ("{{ $value | now }}", "now takes 0 values and was given 1"),
        ("{{ printf }}", "takes at least 1 and was given 0"),
        ("{{ $value 5 }}", r"'\$value' is no function"),
        ("{{ 5 | $value }}", r"'\$value' is no function"),
        ("{{ $value", "never closes it"),
        ("{{ `a", "cannot be read there"),
        ("{{ $value ; }}", "';.*' cannot be read there"),
        ("{{ ($value }}", "cannot be read to its end"),
        ("{{ $value ) }}", "cannot be read to its end"),
        ("{{ if $value }}", r"\{\{ if \$value \}\}: it has no \{\{ end \}\}"),
        ("{{ if $value }}{{ else }}{{ else }}{{ end }}", "it has no"),
        ("{{ end }}", "it has nothing that it belongs to"),
        ("{{ else }}", "it has nothing that it belongs to"),
        ("{{ break }}", "stands outside any range"),
        ("{{ define `x` }}{{ end }}", "'define' is not supported"),
        ("{{ $x = 1 }}", "unknown variable"),
        (r'{{ "\q" }}', "an escape that is not known"),
        ("{{ if now }}" * 80, "nested more than 50 deep"),
        ("{{ " + "(" * 200 + "1" + ")" * 200 + " }}", "more than 100 parentheses"),
    ],
)
def test_text_that_is_no_template_is_refused_and_the_place_shown(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        parse(text)
