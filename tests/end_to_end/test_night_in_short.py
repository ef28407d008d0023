"""The night in short: as judged in simulation as on real processes. `make beats` compares a service of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.beats.telling import differences, tell

pytestmark = pytest.mark.slow

SPEED = "12"
"""At 20 a rule that looks every 10 s has half a wall second for each look, which a busy machine may not give it."""

TRIES = 3
"""A machine that is too busy to keep time is late in one night; what is really different is so in each."""

SILENT = ("RequestsLow", "PurchasesLow", "PurchaseFailures", "LatencyHigh", "ActiveUsersLow", "MemoryHigh")


def test_night_in_short_has_the_same_verdict_and_transitions_in_simulation_and_on_processes(tmp_path: Path) -> None:
    simulated = tell("simulated", "--stack", "simulated", runs=tmp_path / "simulated")
    assert simulated.verdict == "passed", simulated.why
    went = {alert: [state for state, *_ in moments] for alert, moments in simulated.transitions.items()}
    once = ("PurchaseFailures", "SiteDown", "OrdersFail")
    assert went == {
        **{f"{rule}, no data": ["no data", "inactive"] for rule in SILENT},
        **{rule: ["firing", "inactive"] for rule in once},
    }
    for night in range(TRIES):
        processes = tell("processes", "--stack", "processes", "--speed", SPEED, runs=tmp_path / f"processes-{night}")
        found = differences(simulated, processes)
        if not found:
            break
    assert found == []
