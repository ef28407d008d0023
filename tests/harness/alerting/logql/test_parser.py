from __future__ import annotations

import pytest

from harness.alerting import logql
from harness.alerting.promql import ParseError
from tests.harness.alerting.logql.scripts import ask, every, fields, line, store_of

STORE = store_of(
    *every(10, until=60, text='{"status":500,"took":"1.5s"}', app="a", level="error"),
    *every(20, until=60, text='{"status":200,"took":"20ms"}', app="a", level="info"),
    line(5, "plain", app="b"),
)


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        ('{app="a"}[1m]', 9),
        ('{app="a"} [1m]', 9),
        ('({app="a"})[1m]', 9),
        ('({app="a"}[1m])', 9),
        ('(({app="a"} |= "500"))[1m]', 6),
        ('{app="a"}[1m] |= "500"', 6),
        ('{app="a"} |= "500" [1m]', 6),
        ('{app="a"} |= "500" or "200" [1m]', 9),
        ('{app="a"} |= `"status":500` != "took" [1m]', 0),
        ('{app="a", level="error",}[1m]', 6),
        ('{app=~"a|b", level!="error"}[1m]', 4),
        ('{app=~".+", level!~"e.*"} [1m] # everything else\n', 4),
        ('{app="a"} | json | status >= 500 [1m]', 6),
        ('{app="a"} | json | status = 200 [1m]', 3),
        ('{app="a"} | json | status > -1 [1m]', 9),
        ('{app="a"} | json | took > 1s [1m]', 6),
        ('{app="a"} | json | took <= 20ms [1m]', 3),
        ('{app="a"} | level = `error` [1m]', 6),
        ('{app="a"} | level="error" or level="info" [1m]', 9),
        ('{app="a"} | level="error" and level="info" [1m]', 0),
        ('{app="a"} | json | level="info" , status=200 or level="error" [1m]', 9),
        ('{app="a"} | json | level="info" and (status=500 or level="error") [1m]', 0),
        ('{app="a"} | level=~"err.*|warn" | level!~"w.*" [1m]', 6),
    ],
)
def test_lines_are_selected_as_they_are_written(lines: str, count: int) -> None:
    assert ask(f"sum(count_over_time({lines}))", STORE, 60) == ({"{}": float(count)} if count else {})


def test_logfmt_and_line_format_and_unwrap_by_duration_are_read() -> None:
    store = store_of(line(10, "took=1500ms code=5", app="a"))
    assert ask('sum_over_time({app="a"} | logfmt | unwrap duration(took) [1m])', store, 60) == {
        '{app="a",code="5"}': 1.5
    }
    assert ask('bytes_over_time({app="a"} | logfmt | line_format "{{.code}}" [1m])', store, 60) == {
        '{app="a",code="5",took="1500ms"}': 1.0
    }


def test_query_of_a_real_dashboard_is_read() -> None:
    store = store_of(fields(10, {"source": "jwt-pizza-service", "metric": "pizza"}, failures=3))
    query = """
        sum(sum_over_time({source=~"jwt-pizza-service(-dev)?", metric="pizza"}
            | json | __error__="" | unwrap failures [5m])) > 0
    """
    assert ask(query, store, 60) == {"{}": 3.0}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('count_over_time({app="a"})', "count_over_time has no range, such as [5m]"),
        ('count_over_time({app="a"}[1m] |= "x" [1m])', "there are two ranges, at column 38"),
        ('count_over_time({app="a"}[0s])', "the range is empty"),
        ('count_over_time({app="a"}[soon])', "expected a length of time, such as 5m, at column 27 near 'soon])'"),
        ('count_over_time({app="a"}[1m] offset -1m)', "expected a length of time, such as 5m, at column 38"),
        ('count_over_time({app="a"}[5q])', "'5q' is not a length of time, such as 5m"),
        ('count_over_time({app="a"}[$__auto])', "replace Grafana's variables, such as $__auto, first"),
        ("count_over_time({}[1m])", "the selector takes in every stream"),
        ('count_over_time({app=~".*"}[1m])', "the selector takes in every stream"),
        ('count_over_time({app!="a"}[1m])', "the selector takes in every stream"),
        ("count_over_time({app=a}[1m])", "expected what app is compared with in quotes or backticks, at column 22"),
        ('count_over_time({app>"a"}[1m])', "expected one of = != =~ !~"),
        ('count_over_time({app="a" level="b"}[1m])', "expected '}'"),
        (
            'count_over_time({app="a"} | pattern "<x>" [1m])',
            "the stage pattern is not spoken here. Known: json, logfmt",
        ),
        ('count_over_time({app="a"} | jsno [1m])', "unknown stage 'jsno'. Did you mean 'json'?"),
        ('count_over_time({app="a"} | json x="y" [1m])', "json takes no parameters here"),
        ('count_over_time({app="a"} | json --strict [1m])', "json takes no parameters here"),
        ('count_over_time({app="a"} |> "<_>" [1m])', "expected ')', at column 27 near '|>"),
        ('count_over_time({app="a"} |= error [1m])', "expected what lines are searched for in quotes or backticks"),
        ('count_over_time({app="a"} |~ "(" [1m])', "regular expression '('"),
        ('count_over_time({app="a"} | level > "x" [1m])', "> compares numbers, and here is a text"),
        (
            'count_over_time({app="a"} | level =~ 5 [1m])',
            "level is compared with neither a text, a number nor a length",
        ),
        ('count_over_time({app="a"} | size > 5KB [1m])', "size is compared with neither"),
        ('count_over_time({app="a"} | (level [1m])', "expected a comparison, such as ="),
        ('count_over_time({app="a"} | unwrap ms [1m])', "count_over_time takes whole lines: remove unwrap"),
        ('sum_over_time({app="a"}[1m])', "sum_over_time needs values: add | unwrap LABEL"),
        ('quantile_over_time(0.9, {app="a"}[1m])', "quantile_over_time needs values"),
        ('quantile_over_time(p, {app="a"} | unwrap ms [1m])', "expected a share from 0 to 1"),
        ('sum_over_time({app="a"} | unwrap a | unwrap b [1m])', "there are two unwraps"),
        ('sum_over_time({app="a"} | unwrap bytes(a) [1m])', "unwrap cannot convert by bytes; known: duration"),
        ('count_over_time({app="a"}[1m]) by (level)', "write sum by (…) around the function"),
        ('count_over_time({app="a"', "expected '}'"),
        ('sum_over_time({app="a"} | unwrap a [1m]) by (', "expected a label's name, at column 46 near 'the end'"),
    ],
)
def test_text_that_is_not_spoken_here_is_refused_and_says_where(text: str, complaint: str) -> None:
    with pytest.raises(ParseError) as refused:
        logql.compile(text)
    assert complaint in str(refused.value)
    assert text in str(refused.value)
