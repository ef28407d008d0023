"""The incident, simulated: its verdict in full, and its alerts beside those of real processes."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from harness.checks import Verdict, judge
from harness.events import AlertChanged, Jumped
from harness.history import History
from harness.stacks.simulated.stack import SimulatedStack
from scenarios import test_incident_2024_12_01 as incident
from tests.harness.stacks.simulated.simulation import EVENING, Simulation, simulation

pytestmark = pytest.mark.slow

SILENT = [("no data", "no data"), ("inactive", "missing series")]

ON_REAL_PROCESSES = {
    "RequestsLow": SILENT,
    "AuthFailures": SILENT,
    "LatencyHigh": SILENT,
    "CPUHigh": SILENT,
    "MemoryHigh": SILENT,
    "Heartbeat": SILENT,
    "PurchaseFailures": [*SILENT, ("firing", "threshold"), ("inactive", "resolved")],
    "PurchasesLow": [
        SILENT[0],
        ("pending", "threshold"),
        SILENT[1],
        ("firing", "threshold"),
        ("inactive", "resolved"),
    ],
    "ActiveUsersLow": [SILENT[0], ("pending", "threshold"), SILENT[1], ("inactive", "resolved")],
}
"""State and reason of each transition of each rule, in two runs of the `processes` stack on 2026-11-23."""

WHEN_NOTHING_IS_LEFT_OUT = {
    **ON_REAL_PROCESSES,
    "ActiveUsersLow": [
        SILENT[0],
        ("pending", "threshold"),
        SILENT[1],
        ("firing", "threshold"),
        ("inactive", "resolved"),
    ],
}
"""From 13:05 to 13:09 nobody uses a service that is up: a stretch that real processes jump over."""


class JumpingStack(SimulatedStack):
    """Crosses quiet stretches as the `processes` stack does, so that the two may be compared."""

    def cross(self, lands: datetime) -> None:
        jump = self.clock.timeline.jump(self.clock.steady(), lands=lands)
        self.record(Jumped(leaves=jump.leaves, length_seconds=round(jump.length.total_seconds(), 3)))


def relive(run: Simulation) -> None:
    incident.test_incident_2024_12_01(run.scenario, run.shop, run.diners, run.on_call)


def transitions(history: History) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for change in history.of(AlertChanged):
        found[change.rule].append((change.state, change.reason))
    return dict(found)


def test_incident_in_full_passes_with_every_proof_and_repeats_the_alerts(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        relive(run)
    history = History.read(run.path)
    judgement = judge(history, [expectation.check for expectation in run.scenario.expectations])
    assert judgement.verdict is Verdict.PASSED, judgement.why
    assert not history.of(Jumped)
    assert history.events[-1].at - EVENING > timedelta(hours=15, minutes=25)
    assert transitions(history) == WHEN_NOTHING_IS_LEFT_OUT


def test_incident_that_jumps_where_real_processes_jump_has_the_same_alerts_as_they(tmp_path: Path) -> None:
    with simulation(tmp_path, kind=JumpingStack) as run:
        relive(run)
        history = run.history
    assert len(history.of(Jumped)) > 10
    assert transitions(history) == ON_REAL_PROCESSES
