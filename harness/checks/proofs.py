"""What must be shown before a run may be called green: something was really broken, and it really came back.

Rules of this file: a proof holds or it does not, and what cannot be told does not hold; a request of unknown outcome
proves nothing; time that was crossed by a jump is not counted as lived through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from harness.checks.traffic import Tally, awaited
from harness.checks.window import crossed
from harness.checks.wording import count, listed
from harness.durations import spoken
from harness.events import FaultApplied, FaultHit, FaultRemoved, HarnessTroubled, RequestFinished, RunFinished
from harness.history import History

LOAD_AT_LEAST = 10
"""Requests in a stretch that make it load rather than a coincidence."""

BRIEF_AT_LEAST = timedelta(minutes=1)
"""How long load counts as flowing during a fault that the system got over by itself, however soon that was."""

WHOLE = "the run is whole, and the harness had no trouble"
"""The proof that all others rest on: a run that broke off shows little else."""

MISTAKE = "a mistake in the scenario"
"""What the end of a run says first that broke off because its author wrote what cannot be meant."""

STEADY_AT_LEAST = timedelta(minutes=1)
"""How long nothing may fail at the end before steady state has come back."""


class Proof(msgspec.Struct, frozen=True):
    """One thing that a green verdict rests on."""

    name: str
    """What it shows, in a sentence."""
    held: bool
    detail: str
    """The numbers behind it, or what is missing."""


def proofs(history: History, *, expects_no_fault: bool = False) -> tuple[Proof, ...]:
    """Say of each proof whether it holds.

    Args:
        history: what happened.
        expects_no_fault: the scenario means to break nothing, so only a steady and whole run is asked for.
    """
    if expects_no_fault:
        return (_steady_throughout(history), _whole(history))
    faults = history.of(FaultApplied)
    if not faults:
        nothing = Proof("something was broken", held=False, detail="nothing was broken: no fault was applied")
        return (nothing, _steady_throughout(history), _whole(history))
    return (
        _steady_before(history, faults),
        _hit(history, faults),
        _load_flowed(history, faults),
        _healed(history, faults),
        _steady_again(history),
        _whole(history),
    )


def _steady_before(history: History, faults: Sequence[FaultApplied]) -> Proof:
    requests = [request for request in awaited(history) if request.at < faults[0].at]
    return _steady("steady state held before the first fault", requests)


def _steady_throughout(history: History) -> Proof:
    return _steady("steady state held", awaited(history))


def _steady(name: str, requests: Sequence[RequestFinished]) -> Proof:
    tally = Tally.of(requests)
    detail = str(tally)
    if tally.ok < tally.total:
        wrong = next(request for request in requests if request.outcome != "ok")
        detail += f"; the first: {wrong.operation} at {wrong.at:%H:%M:%S}, {wrong.error}"
    elif tally.total < LOAD_AT_LEAST:
        detail += f": it takes {LOAD_AT_LEAST} to tell"
    return Proof(name, LOAD_AT_LEAST <= tally.total == tally.ok, detail)


def _hit(history: History, faults: Sequence[FaultApplied]) -> Proof:
    evidence = {hit.id: hit.evidence for hit in history.of(FaultHit)}
    hits = {removed.id: removed.hits for removed in history.of(FaultRemoved)}
    spared = [fault.id for fault in faults if fault.id not in evidence and not hits.get(fault.id)]
    hurt = [f"{fault.id}: {_hit_words(fault.id, evidence, hits)}" for fault in faults if fault.id not in spared]
    detail = f"nothing was hit by {listed(spared)}" if spared else "; ".join(hurt)
    return Proof("each fault was active and hit something", not spared, detail)


def _hit_words(fault: str, evidence: Mapping[str, str], hits: Mapping[str, int]) -> str:
    times = count(hits[fault], "hit") if hits.get(fault) else ""
    return ", first: ".join(filter(None, (times, evidence.get(fault))))


def _load_flowed(history: History, faults: Sequence[FaultApplied]) -> Proof:
    first, last = faults[0].at, max(_ends(history, faults), default=None)
    requests = awaited(history)
    before = sum(request.at < first for request in requests)
    after = sum(request.started >= last for request in requests) if last else 0
    numbers = (before, len(requests) - before - after, after)
    detail = "{:,} requests before, {:,} during and {:,} after the faults".format(*numbers)
    if min(numbers) < LOAD_AT_LEAST:
        detail += f": it takes {LOAD_AT_LEAST} of each"
    return Proof("load flowed before, during and after", min(numbers) >= LOAD_AT_LEAST, detail)


def _ends(history: History, faults: Sequence[FaultApplied]) -> Iterator[datetime]:
    """Say when the load that tells of each fault ends: with the fault, or with what the system got over in no time."""
    began = {fault.id: fault.at for fault in faults}
    for removed in history.of(FaultRemoved):
        is_brief = removed.by == "itself" and removed.id in began
        yield max(removed.at, began[removed.id] + BRIEF_AT_LEAST) if is_brief else removed.at


def _healed(history: History, faults: Sequence[FaultApplied]) -> Proof:
    by = {removed.id: f"{removed.id} by {removed.by} at {removed.at:%H:%M:%S}" for removed in history.of(FaultRemoved)}
    left = [fault.id for fault in faults if fault.id not in by]
    detail = f"still there: {listed(left)}" if left else "; ".join(by.values())
    return Proof("each fault ended", not left, detail)


def _steady_again(history: History) -> Proof:
    name = "steady state came back and stayed"
    removed = max((event.at for event in history.of(FaultRemoved)), default=None)
    if removed is None:
        return Proof(name, held=False, detail="no fault ended")
    after = [request for request in awaited(history) if request.at >= removed]
    since = max((request.at for request in after if request.outcome != "ok"), default=removed)
    good = [request for request in after if request.at > since and request.started >= removed]
    if not good:
        return Proof(name, held=False, detail=f"nothing succeeded after {since:%H:%M:%S}")
    end = max(request.at for request in good)
    length = end - since - crossed(history, since, end)
    detail = f"{count(len(good), 'request')}, all of them ok, in {spoken(length)} from {since:%H:%M:%S} to the end"
    held = length >= STEADY_AT_LEAST and len(good) >= LOAD_AT_LEAST
    if not held:
        detail += f": it takes {spoken(STEADY_AT_LEAST)} and {count(LOAD_AT_LEAST, 'request')}"
    return Proof(name, held, detail)


def _whole(history: History) -> Proof:
    troubles = [f"{trouble.where}: {trouble.error}" for trouble in history.of(HarnessTroubled)]
    finished = history.first(RunFinished)
    if finished is None:
        troubles.append("it does not say how it ended")
    elif finished.detail.startswith(MISTAKE):
        troubles.insert(0, finished.detail)
    elif finished.reason != "completed":
        news = "" if any(finished.detail in trouble for trouble in troubles) else finished.detail
        troubles.append(f"it ended {finished.reason}" + (f": {news}" if news else ""))
    troubles += history.damage
    detail = "; ".join(troubles) or f"{count(len(history), 'event')}, to the last step"
    return Proof(WHOLE, not troubles, detail)
