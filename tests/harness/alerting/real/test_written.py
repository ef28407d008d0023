"""What Prometheus and Alertmanager are told."""

from __future__ import annotations

import json
from pathlib import Path

from harness.alerting.promql import STALE_NAN
from harness.alerting.promql.store import is_stale
from harness.alerting.real.written import alertmanager_file, prometheus_file, remote_write
from harness.telemetry.remote_write import read_write
from harness.telemetry.snappy import unsnapped

LABELS = {"__name__": "errors", "task": "one"}


def test_samples_that_are_written_are_read_back() -> None:
    body = remote_write(
        [(LABELS, [(1_700_000_000_123, 1.5), (1_700_000_001_000, -2.0)]), ({"__name__": "b"}, [(5, 0)])]
    )
    read = read_write(unsnapped(body, max_bytes=10_000))
    assert [(each.labels, each.at, each.value) for each in read] == [
        (LABELS, 1_700_000_000.123, 1.5),
        (LABELS, 1_700_000_001.0, -2.0),
        ({"__name__": "b"}, 0.005, 0.0),
    ]


def test_end_of_a_series_keeps_its_bits() -> None:
    (read,) = read_write(unsnapped(remote_write([(LABELS, [(1, STALE_NAN)])]), max_bytes=1000))
    assert is_stale(read.value)


def test_push_larger_than_one_stretch_of_snappy_is_whole() -> None:
    many = [(LABELS, [(number, float(number)) for number in range(20_000)])]
    assert len(read_write(unsnapped(remote_write(many), max_bytes=10**6))) == 20_000


def test_rules_are_named_by_their_whole_path_and_left_out_until_they_are_wanted(tmp_path: Path) -> None:
    assert json.loads(prometheus_file(alertmanager="127.0.0.1:9", rules=None))["rule_files"] == []
    told = json.loads(prometheus_file(alertmanager="127.0.0.1:9", rules=tmp_path / "rules.yaml"))
    assert told["rule_files"] == [str((tmp_path / "rules.yaml").resolve())]
    assert told["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] == ["127.0.0.1:9"]


def test_alertmanager_tells_nobody_by_itself() -> None:
    told = json.loads(alertmanager_file())
    assert told["receivers"] == [{"name": told["route"]["receiver"]}]
