import re
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from harness.alerting import yaml_lines
from harness.alerting.time_interval_file import Intervals, intervals_named, read_time_intervals
from harness.alerting.time_intervals import TimeInterval
from harness.errors import ScenarioError


def read(folder: Path, intervals: str, *, name: str = "n") -> Intervals:
    path = folder / "intervals.yml"
    path.write_text(f"x:\n- name: {name}\n  time_intervals:\n  - {intervals}\n")
    return read_time_intervals(yaml_lines.read(path, what="file").blocks("x", each="time interval"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{}", TimeInterval()),
        ("weekdays: [monday:friday, Sunday]", TimeInterval(weekdays=((1, 5), (0, 0)))),
        ("months: [may:august, 12, '1:february']", TimeInterval(months=((5, 8), (12, 12), (1, 2)))),
        ("days_of_month: ['1:5', '-3:-1', '20:-1']", TimeInterval(days_of_month=((1, 5), (-3, -1), (20, -1)))),
        ("years: ['2024', '2025:2030']", TimeInterval(years=((2024, 2024), (2025, 2030)))),
        ("times: [{start_time: '09:30', end_time: '24:00'}]", TimeInterval(times=((570, 1440),))),
        ("location: Europe/Zurich", TimeInterval(zone=ZoneInfo("Europe/Zurich"))),
        ("{location: UTC, weekdays: []}", TimeInterval(weekdays=(), zone=UTC)),
    ],
)
def test_interval_is_read(tmp_path: Path, written: str, meant: TimeInterval) -> None:
    assert read(tmp_path, written) == {"n": (meant,)}


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("weekday: [monday]", "unknown key 'weekday'. Did you mean 'weekdays'"),
        ("weekdays: [mon]", "weekdays: 'mon' is none of them. Write such as monday:friday"),
        ("weekdays: [friday:monday]", "5:1 ends before it begins"),
        ("months: [13]", "'13' goes beyond 1 to 12"),
        ("days_of_month: [0]", "there is no day 0"),
        ("days_of_month: ['0:5']", "there is no day 0"),
        ("days_of_month: ['-3:28']", "-3:28 begins at the end"),
        ("days_of_month: ['31:-28']", "31:-28 ends before it begins"),
        ("years: [soon]", "'soon' is none of them. Write such as 2024:2026"),
        ("times: [{start_time: '17:00', end_time: '09:00'}]", "ends before it begins. Over midnight, write two"),
        ("times: [{start_time: '9:00', end_time: '10:00'}]", "'9:00' is no time of day"),
        ("times: [{start_time: '09:00'}]", "has no 'end_time'"),
        ("location: Local", "'Local' is wherever this runs. Name a place"),
        ("location: Mars/Base", "'Mars/Base' is no place"),
        ("location: ../../etc/passwd", "is no place of the time zone database"),
    ],
)
def test_interval_with_a_mistake_is_refused_by_line_and_key(tmp_path: Path, written: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(complaint)) as refused:
        read(tmp_path, written)
    assert "intervals.yml:4: time interval 'n', time_intervals 1" in str(refused.value)


def test_name_is_there_once_and_is_known_where_it_is_used(tmp_path: Path) -> None:
    known = read(tmp_path, "{}")
    block = yaml_lines.read(tmp_path / "intervals.yml", what="file").blocks("x", each="time interval")[0]
    with pytest.raises(ScenarioError, match="'n' is there already"):
        read_time_intervals([block], also=known)
    (tmp_path / "user.yml").write_text("mutes: [n]\nothers: [m]\n")
    user = yaml_lines.read(tmp_path / "user.yml", what="file")
    assert intervals_named(user, "mutes", known=known) == (TimeInterval(),)
    assert intervals_named(user, "missing", known=known) is None
    with pytest.raises(ScenarioError, match=r"user\.yml:2: .*others: unknown time interval 'm'"):
        intervals_named(user, "others", known=known)
