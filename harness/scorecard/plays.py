"""What is kept of a trial that was played: the series and lines that were pushed, and who felt it.

Nothing an alert rule said is in it, so that any rules can be judged over it afterwards, at the cost of reading.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence, Set
from itertools import pairwise
from pathlib import Path

import msgspec

from harness.alerting.logql import LoggedSeries
from harness.alerting.promql import STALE_NAN, Labels
from harness.alerting.promql.store import Series, milliseconds
from harness.errors import ScenarioError, unknown_name
from harness.events import MetricsReceived, RequestFinished
from harness.history import History
from harness.scorecard.trials import Trial
from harness.telemetry.logs import LogStore
from harness.telemetry.pushes import LogLine

FELT_SHARE = 0.02
"""Diners feel a fault when more than this share of their requests goes wrong …"""

FELT_REQUESTS = 3
"""… and at least so many do."""

SLOW_SECONDS = 5.0
"""A request that takes longer than this went wrong to whoever waited."""

BLIND_SECONDS = 60.0
"""Monitoring is blind when nothing recent was pushed for so long."""


class Kept(msgspec.Struct, frozen=True):
    """One series, as it was pushed."""

    labels: dict[str, str]
    times_ms: bytes
    """Of its samples: whole milliseconds, eight bytes each."""
    values: bytes
    """Doubles, as many as there are times."""
    stale_ms: bytes = b""
    """When it was said to have ended."""

    @classmethod
    def of(cls, series: Series, *, without: Set[int] = frozenset()) -> Kept:
        """Keep a series of a store, but for samples of some instants, in milliseconds."""
        kept = [(at, value) for at, value in zip(series.times, series.values, strict=True) if at not in without]
        times, values = array("q", (at for at, _ in kept)), array("d", (value for _, value in kept))
        return cls(dict(series.labels), times.tobytes(), values.tobytes(), series.stale_times.tobytes())

    def samples(self) -> list[tuple[float, float]]:
        """Give its samples in order, ends of the series among them."""
        times, values, stale = array("q", self.times_ms), array("d", self.values), array("q", self.stale_ms)
        ends = [(at / 1000, STALE_NAN) for at in stale]
        return sorted([*((at / 1000, value) for at, value in zip(times, values, strict=True)), *ends], key=_time)


class Play(msgspec.Struct, frozen=True):
    """A trial that was played."""

    trial: Trial
    healthy_from: float
    """When the diners had arrived and all was well, in steady seconds."""
    breaks: float
    """When the fault began, or the load changed."""
    heals: float
    """When it ended."""
    ends: float
    """When the trial did."""
    requests: int = 0
    """Of diners, while it lasted."""
    wrong: int = 0
    """How many of those failed, or took too long."""
    blind: bool = False
    """Whether monitoring got nothing for a while."""
    missed: tuple[str, ...] = ()
    """The faults that were begun and hit nothing, as far as could be seen."""
    series: tuple[Kept, ...] = ()
    lines: tuple[LogLine, ...] = ()
    """Every log line that was pushed."""
    skipped: str = ""
    """Why it could not be played; "" when it was."""
    broken_off: str = ""
    """What the harness failed at, so that nothing is known of it; "" when it was played to its end."""

    @property
    def counts(self) -> bool:
        """Whether it was played to its end, so that rules can be judged over it."""
        return not self.skipped and not self.broken_off

    @property
    def felt_by(self) -> str:
        """Who felt it: `diners`, `monitoring` or `nobody`."""
        if self.wrong >= FELT_REQUESTS and self.wrong > FELT_SHARE * self.requests:
            return "diners"
        return "monitoring" if self.blind else "nobody"

    @property
    def matters(self) -> bool:
        """Whether somebody should be told: something broke, and it was felt."""
        return not self.trial.must_stay_quiet and self.felt_by != "nobody"

    def store(self) -> LoggedSeries:
        """Give all that was pushed as a store of its own."""
        logs = LogStore()
        for line in self.lines:
            logs.append(line)
        store = LoggedSeries(logs)
        for kept in self.series:
            labels = Labels(kept.labels)
            for at, value in kept.samples():
                store.append(labels, at, value)
        return store


def impact(history: History, *, breaks: float, heals: float) -> tuple[int, int, bool]:
    """Say what diners and monitoring felt between two instants: requests, those that went wrong, whether it was blind.

    A request counts when it began in between.
    """
    begun = [event for event in history.of(RequestFinished) if breaks <= event.steady - event.latency_seconds < heals]
    wrong = sum(event.outcome != "ok" or event.latency_seconds > SLOW_SECONDS for event in begun)
    pushes = [
        event.steady for event in history.of(MetricsReceived) if breaks <= event.steady <= heals and not _is_late(event)
    ]
    instants = [breaks, *pushes, heals]
    silent = max(later - earlier for earlier, later in pairwise(instants))
    return len(begun), wrong, silent > BLIND_SECONDS


def late_instants(history: History) -> frozenset[int]:
    """Give the instants, in milliseconds, of samples that came too late for any rule that pages.

    When they came, rules had judged without them; a store that is read afterwards would show them all the same.
    """
    pushes = list(history.of(MetricsReceived))
    late = {milliseconds(push.newest.timestamp()) for push in pushes if _is_late(push)}
    # A push that is dated ten minutes back may fall on one that came in time.
    return frozenset(late - {milliseconds(push.newest.timestamp()) for push in pushes if not _is_late(push)})


def chosen_plays(plays: Sequence[Play], names: Collection[str]) -> Sequence[Play]:
    """Give the plays of these faults, and those that must stay quiet; all of them without names.

    Raises:
        ScenarioError: when a fault was not played.
    """
    played = {name for play in plays for name in play.trial.faults}
    for name in names:
        if name not in played:
            raise ScenarioError(f"--faults: {unknown_name('fault of these plays', name, known=played)}")
    return [play for play in plays if not names or play.trial.must_stay_quiet or {*play.trial.faults} <= {*names}]


def write_plays(plays: Iterable[Play], path: Path) -> None:
    """Keep plays in a file, to judge other rules over them later."""
    path.write_bytes(msgspec.msgpack.encode(tuple(plays)))


def read_plays(path: Path) -> Sequence[Play]:
    """Read plays that were kept.

    Raises:
        ScenarioError: when the file is not one of plays.
    """
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=tuple[Play, ...])
    except (OSError, msgspec.MsgspecError) as error:
        message = f"{path} holds no plays: {error}. `pizza-chaos scorecard` writes such a file, plays.msgpack."
        raise ScenarioError(message) from error


def _is_late(push: MetricsReceived) -> bool:
    return (push.at - push.newest).total_seconds() > BLIND_SECONDS


def _time(sample: tuple[float, float]) -> float:
    return sample[0]
