"""What becomes of a push: read by what its body is, stored whole, answered as Grafana Cloud answers.

Rules of this file: nothing is stored before all of the push was read; whatever arrives, there is an answer and at least
one event, and never an exception; credentials are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from harness.events import Event, LogsReceived, MetricsReceived, TelemetryRejected
from harness.telemetry import influx, loki, otlp, otlp_logs, remote_write
from harness.telemetry.bodies import Wire, opened
from harness.telemetry.logs import LogStore
from harness.telemetry.pushes import LogLine, PushRefused, Sample
from harness.telemetry.text import read_exposition

LONGEST_REASON = 1000
"""How many characters of a reason are answered and recorded."""

_END_OF_TIME = 32_503_680_000.0
"""The year 3000: an instant after it is a timestamp in the wrong unit."""

_NAMES_OF_SENDERS = ("source", "job", "service_name", "component", "app")
"""Labels by which the services say who they are, the surest first."""


class SampleStore(Protocol):
    """Where samples go; harness.alerting.promql.SeriesStore is one."""

    def append(self, labels: Mapping[str, str], at: float, value: float) -> object:
        """Keep one sample; what cannot be kept is for the store to count."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a push."""

    status: int
    """The HTTP status."""
    body: bytes = b""
    """What it says."""
    content_type: str = ""
    """What the body is; "" when there is none."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of a push."""

    reply: Reply
    """What to answer."""
    events: tuple[Event, ...]
    """What to record."""


_ACCEPTED = {
    Wire.OTLP_JSON: Reply(200, b"{}", "application/json"),
    Wire.OTLP_PROTOBUF: Reply(200, b"", "application/x-protobuf"),
    Wire.OTLP_LOGS_JSON: Reply(200, b"{}", "application/json"),
    Wire.OTLP_LOGS_PROTOBUF: Reply(200, b"", "application/x-protobuf"),
    Wire.REMOTE_WRITE: Reply(204),
    Wire.INFLUX: Reply(204),
    Wire.PROMETHEUS_TEXT: Reply(200),
    Wire.LOKI: Reply(204),
    Wire.LOKI_PROTOBUF: Reply(204),
}

_METRICS: Mapping[Wire, Callable[..., list[Sample]]] = {
    Wire.OTLP_JSON: otlp.read_json,
    Wire.OTLP_PROTOBUF: otlp.read_protobuf,
    Wire.REMOTE_WRITE: remote_write.read_write,
}
"""Readers of samples that take `warn`; Influx lines need their precision instead."""

_LOGS: Mapping[Wire, Callable[[bytes], list[LogLine]]] = {
    Wire.OTLP_LOGS_JSON: otlp_logs.read_logs_json,
    Wire.OTLP_LOGS_PROTOBUF: otlp_logs.read_logs_protobuf,
    Wire.LOKI: loki.read_push,
    Wire.LOKI_PROTOBUF: loki.read_protobuf_push,
}


def _unchanged(seconds: float) -> float:
    return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """Takes what services push, whatever they write it in, and hands it to the stores."""

    store: SampleStore
    """Where samples go."""
    logs: LogStore
    """Where log lines go."""
    incident: Callable[[float], datetime]
    """Incident time of a steady instant."""
    steady_of: Callable[[float], float] = _unchanged
    """Steady seconds of a payload's epoch seconds, for services whose clocks cannot be set."""
    max_bytes: int = 16 * 2**20
    """How large a push may be, packed and unpacked."""

    def receive(self, body: bytes, *, now: float, endpoint: str = "/", precision: str = "ns") -> Handled:
        """Take one push.

        Args:
            body: as it was sent, gzip or not.
            now: steady seconds; the time of each sample that does not say its own.
            endpoint: the path it was sent to, for the record; it decides nothing.
            precision: the unit of timestamps in Influx lines.

        Evidence: MetricsReceived or LogsReceived for what was stored; TelemetryRejected for a push that was refused,
            and, with the status of success, for what a stored push had to leave out.
        """
        remarks: list[str] = []
        try:
            wire, plain = opened(body, max_bytes=self.max_bytes)
            if wire in _LOGS:
                stored = self._keep_lines(_LOGS[wire](plain), now)
            elif wire in _METRICS:
                stored = self._keep_samples(_METRICS[wire](plain, warn=remarks.append), now)
            elif wire is Wire.PROMETHEUS_TEXT:
                stored = self._keep_samples(read_exposition(plain), now)
            else:
                stored = self._keep_samples(influx.read_lines(plain, precision=precision), now)
        except PushRefused as refusal:
            return _refused(refusal, endpoint)
        if not stored and not remarks:
            remarks.append(f"{wire}: there was nothing in it to store")
        return Handled(_ACCEPTED[wire], (*stored, *_left_out(remarks, wire=wire, endpoint=endpoint)))

    def _keep_samples(self, samples: Sequence[Sample], now: float) -> tuple[Event, ...]:
        if not samples:
            return ()
        stamps = [now if sample.at is None else self.steady_of(sample.at) for sample in samples]
        newest = self._newest(stamps)
        append = self.store.append
        for sample, at in zip(samples, stamps, strict=True):
            append(sample.labels, at, sample.value)
        return (MetricsReceived(source=_sender(samples[0].labels), samples=len(samples), newest=newest),)

    def _keep_lines(self, lines: Sequence[LogLine], now: float) -> tuple[Event, ...]:
        if not lines:
            return ()
        stamps = [self.steady_of(line.at) if line.at else now for line in lines]
        newest = self._newest(stamps)
        for line, at in zip(lines, stamps, strict=True):
            self.logs.append(line if line.at == at else msgspec.structs.replace(line, at=at))
        return (LogsReceived(source=_sender(lines[0].labels), lines=len(lines), newest=newest),)

    def _newest(self, stamps: Sequence[float]) -> datetime:
        first, last = min(stamps), max(stamps)
        if first < 0 or last > _END_OF_TIME:
            wrong = first if first < 0 else last
            raise PushRefused(
                f"a timestamp is {wrong:.0f} seconds after 1970, which no clock reads. "
                "OTLP and Loki take nanoseconds, Influx lines what ?precision= says."
            )
        return self.incident(last)


def _refused(refusal: PushRefused, endpoint: str) -> Handled:
    reason = str(refusal)[:LONGEST_REASON]
    reply = Reply(refusal.status, reason.encode(), "text/plain; charset=utf-8")
    return Handled(reply, (TelemetryRejected(endpoint=endpoint, status=reply.status, reason=reason),))


def _left_out(remarks: Sequence[str], *, wire: Wire, endpoint: str) -> tuple[Event, ...]:
    if not remarks:
        return ()
    reason = "; ".join(dict.fromkeys(remarks))[:LONGEST_REASON]
    return (TelemetryRejected(endpoint=endpoint, status=_ACCEPTED[wire].status, reason=reason),)


def _sender(labels: Mapping[str, str]) -> str:
    return next((labels[name] for name in _NAMES_OF_SENDERS if name in labels), "unnamed")
