"""A simulated stack for the length of a block, whose history is kept in memory: for those who play hundreds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from harness.clock import VirtualClock
from harness.events import SCHEMA, RunStarted
from harness.history import Recorder
from harness.settings import Settings
from harness.stacks.arrangements import Arrangements
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.stack import SimulatedStack

_NOWHERE = Path(os.devnull)


@contextmanager
def simulated(
    service: TwinService, *, seed: int, begins: datetime, command: str, on_call: str = "on-call"
) -> Iterator[SimulatedStack]:
    """Start a simulated stack, and stop it at the end of the block; `so_far` gives its history.

    Args:
        service: what is under test, and the rules over it.
        seed: of everything that is random.
        begins: incident time at the start.
        command: of pizza-chaos, that plays it.
        on_call: who is paged first.
    """
    clock = VirtualClock(begins)
    with Recorder(_NOWHERE, clock=clock) as recorder:
        recorder.record(
            RunStarted(
                schema=SCHEMA,
                scenario=command,
                hypothesis="",
                seed=seed,
                stack=SimulatedStack.name,
                speed=1.0,
                zone=str(begins.tzinfo),
                versions={},
                rerun=f"pizza-chaos {command}",
            )
        )
        stack = SimulatedStack(
            service,
            settings=Settings(stack=SimulatedStack.name, seed=seed),
            directory=_NOWHERE,
            recorder=recorder,
            clock=clock,
            on_call=on_call,
            arranged=_arranged(service.rules, service.rules.stat().st_mtime_ns),
        )
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


@lru_cache(maxsize=4)
def _arranged(rules: Path, _changed_at: int) -> Arrangements:
    """Read a file of rules once for many plays, and again when it has changed."""
    return Arrangements.read(Settings(), rules=rules)
