"""A Prometheus that runs elsewhere, asked what has become of its alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx

from harness.alerting.engine import Evaluation, RuleEngine
from harness.alerting.promql import SeriesStore
from harness.alerting.real.judges import ASKED_EVERY
from harness.alerting.real.readings import Judged, read_rules, transitions
from harness.alerting.rules import RuleGroup
from harness.alerting.states import Alert
from harness.errors import HarnessError

PATIENCE_SECONDS = 5.0


class WatchedEngine(RuleEngine):
    """A rule engine that evaluates nothing: Prometheus does, and is asked each second.

    People are told of what fires there; an Alertmanager behind it, with its own silences, is not asked.

    Args:
        groups: the rules, as their file says; they tell how soon each must notice something.
        store: what the harness itself knows, which no rule of Prometheus looks at.
        url: of Prometheus.
        wall: seconds since 1970 on the wall.
    """

    def __init__(self, groups: Sequence[RuleGroup], store: SeriesStore, *, url: str, wall: Callable[[], float]) -> None:
        super().__init__(groups, store)
        self._url = url
        self._wall = wall
        self._client = httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)
        self._ahead: float | None = None
        self._seen: Judged | None = None
        self._next = 0.0

    def next_due(self, now: float) -> float:
        """Say when to ask again, in steady seconds."""
        return max(self._next, now)

    def tick(self, now: float) -> Evaluation:
        """Ask what has become of the rules; what fired before the run is no news of it.

        Raises:
            HarnessError: when Prometheus does not answer.
        """
        self._next = now + ASKED_EVERY.total_seconds()
        self._ahead = self._wall() - now if self._ahead is None else self._ahead
        judged = read_rules(self._rules(), ahead=self._ahead)
        events = tuple(transitions(self._seen, judged)) if self._seen else ()
        self._seen = judged
        return Evaluation(events, tuple(_firing(judged)), judged.failures)

    def close(self) -> None:
        """Ask nothing any more."""
        self._client.close()

    def _rules(self) -> dict[str, Any]:
        try:
            reply = self._client.get(f"{self._url}/api/v1/rules?type=alert")
            reply.raise_for_status()
            found: dict[str, Any] = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            message = f"Prometheus does not answer at {self._url}: {error or type(error).__name__}."
            raise HarnessError(message) from error
        return found


def _firing(judged: Judged) -> Iterator[Alert]:
    for each in judged.readings:
        if each.state == "firing":
            yield Alert(each.rule, each.labels, {}, starts_at=each.active_at)
