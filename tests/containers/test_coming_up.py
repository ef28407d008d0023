"""When a scenario on the `containers` stack begins, however long its containers take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.clock import WallClock
from harness.events import Event, Jumped
from harness.stacks.containers.stack import COMES_UP_WITHIN, ContainersStack
from harness.stacks.processes import ProcessesStack

BEGINS = datetime(2024, 12, 1, 12, tzinfo=UTC)
SPEED = 10.0


@pytest.mark.parametrize(
    ("takes", "then"),
    [
        (timedelta(seconds=3), BEGINS),
        (COMES_UP_WITHIN + timedelta(seconds=1), BEGINS + timedelta(seconds=10)),
    ],
)
def test_scenario_begins_at_its_time_unless_containers_take_longer_than_they_may(
    takes: timedelta, then: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, recorded = [0.0], list[Event]()
    stack: Any = object.__new__(ContainersStack)
    stack._begins = BEGINS
    stack.clock = WallClock(BEGINS - COMES_UP_WITHIN * SPEED, speed=SPEED, monotonic=lambda: passed[0])
    monkeypatch.setattr(ProcessesStack, "start", lambda _: passed.__setitem__(0, takes.total_seconds()))
    monkeypatch.setattr(ProcessesStack, "record", lambda _, event: recorded.append(event))
    stack.start()
    assert stack.clock.now() == then
    assert [type(event) for event in recorded] == ([Jumped] if then == BEGINS else [])
