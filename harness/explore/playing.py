"""Plays one schedule on the simulated stack, with the rules that are to be tried, and gives its history."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.clock import VirtualClock
from harness.events import SCHEMA, RunStarted
from harness.explore.schedules import Blow, Schedule, Turn
from harness.history import History, Recorder
from harness.scenario import Scenario
from harness.scorecard.trials import FAULTS
from harness.settings import Settings
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.stack import SimulatedStack

BEGINS = datetime(2024, 12, 1, 12, 0, tzinfo=UTC)
ON_CALL = "on-call"


def play(schedule: Schedule, *, seed: int, rules: Path | None) -> History:
    """Play a schedule from its start to its end.

    Args:
        schedule: what happens.
        seed: of diners and reaction times.
        rules: a Prometheus rule file; the course's rules without one.

    Raises:
        ScenarioError: when the stack cannot do a fault of it.
    """
    with tempfile.TemporaryDirectory(prefix="pizza-chaos-") as name:
        directory, clock = Path(name), VirtualClock(BEGINS)
        with Recorder(directory / "history.jsonl", clock=clock) as recorder:
            recorder.record(_started(seed))
            service = TwinService()
            stack = SimulatedStack(
                replace(service, rules=rules) if rules else service,
                settings=Settings(stack=SimulatedStack.name, seed=seed),
                directory=directory,
                recorder=recorder,
                clock=clock,
                on_call=ON_CALL,
            )
            try:
                stack.start()
                _play(schedule, stack)
                return stack.so_far()
            finally:
                stack.stop()


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
            if blow is None:
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


def _started(seed: int) -> RunStarted:
    return RunStarted(
        schema=SCHEMA,
        scenario="explore",
        hypothesis="",
        seed=seed,
        stack=SimulatedStack.name,
        speed=1.0,
        zone="UTC",
        versions={},
        rerun="pizza-chaos explore",
    )
