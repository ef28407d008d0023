"""A run as a Chaos Toolkit journal, which `chaos report` reads; the experiment in it runs the scenario again.

Chaos Toolkit knows `deviated` or not; what it has no word for stands in `extensions`: an unknown verdict, the times,
and how to run it again. An unknown verdict is a failed experiment, never a completed one.

Source: the Chaos Toolkit's journal and experiment formats, chaostoolkit-lib 1.44 and chaostoolkit-reporting 0.18.
"""

from __future__ import annotations

import platform
import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from harness.checks import Judgement, Verdict, metrics
from harness.events import FaultApplied, FaultRemoved, RunFinished, RunStarted
from harness.history import History

FORMAT = "1.44.0"
"""The chaostoolkit-lib whose journals these are like."""

_BEFORE = "steady state held"
"""How the proofs begin that are about the time before anything is broken."""

_JUDGE = {"type": "process", "path": "pizza-chaos", "arguments": ["judge"]}


def journal(history: History, judgement: Judgement) -> dict[str, Any]:
    """Give a run as a journal.

    Raises:
        HarnessError: when the history does not say which run it is of.
    """
    run, ends = history.run, history.events[-1].at
    experiment = _experiment(run, judgement, numbers=msgspec.to_builtins(metrics(history)))
    again = _record(experiment["method"][0], (run.at, ends), succeeded=judgement.verdict is not Verdict.UNKNOWN)
    return {
        "chaoslib-version": FORMAT,
        "platform": platform.platform(),
        "node": "pizza-chaos",
        "experiment": experiment,
        **_when(run.at, ends),
        "status": _status(history, judgement),
        "deviated": judgement.verdict is Verdict.FAILED,
        "steady_states": {
            "before": _steady_state(judgement, (run.at, run.at), before=True),
            "after": _steady_state(judgement, (ends, ends), before=False),
            "during": [],
        },
        "run": [again, *_faults(history)],
        "rollbacks": [],
    }


def _experiment(run: RunStarted, judgement: Judgement, *, numbers: Mapping[str, Any]) -> dict[str, Any]:
    program, *words = shlex.split(run.rerun)
    ours = {"verdict": judgement.verdict.value, "why": judgement.why, "rerun": run.rerun, "seed": run.seed}
    passes = {"type": "probe", "name": "the newest run is judged passed", "tolerance": 0, "provider": _JUDGE}
    return {
        "version": "1.0.0",
        "title": run.scenario,
        "description": run.hypothesis or "The author says nothing of what they believe.",
        "tags": ["pizza-chaos", run.stack],
        "steady-state-hypothesis": {"title": run.hypothesis or "the run is judged passed", "probes": [passes]},
        "method": [
            {
                "type": "action",
                "name": "run the scenario",
                "provider": {"type": "process", "path": program, "arguments": words},
            }
        ],
        "rollbacks": [],
        "runtime": {"hypothesis": {"strategy": "after-method-only"}},
        "extensions": [{"name": "pizza-chaos", **ours, "metrics": numbers}],
    }


def _faults(history: History) -> Iterator[dict[str, Any]]:
    removed = {event.id: event for event in history.of(FaultRemoved)}
    for fault in history.of(FaultApplied):
        gone = removed.get(fault.id)
        provider = {"type": "python", "module": "harness.faults", "func": fault.fault, "arguments": fault.parameters}
        activity = {"type": "action", "name": f"{fault.id} on {fault.target}", "provider": provider}
        ends = (fault.at, gone.at if gone else history.events[-1].at)
        output = {"sees": fault.sees, "hits": gone.hits if gone else 0, "ended by": gone.by if gone else "nobody"}
        yield _record(activity, ends, succeeded=gone is not None and gone.hits > 0, output=output)


def _steady_state(judgement: Judgement, ends: tuple[datetime, datetime], *, before: bool) -> dict[str, Any]:
    """Give the proofs of the time before a fault; or the others, and the checks, which are put when all is over."""
    asked = [(one.name, one.held, one.detail) for one in judgement.proofs if one.name.startswith(_BEFORE) is before]
    if not before:
        asked += [(one.name, one.verdict is Verdict.PASSED, one.detail) for one in judgement.checks]
    probes = []
    for name, met, detail in asked:
        activity = {"type": "probe", "name": name, "tolerance": True, "provider": _JUDGE}
        probes.append({**_record(activity, ends, succeeded=True, output=detail), "tolerance_met": met})
    return {"steady_state_met": all(probe["tolerance_met"] for probe in probes), "probes": probes}


def _status(history: History, judgement: Judgement) -> str:
    finished = history.first(RunFinished)
    if finished is not None and finished.reason in {"interrupted", "aborted"}:
        return finished.reason
    return "completed" if judgement.verdict is Verdict.PASSED else "failed"


def _record(
    activity: Mapping[str, Any], ends: tuple[datetime, datetime], *, succeeded: bool, output: object = None
) -> dict[str, Any]:
    status = "succeeded" if succeeded else "failed"
    return {"activity": dict(activity), **_when(*ends), "status": status, "output": output}


def _when(start: datetime, end: datetime) -> dict[str, Any]:
    moments = {"start": start.astimezone(UTC).isoformat(), "end": end.astimezone(UTC).isoformat()}
    return {**moments, "duration": (end - start).total_seconds()}
