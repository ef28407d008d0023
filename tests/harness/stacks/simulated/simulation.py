"""One simulated run, begun and ended without pytest's plugin, as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from harness.clock import VirtualClock
from harness.events import SCHEMA, RunFinished, RunStarted
from harness.history import History, Recorder
from harness.scenario import Diners, OnCall, Scenario, Shop
from harness.settings import Settings
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.stack import SimulatedStack

MST = timezone(timedelta(hours=-7), "MST")
EVENING = datetime(2024, 11, 30, 21, 59, tzinfo=MST)
SEED = 20241201


@dataclass(frozen=True, slots=True)
class Simulation:
    """A run under way, in the words of a scenario."""

    stack: SimulatedStack
    scenario: Scenario
    shop: Shop
    diners: Diners
    on_call: OnCall
    path: Path

    @property
    def history(self) -> History:
        return self.stack.so_far()


@contextmanager
def simulation(
    directory: Path,
    *,
    seed: int = SEED,
    kind: type[SimulatedStack] = SimulatedStack,
    service: TwinService | None = None,
) -> Iterator[Simulation]:
    """Start a simulated stack, and heal and stop it at the end of the block as a run does."""
    clock = VirtualClock(EVENING)
    path = directory / "history.jsonl"
    with Recorder(path, clock=clock) as recorder:
        recorder.record(_started(seed))
        stack = kind(
            service or TwinService(),
            settings=Settings(seed=seed),
            directory=directory,
            recorder=recorder,
            clock=clock,
            on_call="Jaquelyn",
        )
        scenario = Scenario(stack, begins=EVENING, locate=lambda: "a test")
        try:
            stack.start()
            yield Simulation(stack, scenario, Shop(scenario), Diners(scenario), OnCall(scenario), path)
        finally:
            scenario.heal()
            stack.stop()
        recorder.record(RunFinished(reason="completed"))


def _started(seed: int) -> RunStarted:
    return RunStarted(
        schema=SCHEMA,
        scenario="a test",
        hypothesis="",
        seed=seed,
        stack="simulated",
        speed=1.0,
        zone="MST",
        versions={},
        rerun="",
    )
