"""A run's site verified from outside: the same walk over sockets and in memory, and what is written down of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from harness.checks.verification import NONE_FOUND
from harness.errors import ScenarioError
from harness.events import DiagnosisMade
from harness.faults import BalancerMissing, Fault, ServerFailure, SlowDns, TaskPaused
from harness.stacks.outside import Outside
from harness.verify.findings import Finding, Report, Standing
from harness.verify.standing import diagnosis, verify_outside
from harness.verify.walk import PATIENCE_SECONDS
from tests.harness.stacks.simulated.simulation import Simulation, simulation
from tests.harness.verify.site import NAME, answering_dns, console, pointing_at, serving
from tests.harness.verify.test_sinks import history


def lived(run: Simulation) -> None:
    """Let diners come, until telemetry of theirs has arrived."""
    run.diners.arrive(2)
    run.stack.live(timedelta(seconds=45))


def test_site_over_sockets_is_walked_to_the_pizza_beside_its_console_and_telemetry(tmp_path: Path) -> None:
    with serving() as site, answering_dns(pointing_at(site.address)) as server:
        report = verify_outside(
            Outside(
                url=f"http://{NAME}",
                history=Path(history(tmp_path / "history.jsonl")),
                dns=server,
                console=console(site.address),
                factory=site.url,
            )
        )
    steps = {found.step: found for found in report.findings}
    assert (steps["pizza"].standing, steps["record's owner"].standing) == (Standing.WELL, Standing.WELL)
    telemetry = steps["telemetry arrives"]
    assert telemetry.standing is Standing.BROKEN, "none has"
    assert telemetry.evidence == ("looked for it at history.jsonl",), "where a run is kept is no part of its story"


@pytest.mark.slow
def test_site_in_memory_is_walked_to_the_pizza_in_its_own_time(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        lived(run)
        outside = run.stack.outside()
        began = run.stack.clock.steady()
        report = verify_outside(outside)
        took = run.stack.clock.steady() - began
    assert (report.exit_code, report.named) == (0, None), "\n".join(report.lines())
    assert report.took_seconds == pytest.approx(took)
    assert 0 < took < 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "layer", "at_least"),
    [
        (BalancerMissing(), "DNS", 0),
        (ServerFailure(), "DNS", 0),
        (SlowDns(), "DNS", 2),
        (TaskPaused(), "target group", 2),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_site_in_memory_that_is_broken_is_named_within_the_patience_of_its_own_clock(
    tmp_path: Path, fault: Fault, layer: str, at_least: float
) -> None:
    with simulation(tmp_path) as run:
        lived(run)
        with run.scenario.fault(fault):
            run.on_call.verifies(until="broken")
        run.on_call.verifies(until="well")
        during, *_, after = run.history.of(DiagnosisMade)
    assert (during.by, during.layer, after.layer) == ("Jaquelyn", layer, NONE_FOUND)
    assert at_least <= during.took_seconds < PATIENCE_SECONDS
    assert during.evidence


def test_on_call_who_verifies_until_nonsense_is_told_what_there_is(tmp_path: Path) -> None:
    with simulation(tmp_path) as run, pytest.raises(ScenarioError, match="Did you mean 'well'"):
        run.on_call.verifies(until="wel")


@pytest.mark.slow
def test_on_call_who_verifies_in_vain_gives_up_after_a_while(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        lived(run)
        run.on_call.verifies(until="broken", within="20s")
        made = run.history.of(DiagnosisMade)
    assert {diagnosis.layer for diagnosis in made} == {NONE_FOUND}
    assert 4 <= len(made) <= 5


def found(standing: Standing, layer: str) -> Finding:
    return Finding("a step", layer, standing, "what was found", ("seen",))


@pytest.mark.parametrize(
    ("findings", "layer", "evidence"),
    [
        ([found(Standing.BROKEN, "DNS")], "DNS", ["seen"]),
        ([found(Standing.WELL, "TLS"), found(Standing.LATENT, "DNS")], "DNS", ["seen"]),
        ([found(Standing.UNKNOWN, "DNS")], "unknown", ["a step: what was found"]),
        ([found(Standing.WELL, "DNS")], NONE_FOUND, ["a step: what was found"]),
    ],
)
def test_diagnosis_names_the_layer_or_says_that_nobody_knows_and_is_never_without_evidence(
    findings: list[Finding], layer: str, evidence: list[str]
) -> None:
    made = diagnosis(Report("http://site", tuple(findings), 1.25), by="Jaquelyn")
    assert (made.layer, made.evidence, made.took_seconds) == (layer, evidence, 1.25)
