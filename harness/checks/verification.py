"""What verifying a site from outside found: the layer of each fault while it was there, and none once it healed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from harness.checks.check import check
from harness.checks.result import EVIDENCE_AT_MOST, Answer, Verdict, worst
from harness.checks.wording import listed
from harness.durations import duration, spoken
from harness.events import DiagnosisMade, FaultApplied, FaultRemoved
from harness.history import History

NONE_FOUND = "none found"
"""The layer that a diagnosis gives where all is well."""


@check("verifying from outside names the layer of each fault within {within}, and none once it healed")
def verifying_names(
    history: History, layers: Mapping[str, str | Sequence[str]], within: str | timedelta = "5s"
) -> Answer:
    """Whoever verifies while a fault is there names its layer before any other, and finds all well afterwards.

    Args:
        history: what happened.
        layers: for each fault, by name, the layer to name, or those of which one is to be named; `none found` where
            nothing can be seen from outside.
        within: how long each verification may take, by the clock of what it looks at.
    """
    slow = max(history.of(DiagnosisMade), key=lambda made: made.took_seconds, default=None)
    faults = [fault for fault in history.of(FaultApplied) if fault.fault in layers]
    spared = layers.keys() - {fault.fault for fault in faults}
    if slow is None or spared or not faults:
        said = f"{listed(sorted(spared))} did not happen" if spared else "nobody verified anything"
        return Verdict.UNKNOWN.because(said)
    if slow.took_seconds > duration(within).total_seconds():
        return Verdict.FAILED.because(f"the one at {slow.at:%H:%M:%S} took {slow.took_seconds:g} s", (slow,))
    answers = [_named(history, fault, _either(layers[fault.fault])) for fault in faults]
    verdict = worst(answer.verdict for answer in answers)
    decisive = [answer for answer in answers if answer.verdict is verdict]
    detail = "; ".join([*(answer.detail for answer in decisive), f"the slowest took {slow.took_seconds:g} s"])
    return Answer(verdict, detail, tuple(seq for answer in decisive for seq in answer.evidence)[:EVIDENCE_AT_MOST])


def _named(history: History, fault: FaultApplied, layers: Sequence[str]) -> Answer:
    """Say what was named while a fault was there, and after it until the next one."""
    ends = history.first(FaultRemoved, lambda removed: removed.id == fault.id)
    following = history.first(FaultApplied, lambda other: other.seq > fault.seq)
    if ends is None:
        return Verdict.UNKNOWN.because(f"{fault.id} did not end")
    until = following.seq if following else len(history)
    during = [made for made in history.of(DiagnosisMade) if fault.seq < made.seq < ends.seq]
    after = [made for made in history.of(DiagnosisMade) if ends.seq < made.seq < until]
    if not during or not after:
        return Verdict.UNKNOWN.because(f"nobody verified {'after' if during else 'during'} {fault.id}")
    named = next((made for made in during if made.layer != NONE_FOUND), during[-1])
    said = f"{fault.fault}: “{named.layer}” after {spoken(named.at - fault.at)}"
    if named.layer not in layers:
        return Verdict.FAILED.because(f"{said}, and not “{listed(layers)}”: {named.finding}", (fault, named))
    if after[-1].layer != NONE_FOUND:
        detail = f"{fault.fault} healed, and “{after[-1].layer}” was named still: {after[-1].finding}"
        return Verdict.FAILED.because(detail, (ends, after[-1]))
    return Verdict.PASSED.because(said, (fault, named))


def _either(layers: str | Sequence[str]) -> Sequence[str]:
    return (layers,) if isinstance(layers, str) else layers
