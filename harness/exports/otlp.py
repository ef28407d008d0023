"""A run as one OpenTelemetry trace, in OTLP JSON: the scenario, and in it its steps, faults and requests.

Times are incident time. Ids are made from the run's name, seed and place in the history, so that exporting a run
twice gives the same trace. Source: the OTLP specification 1.x, JSON Protobuf encoding (hexadecimal ids, 64-bit
numbers as text).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from harness.checks import Judgement, Verdict
from harness.events import FaultApplied, FaultRemoved, RequestFinished, StepStarted
from harness.history import History

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INTERNAL, _CLIENT = 1, 3
_UNSET, _OK, _ERROR = 0, 1, 2


def traces(history: History, judgement: Judgement) -> dict[str, Any]:
    """Give a run as what `POST /v1/traces` of an OpenTelemetry collector takes.

    Raises:
        HarnessError: when the history does not say which run it is of.
    """
    run = history.run
    resource = {"service.name": "pizza-chaos", "pizza_chaos.stack": run.stack, "pizza_chaos.seed": run.seed}
    scope = {"name": "pizza-chaos", "version": run.versions.get("pizza-chaos", "")}
    spans = [*_scenario(history, judgement), *_steps(history), *_faults(history), *_requests(history)]
    scoped = {"scope": scope, "spans": spans}
    return {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scoped]}]}


def _scenario(history: History, judgement: Judgement) -> Iterator[dict[str, Any]]:
    run = history.run
    more = {"pizza_chaos.verdict": judgement.verdict.value, "pizza_chaos.rerun": run.rerun}
    span = _span(history, run.scenario, seq=run.seq, ends=(run.at, history.events[-1].at), attributes=more)
    del span["parentSpanId"]
    code = {Verdict.PASSED: _OK, Verdict.FAILED: _ERROR, Verdict.UNKNOWN: _UNSET}[judgement.verdict]
    yield span | {"status": {"code": code, "message": judgement.why}}


def _steps(history: History) -> Iterator[dict[str, Any]]:
    steps = history.of(StepStarted)
    for step, after in pairwise((*steps, history.events[-1])):
        name = step.name if isinstance(step, StepStarted) else ""
        yield _span(history, name, seq=step.seq, ends=(step.at, after.at), attributes={"pizza_chaos.part": "step"})


def _faults(history: History) -> Iterator[dict[str, Any]]:
    removed = {event.id: event for event in history.of(FaultRemoved)}
    for fault in history.of(FaultApplied):
        gone = removed.get(fault.id)
        ends = (fault.at, gone.at if gone else history.events[-1].at)
        more = {
            "pizza_chaos.part": "fault",
            "pizza_chaos.target": fault.target,
            "pizza_chaos.sees": fault.sees,
            "pizza_chaos.hits": gone.hits if gone else 0,
            "pizza_chaos.ended_by": gone.by if gone else "nobody",
        }
        yield _span(history, f"fault {fault.id}", seq=fault.seq, ends=ends, attributes=more)


def _requests(history: History) -> Iterator[dict[str, Any]]:
    for one in history.of(RequestFinished):
        more = {
            "http.request.method": one.method,
            "url.path": one.path,
            "server.address": one.address,
            "http.response.status_code": one.status,
            "error.type": one.cause,
            "enduser.id": one.diner,
            "pizza_chaos.part": "request",
            "pizza_chaos.outcome": one.outcome,
        }
        span = _span(history, one.operation, seq=one.seq, ends=(one.started, one.at), attributes=more)
        # Nobody knows what became of a request that timed out, so its status is left unset, as the history leaves it.
        code = {"ok": _OK, "failed": _ERROR}.get(one.outcome, _UNSET)
        yield span | {"kind": _CLIENT, "status": {"code": code, "message": one.error} if one.error else {"code": code}}


def _span(
    history: History, name: str, *, seq: int, ends: tuple[datetime, datetime], attributes: Mapping[str, Any]
) -> dict[str, Any]:
    run = history.run
    return {
        "traceId": history.once(_trace_id),
        "spanId": f"{seq + 1:016x}",
        "parentSpanId": f"{run.seq + 1:016x}",
        "name": name,
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(ends[0]),
        "endTimeUnixNano": _nanoseconds(ends[1]),
        "attributes": _attributes({**attributes, "pizza_chaos.line": seq + 1}),
    }


def _trace_id(history: History) -> str:
    run = history.run
    return hashlib.sha256(f"{run.scenario} {run.seed} {run.at.isoformat()}".encode()).hexdigest()[:32]


def _nanoseconds(at: datetime) -> str:
    since = at - _EPOCH
    return str((since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000)


def _attributes(named: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write attributes as OTLP does; what is empty says nothing and is left out."""
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}}
        for name, value in named.items()
        if value not in {"", 0}
    ]
