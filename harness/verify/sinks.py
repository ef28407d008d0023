"""Asks where telemetry goes what has arrived, and when: a run's history, or whatever speaks Prometheus' query API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Protocol

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


class Sink(Protocol):
    """Where the telemetry of a deployment goes."""

    def freshness(self, *, within: timedelta) -> TelemetrySeen:
        """Say how old the newest telemetry of a deployment is.

        Args:
            within: how long asking may take, on the wall.
        """
        ...

    def metrics(self, asked: Sequence[Matcher], *, within: timedelta) -> ArrivedSeen:
        """Say which metrics of a deployment have arrived.

        Args:
            asked: what is asked of their names; a history tells of all of them.
            within: how long asking may take, on the wall.
        """
        ...


def sink_at(where: str, *, series: str, name: str = "") -> Sink:
    """Give the sink that somebody names.

    Args:
        where: the URL of a Prometheus-compatible server, or a history.jsonl of a run.
        series: which series are the deployment's, in PromQL: `{source="jwt-pizza-service"}`; for a URL only.
        name: what to call a history; its path when empty.
    """
    return _Server(where, series) if "://" in where else _KeptHistory(where, name or where)


class _KeptHistory:
    """The history of a run, which is read once, when it is first asked."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._name = name

    @cached_property
    def _read(self) -> History | str:
        """The history; a sentence that says why there is none, when there is none."""
        try:
            return History.read(Path(self._path))
        except (OSError, HarnessError) as error:
            return f"the history at {self._name} cannot be read: {error}"

    def freshness(self, *, within: timedelta) -> TelemetrySeen:  # noqa: ARG002 - a Sink's shape
        history = self._read
        if isinstance(history, str):
            return TelemetrySeen(self._name, trouble=history)
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
        return TelemetrySeen(self._name, tuple(ages), tuple(ahead))

    def metrics(self, asked: Sequence[Matcher], *, within: timedelta) -> ArrivedSeen:  # noqa: ARG002 - a Sink's shape
        history = self._read
        if isinstance(history, str):
            return ArrivedSeen(self._name, trouble=history)
        told = (said for event in history.of(MetricsMapped) for said in event.assignments)
        names = frozenset(found[0] for found in map(_NAME.match, told) if found)
        return ArrivedSeen(self._name, names, has_lines=bool(history.of(LogsReceived)))


class _Server:
    """Whatever speaks Prometheus' query API."""

    def __init__(self, url: str, series: str) -> None:
        self._url = url
        self._series = series

    def freshness(self, *, within: timedelta) -> TelemetrySeen:
        selected = _matchers_of(self._series)
        newest = f"timestamp({self._series})"
        with _asking(within) as client:
            if selected is not None and not any(each.name == METRIC_NAME and each.op == "=" for each in selected):
                answer = _queried(client, self._url, _names_in(*selected))
                if isinstance(answer, str):
                    return TelemetrySeen(self._url, trouble=answer)
                newest = " or ".join(_newest_of(name, selected) for name in sorted(_names(answer))) or newest
            answer = _queried(client, self._url, f"time() - max({newest})")
        if isinstance(answer, str):
            return TelemetrySeen(self._url, trouble=answer)
        age = timedelta(seconds=float(answer[0].value[1])) if answer else None
        return TelemetrySeen(self._url, (("metrics", age),))

    def metrics(self, asked: Sequence[Matcher], *, within: timedelta) -> ArrivedSeen:
        if not asked:
            return ArrivedSeen(self._url)
        names = "|".join(re.escape(each.value) if each.op == "=" else f"(?:{each.value})" for each in asked)
        ours = [each for each in _matchers_of(self._series) or () if each.name != METRIC_NAME]
        with _asking(within) as client:
            answer = _queried(client, self._url, _names_in(matcher(METRIC_NAME, "=~", names), *ours))
        if isinstance(answer, str):
            return ArrivedSeen(self._url, trouble=answer)
        return ArrivedSeen(self._url, _names(answer))


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
