from __future__ import annotations

import pytest

from harness.alerting.logql.entries import ERROR, Entry
from harness.alerting.logql.stages import line_filter, line_format, parse_json, parse_logfmt, unwrap
from harness.alerting.promql import ParseError


def entry(line: str = "", **labels: str) -> Entry:
    return Entry(0.0, line, labels)


@pytest.mark.parametrize(
    ("sign", "wanted", "kept"),
    [
        ("|=", ["order"], ["an order", "order 500"]),
        ("|=", ["order", "500"], ["an order", "order 500", "500 here"]),
        ("!=", ["order"], ["500 here"]),
        ("!=", ["order", "500"], []),
        ("|~", ["^order"], ["order 500"]),
        ("|~", ["5.0$", "^an"], ["an order", "order 500"]),
        ("!~", ["[0-9]+"], ["an order"]),
    ],
)
def test_line_filter_keeps_lines_that_hold_one_of_the_texts_or_none(
    sign: str, wanted: list[str], kept: list[str]
) -> None:
    stage = line_filter(sign, wanted)
    assert [line for line in ("an order", "order 500", "500 here") if stage(entry(line))] == kept


def test_line_filter_with_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ParseError, match="regular expression"):
        line_filter("|~", ["("])


def test_json_makes_labels_of_fields_by_their_path_and_leaves_lists_and_nulls_out() -> None:
    found = entry('{"path":"/","status-code":500,"ok":true,"r":{"a":{"b":1.5}},"list":[1],"none":null,"5xx":1}', x="y")
    assert parse_json(found)
    assert found.labels == {
        "x": "y", "path": "/", "status_code": "500", "ok": "true", "r_a_b": "1.5", "_5xx": "1",
    }  # fmt: skip


def test_json_field_of_a_label_that_the_stream_has_is_called_extracted() -> None:
    found = entry('{"level":"error"}', level="info")
    parse_json(found)
    assert found.labels == {"level": "info", "level_extracted": "error"}


@pytest.mark.parametrize("line", ["redacted", "", "[1]", '"text"', '{"a":', '{"a":' * 5000])
def test_json_of_a_line_that_is_no_object_marks_it_and_keeps_it(line: str) -> None:
    found = entry(line)
    assert parse_json(found)
    assert found.labels == {ERROR: "JSONParserErr"}


def test_logfmt_makes_labels_of_pairs_and_passes_over_the_rest() -> None:
    found = entry(r'level=error msg="it said \"no\"" took=5ms flag empty= user.id=7', level="info")
    assert parse_logfmt(found)
    assert found.labels == {
        "level": "info", "level_extracted": "error", "msg": 'it said "no"', "took": "5ms", "empty": "", "user_id": "7",
    }  # fmt: skip


def test_line_format_writes_the_line_anew() -> None:
    found = entry("old", message="boom", code="500")
    assert line_format("{{.code}}: {{ .message }}{{.missing}}!")(found)
    assert found.line == "500: boom!"


@pytest.mark.parametrize("template", ["{{ .a | upper }}", "{{ if .a }}x{{ end }}", "{{"])
def test_line_format_that_asks_for_more_is_refused(template: str) -> None:
    with pytest.raises(ParseError, match="which is all that is filled in"):
        line_format(template)


def test_unwrap_takes_the_value_and_the_label_away() -> None:
    found = entry("", ms="1.5", path="/")
    assert unwrap("ms", "")(found)
    assert (found.value, found.labels) == (1.5, {"path": "/"})
    length = entry("", took="1m30s")
    unwrap("took", "duration")(length)
    assert length.value == 90.0


def test_unwrap_drops_a_line_without_the_label_and_marks_one_that_is_no_number() -> None:
    assert not unwrap("ms", "")(entry("", path="/"))
    found = entry("", ms="fast")
    assert unwrap("ms", "")(found)
    assert found.labels == {ERROR: "SampleExtractionErr"}
