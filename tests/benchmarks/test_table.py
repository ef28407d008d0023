"""The one table of benchmarks: what is kept, what is missed, and the page that it is written into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as table
from benchmarks.limits import LEAST, MOST, ROWS, Limits, Row, shown
from benchmarks.machine import description
from tests.house import ROOT


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
    page.write_text(f"# Performance\n\n{table.BEGINS}old\n{table.ENDS}\n## Why\n")
    monkeypatch.setattr(table, "PAGE", page)
    table.write([table.line("start", Row("start, s", 2.0, MOST, 3.0))], ["containers (5 min)"])
    said = page.read_text()
    assert "| start | start, s | 2 | at most 3 | 0.667 | kept |" in said
    assert "Not measured: containers (5 min)." in said
    assert said.startswith("# Performance")
    assert said.endswith("## Why\n")
    assert "old" not in said


def test_machine_is_described_and_no_path_of_it_is_told() -> None:
    told = "\n".join(description())
    assert "cores" in told
    assert str(ROOT) not in told


def test_every_benchmark_is_in_the_table() -> None:
    files = {path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")} - {"limits", "machine"}
    run = {part.words[-1] if part.words[0] == "--measure" else part.words[0] for part in table.PARTS.values()}
    assert run == files, "add it to PARTS in benchmarks/__main__.py"


def test_rows_of_another_process_are_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = tmp_path / "rows"
    monkeypatch.setenv(ROWS, str(rows))
    Limits().beside("a, s", 1, "a peer", 4)
    assert [Row(*json.loads(line)) for line in rows.read_text().splitlines()] == [Row("a, s", 1, "a peer", 4)]
