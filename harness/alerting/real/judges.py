"""Prometheus and Alertmanager as processes, and a rule engine that asks them."""

from __future__ import annotations

import os
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from harness.alerting.engine import Evaluation, RuleEngine
from harness.alerting.promql import STALE_NAN, Labels, SeriesStore
from harness.alerting.promql.store import Series
from harness.alerting.real.readings import Judged, read_alerts, read_rules, transitions
from harness.alerting.real.translated import translated
from harness.alerting.real.written import Samples, alertmanager_file, prometheus_file, remote_write
from harness.alerting.rules import RuleGroup
from harness.errors import HarnessError, ScenarioError

PROGRAMS = {"prometheus": ("prometheus",), "alertmanager": ("prometheus-alertmanager", "alertmanager")}
"""What each program may be called: Debian's name first."""

PATIENCE_SECONDS = 5.0
ASKED_EVERY = timedelta(seconds=1)
NOTHING = Judged((), {}, {})


@dataclass(frozen=True, slots=True)
class Program:
    """How one of the two is started, wherever it is."""

    component: str
    """Which: `prometheus` or `alertmanager`."""
    options: Sequence[str]
    address: str
    """Where it will listen."""

    def answers(self) -> str:
        """Give its address once it is ready, and "" before."""
        try:
            ready = httpx.get(f"http://{self.address}/-/ready", timeout=1.0, trust_env=False)
        except httpx.TransportError:
            return ""
        return self.address if ready.status_code == httpx.codes.OK else ""


class Judges:
    """The two programs of a run: their files, how they are started, and where they listen.

    Args:
        directory: their own; everything they write is in there.
        rules: the rule file, as a team has it.
        prometheus: where it is to listen, `host:port`.
        alertmanager: where that one is.
    """

    def __init__(self, directory: Path, *, rules: Path, prometheus: str, alertmanager: str) -> None:
        self._directory = directory
        self._rules = rules
        self._prometheus, self._alertmanager = prometheus, alertmanager
        self._client = httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "alertmanager.yml").write_text(alertmanager_file())
        self._configure(None)

    def programs(self) -> tuple[Program, Program]:
        """Say how to start them; no rule is loaded yet."""
        at, kept = self._directory, self._directory / "alertmanager"
        alertmanager = (
            f"--config.file={at / 'alertmanager.yml'}", f"--storage.path={kept}",
            f"--web.listen-address={self._alertmanager}", "--cluster.listen-address=", "--log.level=warn",
        )  # fmt: skip
        prometheus = (
            f"--config.file={at / 'prometheus.yml'}", f"--storage.tsdb.path={at / 'prometheus'}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address={self._prometheus}", "--web.enable-remote-write-receiver", "--web.enable-lifecycle",
            "--rules.alert.resend-delay=1s", "--log.level=warn",
        )  # fmt: skip
        return (
            Program("alertmanager", alertmanager, self._alertmanager),
            Program("prometheus", prometheus, self._prometheus),
        )

    def load_rules(self, groups: Sequence[RuleGroup]) -> None:
        """Let Prometheus read the rule file and begin to evaluate it.

        Args:
            groups: what is in the file; it goes into `rules.yaml`, rules that say what silence means written anew.

        Raises:
            ScenarioError: with its own words, when it refuses the file.
        """
        path = self._directory / "rules.yaml"
        path.write_text(translated(self._rules, groups) or self._rules.read_text(encoding="utf-8"))
        self._configure(path)
        answer = self._call("POST", f"http://{self._prometheus}/-/reload")
        if answer.is_error:
            message = f"Prometheus refuses {self._rules}: {answer.text.strip()}"
            raise ScenarioError(message)

    def write(self, series: Sequence[tuple[Labels, Samples]]) -> None:
        """Store samples in Prometheus.

        Raises:
            HarnessError: when it does not take them.
        """
        headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
        url = f"http://{self._prometheus}/api/v1/write"
        answer = self._call("POST", url, content=remote_write(series), headers=headers)
        if answer.is_error:
            message = f"Prometheus did not take {len(series)} series: {answer.status_code} {answer.text.strip()}"
            raise HarnessError(message)

    def rules(self) -> dict[str, Any]:
        """Ask Prometheus for its alert rules and their alerts."""
        found: dict[str, Any] = self._call("GET", f"http://{self._prometheus}/api/v1/rules?type=alert").json()
        return found

    def alerts(self) -> list[dict[str, Any]]:
        """Ask Alertmanager which alerts people are to be told of."""
        url = f"http://{self._alertmanager}/api/v2/alerts?active=true&silenced=false&inhibited=false"
        found: list[dict[str, Any]] = self._call("GET", url).json()
        return found

    def close(self) -> None:
        """Ask nothing any more; the processes are ended by whoever started them."""
        self._client.close()

    def _configure(self, rules: Path | None) -> None:
        text = prometheus_file(alertmanager=self._alertmanager, rules=rules)
        (self._directory / "prometheus.yml").write_text(text)

    def _call(self, method: str, url: str, **what: Any) -> httpx.Response:  # noqa: ANN401 - httpx' own
        try:
            return self._client.request(method, url, **what)
        except (httpx.TransportError, RuntimeError) as error:  # a RuntimeError when it has been closed
            message = f"{method} {url} got no answer: {error!r}. The program's log is in the run's directory."
            raise HarnessError(message) from error


