from __future__ import annotations

import pytest

from harness.alerting.logql import compile  # noqa: A004 - as in re.compile
from harness.alerting.provocation.lines import line_for
from harness.telemetry.pushes import LogLine


def made(counted: str) -> LogLine | None:
    (only,) = compile(f"sum({counted}) > 0").ranges
    return line_for(only)


@pytest.mark.parametrize(
    ("counted", "labels", "line"),
    [
        ('rate({app="pizza"} [1m])', {"app": "pizza"}, "{}"),
        ('rate({app="pizza"} |= "time out" [1m])', {"app": "pizza"}, '{"message":"time out"}'),
        ('rate({app=~"a|b", level!="info"} [1m])', {"app": "a", "level": "drill"}, "{}"),
        ('rate({app="a"} | json | status >= 500 [1m])', {"app": "a"}, '{"status":500}'),
        ('rate({app="a"} | json | status > 499 | path=`/x` [1m])', {"app": "a"}, '{"status":500,"path":"/x"}'),
        ('rate({app="a"} | logfmt | level="warn" [1m])', {"app": "a"}, 'level="warn" message=""'),
        ('rate({app="a"} | json | took > 1s [1m])', {"app": "a"}, '{"took":"2s"}'),
        ('sum_over_time({app="a"} | json | unwrap n [1m])', {"app": "a"}, '{"n":1234567}'),
        ('sum_over_time({app="a"} | json | unwrap duration(n) [1m])', {"app": "a"}, '{"n":"1234567s"}'),
    ],
)
def test_line_is_made_up_from_what_a_function_asks_for(counted: str, labels: dict[str, str], line: str) -> None:
    found = made(counted)
    assert found is not None
    assert (found.labels, found.line) == (labels, line)


@pytest.mark.parametrize("counted", ['rate({app="a"} |= "x" != "x" [1m])', 'rate({app="a", app="b"} [1m])'])
def test_line_that_nothing_could_be_is_not_made_up(counted: str) -> None:
    assert made(counted) is None
