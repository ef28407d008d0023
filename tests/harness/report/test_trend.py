from pathlib import Path

from harness.report.shelf import indexed
from harness.report.trend import latest_regressions, regressions, trend_page, write_trend
from tests.harness.report.shelves import kept


def nights(tmp_path: Path, *seconds: float, **fields: object) -> None:
    for number, length in enumerate(seconds):
        kept(tmp_path, f"{number + 10}T030000", mttd_seconds=length, **fields)


def test_regression_is_flagged_against_the_median_of_earlier_runs(tmp_path: Path) -> None:
    nights(tmp_path, 60, 62, 500, 61, 90)
    found = latest_regressions(indexed(tmp_path))
    assert [str(one) for one in found] == [
        "scenarios/test_a.py::test_a on processes: MTTD 1 min 30 s, usually 1 min 2 s (20261114T030000-100-a)"
    ]


def test_regression_needs_a_habit_and_more_than_a_moment(tmp_path: Path) -> None:
    nights(tmp_path, 60, 60, 200)
    assert regressions(indexed(tmp_path)) == ()


def test_regression_of_a_few_seconds_is_noise(tmp_path: Path) -> None:
    nights(tmp_path, 2, 2, 2, 4)
    assert regressions(indexed(tmp_path)) == ()


def test_trend_page_draws_each_scenario_and_says_the_same_in_a_table(tmp_path: Path) -> None:
    nights(tmp_path, 60, 62, 61, 300)
    page = write_trend(indexed(tmp_path), tmp_path).read_text()
    assert page.count("<circle") == 8
    assert "WORSE" in page
    assert page.count('<td class="word passed">') == 4
    assert 'href="20261110T030000-100-a/report.html"' in page


def test_trend_of_a_year_of_nights_is_a_small_page(tmp_path: Path) -> None:
    kept(tmp_path, "10T030000")
    (run,) = indexed(tmp_path)
    page = trend_page([run] * 1000)
    assert len(page) < 1_000_000
    assert "600 older ones are left out" in page


def test_trend_of_no_runs_is_a_page(tmp_path: Path) -> None:
    assert "Trend of 0 runs" in trend_page(indexed(tmp_path))