class RealEngine(RuleEngine):
    """A rule engine that lets Prometheus judge, and Alertmanager say which alerts stand.

    Args:
        groups: the rules, as the file says; they tell how soon each must notice something.
        store: what was pushed; all that is new in it is written to Prometheus at each tick.
        judges: the programs, running.
        wall: seconds since 1970 on the wall, which run as fast as steady seconds do.

    """

    def __init__(
        self, groups: Sequence[RuleGroup], store: SeriesStore, *, judges: Judges, wall: Callable[[], float]
    ) -> None:
        super().__init__(groups, store)
        self._pushed = store
        self._judges = judges
        self._wall = wall
        self._ahead: float | None = None
        self._sent: dict[Labels, int] = {}
        self._seen = NOTHING
        self._next = 0.0

    def next_due(self, now: float) -> float:
        """Say when to ask again, in steady seconds."""
        return max(self._next, now) if self._ahead is not None else now

    def tick(self, now: float) -> Evaluation:
        """Write what is new, and ask what has become of the rules; the first tick loads them.

        Raises:
            HarnessError: when one of the two does not answer.
        """
        is_first = self._ahead is None
        if self._ahead is None:
            self._ahead = self._wall() - now
        self._next = now + ASKED_EVERY.total_seconds()
        news = list(self._news(milliseconds_ahead=round(self._ahead * 1000)))
        if news:
            self._judges.write(news)
        if is_first:
            self._judges.load_rules(self.groups)
        judged = read_rules(self._judges.rules(), ahead=self._ahead)
        events = tuple(transitions(self._seen, judged))
        self._seen = judged
        return Evaluation(events, read_alerts(self._judges.alerts(), ahead=self._ahead), judged.failures)

    def _news(self, *, milliseconds_ahead: int) -> Iterator[tuple[Labels, Samples]]:
        for series in self._pushed.select(()):
            sent = self._sent.get(series.labels, -1)
            samples = _after(series, sent)
            if samples:
                self._sent[series.labels] = samples[-1][0]
                yield series.labels, [(at + milliseconds_ahead, value) for at, value in samples]


def _after(series: Series, sent_ms: int) -> list[tuple[int, float]]:
    begins = bisect_right(series.times, sent_ms)
    samples = list(zip(series.times[begins:], series.values[begins:], strict=True))
    stale = [(at, STALE_NAN) for at in series.stale_times[bisect_right(series.stale_times, sent_ms) :]]
    return sorted(samples + stale, key=lambda sample: sample[0])


def installed(component: str) -> str:
    """Find one of the two programs on this machine.

    Raises:
        ScenarioError: when it is not installed.
    """
    known = PROGRAMS[component]
    for program in known:
        if found := shutil.which(program, path=os.environ.get("PATH", os.defpath)):
            return found
    message = (
        f"alerting prometheus needs {component}, and none of {', '.join(known)} is on this machine. On Debian: "
        "apt install prometheus prometheus-alertmanager. Or leave --alerting out: the embedded engine judges alike."
    )
    raise ScenarioError(message)
