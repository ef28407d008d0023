"""What waits on a socket waits as long in the scenario's time, whichever stack and speed it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.clock import MAX_SPEED, WallClock
from harness.ingress.records import Address
from harness.load.driver import LoadSettings
from harness.stacks.cloud import CHECK_TIMEOUT
from harness.stacks.processes import DNS_PATIENCE
from harness.stacks.simulated.model import Model

OF_A_DINER = LoadSettings("pizza.test", dns=Address("127.0.0.1", 53), seed=1).request_timeout
BEGINS = datetime(2024, 12, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("speed", [1.0, 10.0, MAX_SPEED])
@pytest.mark.parametrize("patience", [CHECK_TIMEOUT, DNS_PATIENCE, OF_A_DINER])
def test_timeout_that_decides_something_is_the_same_at_every_speed(patience: timedelta, speed: float) -> None:
    wall_seconds = WallClock(BEGINS, speed=speed).timeout_seconds(patience)
    assert timedelta(seconds=wall_seconds * speed) == patience


def test_simulation_is_as_patient_as_real_processes() -> None:
    model = Model()
    assert (model.check_patience, model.dns_patience) == (CHECK_TIMEOUT, DNS_PATIENCE)
