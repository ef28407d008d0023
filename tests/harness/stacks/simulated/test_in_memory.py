from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.events import ProcessExited, ProcessStarted
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.in_memory import simulated

NOON = datetime(2024, 12, 1, 12, 0, tzinfo=UTC)


def test_history_of_a_block_is_kept_and_says_how_it_came_about() -> None:
    with simulated(TwinService(), seed=7, begins=NOON, command="explore") as stack:
        stack.live(timedelta(seconds=1))
        history = stack.so_far()
    assert (history.run.seed, history.run.stack, history.run.rerun) == (7, "simulated", "pizza-chaos explore")
    assert history.run.zone == "UTC"
    assert stack.clock.now() > NOON + timedelta(seconds=1)


def test_stack_is_stopped_when_its_block_fails() -> None:
    with (
        pytest.raises(RuntimeError, match="half way"),
        simulated(TwinService(), seed=7, begins=NOON, command="explore") as stack,
    ):
        raise RuntimeError("half way")
    history = stack.so_far()
    assert len(history.of(ProcessExited)) == len(history.of(ProcessStarted)) > 0
