"""A story that was found, as a scenario: whatever fault it holds, Python and the harness can read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from harness.checks.promises import Finding
from harness.events import FaultApplied
from harness.explore.schedules import Blow, Schedule
from harness.explore.story import as_scenario
from harness.scenario import Diners, OnCall, Scenario
from harness.scorecard.trials import FAULTS
from harness.stacks.planned import PlannedStack

BEGINS = datetime(2024, 12, 1, 12, tzinfo=UTC)
REPLAY = "pizza-chaos run found.py --stack simulated --rules 'my rules.yaml' --seed 7"


@pytest.mark.parametrize("fault", FAULTS)
def test_story_of_each_fault_can_be_read_out_and_strikes_that_fault(fault: str) -> None:
    module: dict[str, Any] = {}
    exec(compile(written(fault), "test_found.py", "exec"), module)
    stack = PlannedStack(BEGINS, evaluation_delays={})
    scenario = Scenario(stack, begins=BEGINS, locate=lambda: "test_found.py:1")
    module["test_found"](scenario, Diners(scenario), OnCall(scenario))
    (struck,) = stack.so_far().of(FaultApplied)
    assert (struck.fault, struck.parameters) == (FAULTS[fault].name, FAULTS[fault].parameters)
    assert [one.check.function for one in scenario.expectations] == ["every_outage_is_noticed"]


def test_what_a_fault_is_by_itself_is_left_out() -> None:
    assert "scenario.fault(OnLink())" in written("on_link")
    assert "scenario.fault(FactoryChaos(mode='throttle'))" in written("factory_throttle")


def test_command_that_plays_a_story_again_stands_at_its_top() -> None:
    first = f'"""Found by `pizza-chaos explore`: outage is noticed.\n\n    {REPLAY}\n"""\n'
    assert written("stale_dns").startswith(first)


def written(fault: str) -> str:
    schedule = Schedule((Blow(3, fault, 4),), 5, answers=False)
    return as_scenario(schedule, [Finding("outage is noticed", "nobody was paged")], name="found", replay=REPLAY)
