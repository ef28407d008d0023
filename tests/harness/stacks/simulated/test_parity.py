"""The simulated stack beside real processes. CI compares a sample; `make parity` compares the whole list."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.faults import Fault
from harness.stacks.simulated.suitability import refusal
from tests.harness.stacks.simulated.parity import SAMPLE, TOLERANCE, WHOLE, tell

STORIES: list[Sequence[Fault]] = [(fault,) for fault in WHOLE] if os.environ.get("PIZZA_CHAOS_PARITY") else [SAMPLE]


@pytest.mark.slow
@pytest.mark.parametrize("faults", STORIES, ids=lambda faults: "+".join(fault.name for fault in faults))
def test_story_has_the_same_verdict_and_alerts_on_both_stacks(faults: Sequence[Fault], tmp_path: Path) -> None:
    simulated, real = (tell(faults, stack=stack, runs=tmp_path) for stack in ("simulated", "processes"))
    assert simulated.judgement.verdict == real.judgement.verdict, f"{simulated.judgement.why}; {real.judgement.why}"
    assert simulated.sequences == real.sequences
    for rule, changes in simulated.transitions.items():
        for (*_, here), (*_, there) in zip(changes, real.transitions[rule], strict=True):
            assert abs(here - there) <= TOLERANCE, f"{rule}: {here} simulated, {there} on processes"


@pytest.mark.parametrize("fault", WHOLE, ids=lambda fault: fault.name)
def test_fault_that_is_compared_can_be_simulated(fault: Fault) -> None:
    assert [refusal(command) for command in fault.apply()] == [""] * len(fault.apply())
