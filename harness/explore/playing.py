"""Plays one schedule on the simulated stack, with the rules that are to be tried, and gives its history."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from harness.explore.schedules import Blow, Schedule, Turn
from harness.history import History
from harness.scenario import Scenario
from harness.scorecard.trials import FAULTS
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.in_memory import simulated
from harness.stacks.simulated.stack import SimulatedStack

BEGINS = datetime(2024, 12, 1, 12, 0, tzinfo=UTC)
ON_CALL = "on-call"


def play(schedule: Schedule, *, seed: int, service: TwinService) -> History:
    """Play a schedule from its start to its end.

    Args:
        schedule: what happens.
        seed: of diners and reaction times.
        service: what is under test, with the rules that are tried.

    Raises:
        ScenarioError: when the stack cannot do a fault of it.
    """
    with simulated(service, seed=seed, begins=BEGINS, command="explore", on_call=ON_CALL) as stack:
        _play(schedule, stack)
        return stack.so_far()


def _play(schedule: Schedule, stack: SimulatedStack) -> None:
    scenario = Scenario(stack, begins=stack.clock.now(), locate=lambda: "explore")
    began = stack.clock.now()
    if not schedule.answers:
        stack.ignore_pages("nobody answers")
    stack.diners(schedule.diners)
    standing: dict[Blow, ExitStack] = {}
    try:
        for minute, turn, blow in schedule.moments():
            stack.live(began + timedelta(minutes=minute) - stack.clock.now())
            if turn is Turn.BUYS:
                stack.send_a_customer(f"customer-{minute}")
            elif blow is None:
                stack.diners(2 * schedule.diners)
            elif turn is Turn.BREAKS:
                standing[blow] = ExitStack()
                standing[blow].enter_context(scenario.fault(FAULTS[blow.fault]))
            else:
                standing.pop(blow).close()
            if schedule.answers:
                stack.acknowledge(ON_CALL)
        stack.live(began + timedelta(minutes=schedule.ends) - stack.clock.now())
    finally:
        scenario.heal()
