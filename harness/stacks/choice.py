"""Which stack a run uses, with the clock that goes with it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from harness.clock import VirtualClock, WallClock
from harness.history import Recorder
from harness.settings import Settings
from harness.stacks.attached.stack import AttachedStack
from harness.stacks.attached.system import AttachedSystem
from harness.stacks.containers.stack import ContainersStack
from harness.stacks.processes import ProcessesStack
from harness.stacks.services.service import ServiceUnderTest
from harness.stacks.simulated.stack import SimulatedStack
from harness.stacks.simulated.wire import WireStack


def stack_and_recorder(
    service: ServiceUnderTest, *, settings: Settings, history: Path, begins: datetime, on_call: str
) -> tuple[ProcessesStack | SimulatedStack, Recorder]:
    """Make the stack that the settings name, and the recorder of its history.

    Args:
        service: what is under test.
        settings: `stack` names it, `speed` counts where there is a wall.
        history: the history's file; the directory it is in is the run's own.
        begins: incident time at the start.
        on_call: who is paged first.
    """
    if settings.stack in {SimulatedStack.name, WireStack.name}:
        virtual = VirtualClock(begins)
        recorder = Recorder(history, clock=virtual)
        simulation = WireStack if settings.stack == WireStack.name else SimulatedStack
        simulated = simulation(
            service, settings=settings, directory=history.parent, recorder=recorder, clock=virtual, on_call=on_call
        )
        return simulated, recorder
    wall = WallClock(begins, speed=settings.speed)
    recorder = Recorder(history, clock=wall)
    if isinstance(service, AttachedSystem):
        attached = AttachedStack(
            service, settings=settings, directory=history.parent, recorder=recorder, clock=wall, on_call=on_call
        )
        return attached, recorder
    kind = ContainersStack if settings.stack == ContainersStack.name else ProcessesStack
    processes = kind(
        service, settings=settings, directory=history.parent, recorder=recorder, clock=wall, on_call=on_call
    )
    return processes, recorder
