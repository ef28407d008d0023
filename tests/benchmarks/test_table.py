"""The one table of benchmarks: what is kept, what is missed, and the page that it is written into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as table
from benchmarks.limits import LEAST, MOST, ROWS, Limits, Row, shown
from benchmarks.machine import description
from tests.house import ROOT

BEGINS, ENDS = "<!-- python -m benchmarks --write: begins -->\n", "<!-- python -m benchmarks --write: ends -->\n"


@pytest.mark.parametrize(
    ("row", "is_kept", "ratio"),
    [
        (Row("start, s", 2.0, MOST, 3.0), True, 2 / 3),
        (Row("start, s", 4.0, MOST, 3.0), False, 4 / 3),
        (Row("events/s", 9.0, LEAST, 3.0), True, 3.0),
        (Row("events/s", 1.0, LEAST, 3.0), False, 1 / 3),
        (Row("requests/s", 1.0, "haproxy", 4.0), True, 0.25),
        (Row("requests/s", 1.0, "haproxy", 0.0), True, float("inf")),
    ],
)
def test_row_limits_are_kept_or_missed_and_peers_are_only_compared(row: Row, is_kept: bool, ratio: float) -> None:
    assert row.is_kept is is_kept
    assert row.ratio == pytest.approx(ratio)
    assert ("MISSED" in row.line()) is not is_kept


def test_limits_remember_every_row_and_fail_for_one_that_was_missed(capsys: pytest.CaptureFixture[str]) -> None:
    limits = Limits()
    limits.at_most("a, s", 1, 2)
    limits.beside("a, s", 1, "a peer", 4)
    assert limits.exit_code == 0
    limits.at_least("b, 1/s", 1, 2)
    assert (limits.exit_code, len(limits.rows)) == (1, 3)
    assert "kept: a, s: 1 (limit: at most 2)" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "text"), [(12345.6, "12,346"), (3.0, "3"), (0.1234, "0.123"), (52.7, "52.7")])
def test_numbers_are_shown_with_the_digits_that_count(number: float, text: str) -> None:
    assert shown(number) == text


def test_page_gets_the_table_between_its_marks_and_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Performance\n\n{BEGINS}old\n{ENDS}\n## Why\n")
    monkeypatch.setattr(table, "PAGE", page)
    table.write([table.line("startup", Row("start, s", 2.0, MOST, 3.0))], when="today, abc")
    said = page.read_text()
    assert "| startup | start, s | 2 | at most 3 | 0.667 | kept | today, abc |" in said
    assert "Not measured yet: `make bench BENCH=containers`." in said
    assert "BENCH=startup" not in said
    assert said.startswith("# Performance")
    assert said.endswith("## Why\n")
    assert "old" not in said


def test_what_was_not_measured_this_time_keeps_its_rows_in_the_tables_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"{BEGINS}{ENDS}")
    monkeypatch.setattr(table, "PAGE", page)
    peer, limit = Row("incident, s", 9.0, "the night", 3.0), Row("start, s", 2.0, MOST, 3.0)
    table.write([table.line("processes", peer), table.line("startup", limit)], when="monday")
    table.write([table.line("startup", Row("start, s", 1.0, MOST, 3.0))], when="tuesday")
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")][2:]
    assert rows == [
        "| startup | start, s | 1 | at most 3 | 0.333 | kept | tuesday |",
        "| processes | incident, s | 9 | the night: 3 | 3 |  | monday |",
    ]


def test_machine_is_described_and_no_path_of_it_is_told() -> None:
    told = "\n".join(description())
    assert "cores" in told
    assert str(ROOT) not in told


def test_every_benchmark_is_in_the_table() -> None:
    files = {path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")} - {"limits", "machine", "page"}
    run = {part.words[-1] if part.words[0] == "--measure" else part.words[0] for part in table.PARTS.values()}
    assert run == files, "add it to PARTS in benchmarks/__main__.py"


def test_rows_of_another_process_are_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = tmp_path / "rows"
    monkeypatch.setenv(ROWS, str(rows))
    Limits().beside("a, s", 1, "a peer", 4)
    assert [Row(*json.loads(line)) for line in rows.read_text().splitlines()] == [Row("a, s", 1, "a peer", 4)]
