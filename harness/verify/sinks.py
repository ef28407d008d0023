"""Asks where telemetry goes whether any arrived lately: a run's history, or whatever speaks Prometheus' query API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec

from harness.errors import HarnessError
from harness.events import LogsReceived, MetricsReceived
from harness.history import History
from harness.verify.hurried import hurried
from harness.verify.seen import TelemetrySeen


def look_at_sink(sink: str, *, series: str, within: timedelta) -> TelemetrySeen:
    """Say how old the newest telemetry of a deployment is.

    Args:
        sink: the URL of a Prometheus-compatible server, or a history.jsonl of a run.
        series: which series are the deployment's, in PromQL: `{source="jwt-pizza-service"}`; for a URL only.
        within: how long asking may take, on the wall.
    """
    return _ask(sink, series, within=within) if "://" in sink else _read(sink)


def _read(sink: str) -> TelemetrySeen:
    try:
        history = History.read(Path(sink))
    except (OSError, HarnessError) as error:
        return TelemetrySeen(sink, trouble=f"the history at {sink} cannot be read: {error}")
    newest = max((event.steady for event in history), default=0.0)
    ages: list[tuple[str, timedelta | None]] = []
    ahead: list[tuple[str, timedelta]] = []
    pushes: tuple[tuple[str, Sequence[MetricsReceived | LogsReceived]], ...] = (
        ("metrics", history.of(MetricsReceived)),
        ("logs", history.of(LogsReceived)),
    )
    for what, arrived in pushes:
        last = max(arrived, key=lambda push: push.steady, default=None)
        ages.append((what, timedelta(seconds=newest - last.steady) if last else None))
        ahead += [(what, last.newest - last.at)] if last else []
    return TelemetrySeen(sink, tuple(ages), tuple(ahead))


class _Point(msgspec.Struct):
    value: tuple[float, str]


class _Vector(msgspec.Struct):
    result: list[_Point]


class _Answer(msgspec.Struct):
    """What Prometheus' query API answers to an instant query."""

    status: str
    data: _Vector | None = None
    error: str = ""


def _ask(sink: str, series: str, *, within: timedelta) -> TelemetrySeen:
    query = f"time() - max(timestamp({series}))"
    url = f"{sink.rstrip('/')}/api/v1/query"
    try:
        with httpx.Client(transport=hurried(within=within), trust_env=False) as client:
            reply = client.get(url, params={"query": query})
        answer = msgspec.json.decode(reply.content, type=_Answer)
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        return TelemetrySeen(sink, trouble=f"{url} was asked for {query!r} and gave no answer: {error}")
    if answer.data is None:
        why = answer.error or f"status {reply.status_code} without data"
        return TelemetrySeen(sink, trouble=f"{url} does not answer {query!r}: {why}")
    age = timedelta(seconds=float(answer.data.result[0].value[1])) if answer.data.result else None
    return TelemetrySeen(sink, (("metrics", age),))
