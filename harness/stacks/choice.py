"""Which stack a run uses, with the clock that goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from harness.clock import VirtualClock, WallClock
from harness.history import Recorder
from harness.settings import Settings
from harness.stacks.attached.stack import AttachedStack
from harness.stacks.attached.system import AttachedSystem
from harness.stacks.containers.stack import COMES_UP_WITHIN, ContainersStack
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
        with _closed_on_failure(recorder):
            simulated = simulation(
                service, settings=settings, directory=history.parent, recorder=recorder, clock=virtual, on_call=on_call
            )
        return simulated, recorder
    is_contained = settings.stack == ContainersStack.name
    early = COMES_UP_WITHIN * settings.speed if is_contained else timedelta()
    wall = WallClock(begins - early, speed=settings.speed)
    recorder = Recorder(history, clock=wall)
    kind = partial(ContainersStack, begins=begins) if is_contained else ProcessesStack
    with _closed_on_failure(recorder):
        if isinstance(service, AttachedSystem):
            attached = AttachedStack(
                service, settings=settings, directory=history.parent, recorder=recorder, clock=wall, on_call=on_call
            )
            return attached, recorder
        processes = kind(
            service, settings=settings, directory=history.parent, recorder=recorder, clock=wall, on_call=on_call
        )
    return processes, recorder


@contextmanager
def _closed_on_failure(recorder: Recorder) -> Iterator[None]:
    """Let no history stay open for a stack that could not be made: of rules that cannot be read, say."""
    try:
        yield
    except BaseException:
        recorder.close()
        raise
