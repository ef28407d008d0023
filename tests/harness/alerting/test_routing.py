import pytest

from harness.alerting.promql import Labels, ParseError
from harness.alerting.promql.matchers import Matcher
from harness.alerting.routing import Policy, Route, matcher, read_matchers, written_matchers
from harness.alerting.states import Alert


def route(receiver: str, *routes: Route, when: str = "", goes_on: bool = False) -> Route:
    return Route(Policy(receiver), read_matchers(when), goes_on=goes_on, routes=routes)


TREE = route(
    "root",
    route("pager", route("night", when="shift=night"), when="severity=page"),
    route("audit", when='team=~"a|b"', goes_on=True),
    route("team-a", when="team=a"),
    route("never", when="team=a"),
)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({}, ["root"]),
        ({"severity": "page"}, ["pager"]),
        ({"severity": "page", "shift": "night"}, ["night"]),
        ({"severity": "page", "team": "a"}, ["pager"]),
        ({"team": "a"}, ["audit", "team-a"]),
        ({"team": "b"}, ["audit"]),
        ({"team": "ab"}, ["root"]),
    ],
)
def test_alert_ends_at_the_first_route_that_takes_it_and_at_more_where_one_goes_on(
    labels: dict[str, str], receivers: list[str]
) -> None:
    assert [end.policy.receiver for end in TREE.ends(Labels(labels))] == receivers


def test_routes_are_walked_with_the_matchers_on_the_way_to_them() -> None:
    assert [key for _, key in TREE.walk()] == [
        "{}", '{}/{severity="page"}', '{}/{severity="page"}/{shift="night"}', '{}/{team=~"a|b"}', '{}/{team="a"}',
        '{}/{team="a"}',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("group_by", "group"),
    [
        (("alertname",), {"alertname": "Slow"}),
        (("job", "missing"), {"job": "a"}),
        ((), {}),
        (("...",), {"alertname": "Slow", "job": "a"}),
    ],
)
def test_group_of_an_alert_is_what_the_policy_says(group_by: tuple[str, ...], group: dict[str, str]) -> None:
    slow = Alert("Slow", Labels({"alertname": "Slow", "job": "a"}), annotations={}, starts_at=0)
    assert Policy(group_by=group_by).group_of(slow) == group


@pytest.mark.parametrize(
    ("text", "matchers"),
    [
        ("", []),
        ("{}", []),
        ("severity=page", [("severity", "=", "page")]),
        (' severity != "page" ', [("severity", "!=", "page")]),
        ("empty=", [("empty", "=", "")]),
        ('{a="b", c=~"d|e",}', [("a", "=", "b"), ("c", "=~", "d|e")]),
        (r'a="say \"hi\", \\ \n"', [("a", "=", 'say "hi", \\ \n')]),
        ('"odd name"="x"', [("odd name", "=", "x")]),
        ("path!~/api.*", [("path", "!~", "/api.*")]),
    ],
)
def test_matchers_are_read_as_people_write_them(text: str, matchers: list[tuple[str, str, str]]) -> None:
    assert [(each.name, each.op, each.value) for each in read_matchers(text)] == matchers


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("severity", "'severity' is no matcher near 'severity'. Write a label, one of = != =~ !~ and \"a value\""),
        ("a=b c=d", "near 'c=d'"),
        ("a>b", "near 'a>b'"),
        ('a="b', "is no matcher"),
        ("a=~(", "regular expression '('"),
    ],
)
def test_text_that_is_no_matcher_is_refused_and_says_where(text: str, complaint: str) -> None:
    with pytest.raises(ParseError) as refused:
        read_matchers(text)
    assert complaint in str(refused.value)


def test_matchers_are_written_in_the_order_of_their_labels() -> None:
    assert written_matchers([matcher("b", "=~", 'x"y'), Matcher("a", "!=", "1\n")]) == '{a!="1\\n",b=~"x\\"y"}'
