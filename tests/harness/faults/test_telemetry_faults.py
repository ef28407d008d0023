"""What the faults of telemetry ask for, and what hits them."""

from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.faults import TelemetryMisdated, TelemetryRefused, TelemetrySilent, TelemetrySlow, TelemetrySpoiled
from harness.faults.fault import Begin
from harness.faults.standing import StandingFault
from harness.faults.troubles import PushesDelayed, PushesLost, PushesMisdated, PushesRefused, PushesSpoiled, Trouble
from tests.harness.faults.moments import APPLIED, hurt

ASKS: list[tuple[StandingFault, Trouble]] = [
    (TelemetryRefused(), PushesRefused(401)),
    (TelemetryRefused(500), PushesRefused(500)),
    (TelemetrySlow("1m"), PushesDelayed(timedelta(minutes=1))),
    (TelemetrySilent(), PushesLost()),
    (TelemetrySpoiled("null"), PushesSpoiled("null")),
    (TelemetryMisdated("5m"), PushesMisdated(timedelta(minutes=-5))),
    (TelemetryMisdated("5m", "future"), PushesMisdated(timedelta(minutes=5))),
]


@pytest.mark.parametrize(("fault", "trouble"), ASKS, ids=lambda value: value.name)
def test_telemetry_fault_lets_pushes_go_wrong_and_is_hit_by_one(fault: StandingFault, trouble: Trouble) -> None:
    assert fault.apply() == (Begin(trouble),)
    assert fault.hit_by(hurt(trouble.name), APPLIED) is not None
    assert fault.hit_by(hurt("telemetry/cut"), APPLIED) is None


def test_telemetry_is_misdated_towards_the_side_that_was_asked_for() -> None:
    assert "10 min ago" in TelemetryMisdated().sees
    assert "10 min from now" in TelemetryMisdated(direction="future").sees


def test_push_that_would_be_refused_with_success_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"status is 200; .* Allowed: 400 to 599\."):
        TelemetryRefused(200)


def test_spoiling_that_is_misspelt_is_refused_with_the_one_meant() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'no_points'"):
        TelemetrySpoiled("no_point")  # type: ignore[arg-type]
