"""A run as Grafana annotations: faults as regions; steps, alerts, pages and remedies as moments.

Each element of the list is what `POST /api/annotations` of Grafana takes. Times are incident time, in milliseconds;
`pizza-chaos` is a tag of all of them, so that a dashboard can show, and a script remove, those of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from harness.checks import Judgement
from harness.events import (
    AlertChanged,
    DiagnosisMade,
    Event,
    FaultApplied,
    FaultRemoved,
    PageAcknowledged,
    PageSent,
    RemedyPerformed,
    StepStarted,
)
from harness.history import History
from harness.report.sentences import sentence

_TAGS: Mapping[type[Event], str] = {
    StepStarted: "step",
    AlertChanged: "alert",
    PageSent: "page",
    PageAcknowledged: "acknowledge",
    DiagnosisMade: "diagnosis",
    RemedyPerformed: "remedy",
}


def grafana_annotations(history: History, judgement: Judgement) -> list[dict[str, Any]]:
    """Give a run as annotations, in the order in which things happened, the run itself first.

    Raises:
        HarnessError: when the history does not say which run it is of.
    """
    run, end = history.run, history.events[-1].at
    whole = f"{judgement.verdict.value}: {run.scenario}: {judgement.why}"
    noted = [_region(whole, (run.at, end), tags=("run", judgement.verdict.value))]
    gone = {event.id: event.at for event in history.of(FaultRemoved)}
    for event in history.of(FaultApplied, *_TAGS):
        if isinstance(event, FaultApplied):
            ends = (event.at, gone.get(event.id, end))
            noted.append(_region(f"{event.id}: {event.sees}", ends, tags=("fault", event.fault)))
        else:
            noted.append(_note(sentence(event), event.at, tags=(_TAGS[type(event)],)))
    return noted


def _note(text: str, at: datetime, *, tags: tuple[str, ...]) -> dict[str, Any]:
    return {"time": round(at.timestamp() * 1000), "tags": ["pizza-chaos", *tags], "text": text}


def _region(text: str, ends: tuple[datetime, datetime], *, tags: tuple[str, ...]) -> dict[str, Any]:
    return {**_note(text, ends[0], tags=tags), "timeEnd": round(ends[1].timestamp() * 1000)}
