from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import msgspec
import pytest

from harness.events import Event, LogsReceived, MetricsReceived, StepStarted
from harness.verify.findings import Standing
from harness.verify.layers import telemetry
from harness.verify.sinks import sink_at
from tests.harness.verify.site import serving

START = datetime(2024, 12, 1, 5, tzinfo=UTC)
SERIES = 'pizza_total{source="jwt-pizza-service"}'
ASKED = "GET /api/v1/query?query=" + quote_plus(f"time() - max(timestamp({SERIES}))")
SECOND, PATIENCE = timedelta(seconds=1), timedelta(minutes=2)


def history(path: Path, *events: Event) -> str:
    stamped = [msgspec.structs.replace(event, at=START, seq=number) for number, event in enumerate(events)]
    path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in stamped))
    return str(path)


@pytest.mark.parametrize(
    ("silent_since", "standing", "words"),
    [(160.0, Standing.WELL, "the newest metrics are 40 s old"), (60.0, Standing.BROKEN, "metrics are 2 min 20 s old")],
)
def test_telemetry_of_a_run_is_as_old_as_its_last_push(
    tmp_path: Path, silent_since: float, standing: Standing, words: str
) -> None:
    sink = history(
        tmp_path / "history.jsonl",
        MetricsReceived(steady=silent_since, source="pizza", samples=9, newest=START),
        LogsReceived(steady=190.0, source="pizza", lines=3, newest=START),
        StepStarted(steady=200.0, name="later"),
    )
    found = telemetry(sink_at(sink, series="").freshness(within=SECOND), patience=PATIENCE)
    assert (found.standing, words in found.finding) == (standing, True), found


@pytest.mark.parametrize(("off", "words"), [(10, "metrics are dated 10 min too late"), (-10, "10 min too early")])
def test_telemetry_of_a_clock_that_is_wrong_is_latent_and_says_which_way(tmp_path: Path, off: int, words: str) -> None:
    dated = START + timedelta(minutes=off)
    sink = history(
        tmp_path / "history.jsonl",
        MetricsReceived(steady=199.0, source="pizza", samples=9, newest=dated),
        LogsReceived(steady=199.0, source="pizza", lines=3, newest=START),
    )
    found = telemetry(sink_at(sink, series="").freshness(within=SECOND), patience=PATIENCE)
    assert (found.standing, words in found.finding, "logs" in found.finding) == (Standing.LATENT, True, False), found


def test_telemetry_that_never_came_is_broken_and_a_missing_history_is_unknown(tmp_path: Path) -> None:
    sink = history(tmp_path / "history.jsonl", StepStarted(steady=200.0, name="later"))
    found = telemetry(sink_at(sink, series="").freshness(within=SECOND), patience=PATIENCE)
    assert (found.standing, "no logs have arrived" in found.finding) == (Standing.BROKEN, True)
    assert found.evidence == (f"looked for it at {sink}",), "as somebody wrote it"
    nowhere = sink_at(str(tmp_path / "none.jsonl"), series="").freshness(within=SECOND)
    assert telemetry(nowhere, patience=PATIENCE).standing is Standing.UNKNOWN


def vector(*values: str) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "vector", "result": [{"value": [0, text]} for text in values]}}


@pytest.mark.parametrize(
    ("status", "body", "standing", "words"),
    [
        (200, vector("12.5"), Standing.WELL, "the newest metrics are 12 s old"),
        (200, vector("190"), Standing.BROKEN, "3 min 10 s old"),
        (200, vector(), Standing.BROKEN, "no metrics have arrived"),
        (400, {"status": "error", "error": "parse error"}, Standing.UNKNOWN, "parse error"),
        (200, "<html>", Standing.UNKNOWN, "gave no answer"),
        (200, {"status": "success"}, Standing.UNKNOWN, "without data"),
    ],
)
def test_telemetry_in_prometheus_is_as_old_as_the_newest_sample(
    status: int, body: object, standing: Standing, words: str
) -> None:
    with serving({ASKED: (status, body)}) as site:
        found = telemetry(sink_at(site.url, series=SERIES).freshness(within=SECOND), patience=PATIENCE)
    assert (found.standing, words in found.finding) == (standing, True), found


def test_telemetry_of_many_metrics_is_asked_for_metric_by_metric_in_one_question() -> None:
    ours = '{__name__="%s",source="pizza"}'
    newest = [f'label_replace(max(timestamp({ours % name})), "metric", "{name}", "", "")' for name in ("a", "b")]
    asked = ['group by (__name__) ({source="pizza"})', f"time() - max({' or '.join(newest)})"]
    metrics = [{"metric": {"__name__": name}, "value": [0, "1"]} for name in ("b", "a")]
    answers: list[Any] = [{"status": "success", "data": {"result": metrics}}, vector("12.5")]
    replies = {f"GET /api/v1/query?query={quote_plus(query)}": (200, answers[at]) for at, query in enumerate(asked)}
    with serving(replies) as site:
        seen = sink_at(site.url, series='{source="pizza"}').freshness(within=SECOND)
    assert (seen.ages, seen.trouble) == ((("metrics", timedelta(seconds=12.5)),), "")


@pytest.mark.parametrize(("series", "first"), [('{__name__=~"a.*"}', "group+by"), ("sum(a)", "time"), ("a", "time")])
def test_telemetry_is_asked_for_by_name_only_where_many_may_be_meant(series: str, first: str) -> None:
    with serving({}) as site:
        sink_at(site.url, series=series).freshness(within=SECOND)
    assert [asked.partition("query=")[2].startswith(first) for asked in site.asked] == [True]
