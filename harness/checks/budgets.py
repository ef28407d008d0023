"""How long things may take, and how much may fail: what a team has promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from harness.checks.check import check
from harness.checks.metrics import FaultMetrics, metrics
from harness.checks.result import Answer, Verdict
from harness.checks.traffic import Tally, service_requests, whole
from harness.checks.window import crossed, lived, reached
from harness.durations import duration, spoken
from harness.errors import ScenarioError
from harness.events import MetricsReceived
from harness.history import History

FELT = "the fault felt first"

REQUESTS_AT_LEAST = 20
"""Fewer than this say nothing about a phase."""

_Of = Literal["detection_seconds", "acknowledge_seconds", "reset_seconds"]


_STEPS: dict[str, _Of] = {"noticed": "detection_seconds", "taken": "acknowledge_seconds", "over": "reset_seconds"}


@check("{fault} is detected within {budget}")
def detected_within(history: History, budget: str | timedelta, fault: str = FELT) -> Answer:
    """Somebody is paged soon after a fault begins (MTTD)."""
    return _within(history, fault, "detection_seconds", duration(budget))


@check("{fault} is acknowledged within {budget} of the first page")
def acknowledged_within(history: History, budget: str | timedelta, fault: str = FELT) -> Answer:
    """Somebody takes the page soon (MTTA)."""
    return _within(history, fault, "acknowledge_seconds", duration(budget))


@check("{fault} is over within {budget}")
def reset_within(history: History, budget: str | timedelta, fault: str = FELT) -> Answer:
    """What a fault broke works again soon after it began (MTTR)."""
    return _within(history, fault, "reset_seconds", duration(budget))


@check("{fault} is {step} sooner than the {then} that it took then")
def sooner_than(
    history: History, then: str | timedelta, step: Literal["noticed", "taken", "over"] = "over", fault: str = FELT
) -> Answer:
    """Prevention is worth it: a step that once took so long takes less, and this says by how much."""
    longest = duration(then)
    answer = _within(history, fault, _STEPS[step], longest)
    found = _found(history, fault)
    took = getattr(found, _STEPS[step]) if found else None
    if took is None:
        return answer
    gained = longest.total_seconds() - took
    said = f"{spoken(abs(gained))} {'sooner' if gained > 0 else 'later'} than the {spoken(longest)} of then"
    return Verdict(answer.verdict).because(f"{answer.detail}, {said}")


@check("availability of {phases}")
def availability(history: History, phases: Sequence[tuple[str, datetime, datetime, float]]) -> Answer:
    """In each phase at least this share of the requests to the service succeeds.

    Args:
        history: what happened.
        phases: (name, since, until, share from 0 to 1).

    Raises:
        ScenarioError: when a share is not one.
    """
    said, evidence, verdicts = [], [], []
    for name, since, until, share in phases:
        if not 0 <= share <= 1:
            message = f"availability: {name} must be {share:g} available, which is no share. Give 0 to 1, such as 0.99."
            raise ScenarioError(message)
        requests = whole(service_requests(history), since, until)
        tally = Tally.of(requests)
        least, most = (part / tally.total if tally.total else 0 for part in (tally.ok, tally.ok + tally.unknown))
        enough = tally.total >= REQUESTS_AT_LEAST and reached(history, until)
        verdicts.append(_banded((least, most), share) if enough else Verdict.UNKNOWN)
        said.append(f"{name}: {least:.2%} of {tally.total:,}" + ("" if enough else ", too few or too early to tell"))
        evidence += [one for one in requests if one.outcome != "ok"][:2]
    for verdict in (Verdict.FAILED, Verdict.UNKNOWN):
        if verdict in verdicts:
            return verdict.because("; ".join(said), evidence)
    if not said:
        return Verdict.UNKNOWN.because("no phase was named")
    return Verdict.PASSED.because("; ".join(said), evidence)


@check("metrics arrive at least every {every} from {since} to {until}")
def telemetry_has_no_gap(history: History, since: datetime, until: datetime, every: str | timedelta) -> Answer:
    """The service is never silent for longer than this; what a jump crossed is not counted as silence."""
    pushes = [push for push in history.of(MetricsReceived) if push.samples and since <= push.at < until]
    if not pushes or not reached(history, until):
        said = "the run did not get that far" if pushes else "no metrics came in"
        return Verdict.UNKNOWN.because(said) if not lived(history, since, until) else Verdict.FAILED.because(said)
    instants = [since, *(push.at for push in pushes), until]
    gaps = [(later - at - crossed(history, at, later), at) for at, later in pairwise(instants)]
    longest, at = max(gaps)
    said = f"{len(pushes):,} pushes, the longest silence {spoken(longest)} from {at:%H:%M:%S}"
    return (Verdict.PASSED if longest <= duration(every) else Verdict.FAILED).because(said, (pushes[0], pushes[-1]))


def _banded(shares: tuple[float, float], wanted: float) -> Verdict:
    least, most = shares
    if least >= wanted:
        return Verdict.PASSED
    return Verdict.UNKNOWN if most >= wanted else Verdict.FAILED


def _within(history: History, fault: str, of: _Of, budget: timedelta) -> Answer:
    found = _found(history, fault)
    if found is None:
        return Verdict.UNKNOWN.because("no diner felt a fault" if fault == FELT else f"{fault} was not applied")
    took = getattr(found, of)
    if took is not None:
        verdict = Verdict.PASSED if timedelta(seconds=took) <= budget else Verdict.FAILED
        return verdict.because(f"{found.id}: it took {spoken(took)}")
    began = found.started + timedelta(seconds=found.detection_seconds or 0 if of == "acknowledge_seconds" else 0)
    if of == "acknowledge_seconds" and found.detection_seconds is None:
        return Verdict.UNKNOWN.because(f"nobody was paged about {found.id}, so there was nothing to acknowledge")
    over = reached(history, began + budget)
    is_late = of == "detection_seconds" and found.reset_seconds is not None
    said = "nobody was paged before it was over" if is_late else "it did not happen before the run ended"
    return (Verdict.FAILED if over else Verdict.UNKNOWN).because(f"{found.id}: {said}")


def _found(history: History, fault: str) -> FaultMetrics | None:
    faults = metrics(history).faults
    if fault == FELT:
        return next((one for one in faults if one.failed), None)
    return next((one for one in faults if fault in {one.fault, one.id}), None)
