"""Asks where telemetry goes what has arrived, and when: a run's history, or whatever speaks Prometheus' query API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec

from harness.alerting import promql
from harness.alerting.promql import METRIC_NAME
from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.syntax import Selector
from harness.alerting.routing import matcher, quoted, written_matchers
from harness.errors import HarnessError
from harness.events import LogsReceived, MetricsMapped, MetricsReceived
from harness.history import History
from harness.verify.hurried import hurried
from harness.verify.seen import ArrivedSeen, TelemetrySeen

_NAME = re.compile(r"[^{ ]+")
"""How an assignment begins that tells of a metric."""


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


def look_for_metrics(sink: str, asked: Sequence[Matcher], *, series: str, within: timedelta) -> ArrivedSeen:
    """Say which metrics of a deployment have arrived.

    Args:
        sink: as for `look_at_sink`.
        asked: what is asked of their names; a history tells of all of them.
        series: as for `look_at_sink`; the labels that it selects by are what tells the deployment from others.
        within: how long asking may take, on the wall.
    """
    return _ask_for(sink, asked, series, within=within) if "://" in sink else _read_names(sink)


def _read_names(sink: str) -> ArrivedSeen:
    try:
        history = History.read(Path(sink))
    except (OSError, HarnessError) as error:
        return ArrivedSeen(sink, trouble=f"the history at {sink} cannot be read: {error}")
    told = (said for event in history.of(MetricsMapped) for said in event.assignments)
    names = frozenset(found[0] for found in map(_NAME.match, told) if found)
    return ArrivedSeen(sink, names, has_lines=bool(history.of(LogsReceived)))


def _ask_for(sink: str, asked: Sequence[Matcher], series: str, *, within: timedelta) -> ArrivedSeen:
    if not asked:
        return ArrivedSeen(sink)
    names = "|".join(re.escape(each.value) if each.op == "=" else f"(?:{each.value})" for each in asked)
    selected = _matchers_of(series) or ()
    ours = [each for each in selected if each.name != METRIC_NAME]
    with _asking(within) as client:
        answer = _queried(client, sink, _names_in(matcher(METRIC_NAME, "=~", names), *ours))
    if isinstance(answer, str):
        return ArrivedSeen(sink, trouble=answer)
    return ArrivedSeen(sink, _names(answer))


class _Point(msgspec.Struct):
    value: tuple[float, str]
    metric: dict[str, str] = {}


class _Vector(msgspec.Struct):
    result: list[_Point]


class _Answer(msgspec.Struct):
    """What Prometheus' query API answers to an instant query."""

    status: str
    data: _Vector | None = None
    error: str = ""


def _ask(sink: str, series: str, *, within: timedelta) -> TelemetrySeen:
    selected = _matchers_of(series)
    newest = f"timestamp({series})"
    with _asking(within) as client:
        if selected is not None and not any(each.name == METRIC_NAME and each.op == "=" for each in selected):
            answer = _queried(client, sink, _names_in(*selected))
            if isinstance(answer, str):
                return TelemetrySeen(sink, trouble=answer)
            newest = " or ".join(_newest_of(name, selected) for name in sorted(_names(answer))) or newest
        answer = _queried(client, sink, f"time() - max({newest})")
    if isinstance(answer, str):
        return TelemetrySeen(sink, trouble=answer)
    return TelemetrySeen(sink, (("metrics", timedelta(seconds=float(answer[0].value[1])) if answer else None),))


def _matchers_of(series: str) -> tuple[Matcher, ...] | None:
    """Give what a selector selects by; None for any other expression."""
    syntax = promql.compile(series).syntax
    return syntax.matchers if isinstance(syntax, Selector) else None


def _names_in(*matchers: Matcher) -> str:
    return f"group by (__name__) ({written_matchers(matchers)})"


def _names(answer: list[_Point]) -> frozenset[str]:
    return frozenset(point.metric.get(METRIC_NAME, "") for point in answer)


def _newest_of(name: str, selected: Sequence[Matcher]) -> str:
    """Ask for one metric alone: `timestamp` forgets names, and Prometheus refuses series that then are alike."""
    alone = written_matchers((matcher(METRIC_NAME, "=", name), *selected))
    return f'label_replace(max(timestamp({alone})), "metric", {quoted(name)}, "", "")'


def _asking(within: timedelta) -> httpx.Client:
    return httpx.Client(transport=hurried(within=within), trust_env=False)


def _queried(client: httpx.Client, sink: str, query: str) -> list[_Point] | str:
    """Give what a query's answer holds; a sentence that says why there is none, when there is none."""
    url = f"{sink.rstrip('/')}/api/v1/query"
    try:
        reply = client.get(url, params={"query": query})
        answer = msgspec.json.decode(reply.content, type=_Answer)
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        return f"{url} was asked for {query!r} and gave no answer: {error}"
    if answer.data is None:
        return f"{url} does not answer {query!r}: {answer.error or f'status {reply.status_code} without data'}"
    return answer.data.result
