from __future__ import annotations

import pytest

from harness.telemetry import PushRefused, Sample
from harness.telemetry.influx import PROXY_SOURCE, read_lines
from tests.harness.telemetry.payloads import AT, NANOSECONDS


def series(line: str) -> dict[str, float]:
    return {sample.labels["__name__"]: sample.value for sample in read_lines(line.encode())}


def test_line_of_the_course_becomes_one_sample() -> None:
    assert read_lines(b"request,source=jwt-pizza-service,method=GET get=5\n") == [
        Sample(
            {"__name__": "request_get", "source": "jwt-pizza-service", "method": "GET", PROXY_SOURCE: "influx"},
            None,
            5.0,
        )
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cpu value=1", {"cpu": 1.0}),
        ("request total=1,get=2", {"request_total": 1.0, "request_get": 2.0}),
        ("m i=5i,u=6u,f=-1.5e3,d=.5,e=5.", {"m_i": 5.0, "m_u": 6.0, "m_f": -1500.0, "m_d": 0.5, "m_e": 5.0}),
        ("m a=t,b=T,c=true,d=True,e=TRUE", {"m_a": 1.0, "m_b": 1.0, "m_c": 1.0, "m_d": 1.0, "m_e": 1.0}),
        ("m a=f,b=F,c=false,d=False,e=FALSE", {"m_a": 0.0, "m_b": 0.0, "m_c": 0.0, "m_d": 0.0, "m_e": 0.0}),
        (r'm text="a \"b\", c=1 d",n=2', {"m_n": 2.0}),
        ('m text="two\nlines",n=2', {"m_n": 2.0}),
        ('m text="only"', {}),
        ("pizza-sold per.day=1", {"pizza_sold_per_day": 1.0}),
        ("2xx n=1", {"_2xx_n": 1.0}),
        ("größe n=1", {"gr____e_n": 1.0}),
        (r"my\ measurement\,x a\=b=1", {"my_measurement_x_a_b": 1.0}),
        ("# a comment\n\n  \nm n=1\r\n#end", {"m_n": 1.0}),
        ("m n=1  \n  m o=2", {"m_n": 1.0, "m_o": 2.0}),
        ("", {}),
        ("# nothing", {}),
    ],
)
def test_line_becomes_a_series_for_each_field_that_is_a_number(line: str, expected: dict[str, float]) -> None:
    assert series(line) == expected


def test_tag_with_escapes_becomes_a_label() -> None:
    (sample,) = read_lines(rb"m,route-name=/a\ b\,c\=d n=1")
    assert sample.labels["route_name"] == "/a b,c=d"


@pytest.mark.parametrize(
    ("precision", "stamp"),
    [
        ("ns", NANOSECONDS),
        ("us", f"{AT}000000"),
        ("u", f"{AT}000000"),
        ("ms", f"{AT}000"),
        ("s", f"{AT}"),
        ("m", f"{AT // 60}"),
        ("h", f"{AT // 3600}"),
    ],
)
def test_timestamp_is_read_in_its_precision(precision: str, stamp: str) -> None:
    (sample,) = read_lines(f"m n=1 {stamp}".encode(), precision=precision)
    assert sample.at is not None
    assert AT - 3600 < sample.at <= AT
    assert sample.at == (AT if precision != "h" else AT // 3600 * 3600)


def test_precision_that_is_unknown_is_refused() -> None:
    with pytest.raises(PushRefused, match=r"unknown precision 'mss'. Did you mean 'ms'\?"):
        read_lines(b"m n=1", precision="mss")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("m n=1\nm n=NaN", "line 2, column 5: expected a number, a boolean or a text for field 'n', found 'NaN'."),
        ("m n=undefined", "found 'undefined'"),
        ("m n=", "the line ends"),
        ("m n=1x", "found '1x'"),
        ("m n=1_0", "found '1_0'"),
        ("m n=1.5i", "found '1.5i'"),
        ("m n=٣", "expected a number"),
        ("m n=" + "9" * 400, "the number of field 'n' is too large"),
        ("m", "expected a tag or a space before the fields, the line ends"),
        ("m n", "expected '=' after the field's key, the line ends"),
        ("m,tag n=1", "expected '=' after the tag's key, found ' n=1'"),
        ("m,tag= n=1", "expected a value for tag 'tag', found ' n=1'"),
        ("m n=1 yesterday", "expected a timestamp or the end of the line, found 'yesterday'"),
        ("m n=1 1.5", "expected a timestamp"),
        ('m n="open', "expected a number, a boolean or a text"),
        ("[object Object]", "expected '=' after the field's key, the line ends"),
        ("=1", "expected a tag or a space before the fields"),
        (",a=1 b=2", "line 1, column 1: expected a measurement, found ',a=1 b=2'"),
    ],
)
def test_line_that_cannot_be_read_refuses_the_push_and_says_where(line: str, reason: str) -> None:
    with pytest.raises(PushRefused) as refused:
        read_lines(line.encode())
    assert "Influx lines, line " in str(refused.value)
    assert reason in str(refused.value)
