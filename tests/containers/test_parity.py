"""The `containers` stack beside real processes: the same stories, the same verdicts and the same transitions of alerts.

It takes a quarter of an hour, so `make parity` runs it, and CI does not.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.faults import (
    BalancerMissing,
    FactoryChaos,
    Fault,
    LinkDown,
    OnLink,
    TelemetryRefused,
)
from tests.end_to_end.runs import ROOT, run, verdict_of, write_scenario
from tests.harness.stacks.simulated.parity import Told, tell
from tests.required import required_docker

pytestmark = pytest.mark.slow

__test__ = bool(os.environ.get("PIZZA_CHAOS_PARITY"))
"""Whether pytest looks for tests in here."""

STORIES: tuple[Sequence[Fault], ...] = (
    (BalancerMissing(), LinkDown("factory")),
    (FactoryChaos("fail"),),
    (OnLink("factory"), TelemetryRefused()),
)
"""Told to diners who stay."""

NEWCOMERS = """
diners.arrive(8)
scenario.expect(steady_state, "05:03", "05:05")
scenario.at("05:05", "the name server dawdles, and other diners come", lead="4m")
with scenario.fault(SlowDns()):
    diners.leave()
    diners.arrive(8)
    scenario.play("2m")
scenario.play("2m")
"""


@pytest.mark.parametrize("faults", STORIES, ids=lambda faults: "-".join(fault.name for fault in faults))
def test_story_is_judged_alike_in_containers_and_on_processes(faults: Sequence[Fault], tmp_path: Path) -> None:
    required_docker()
    contained, processes = (tell(faults, stack=stack, runs=tmp_path) for stack in ("containers", "processes"))
    for told in (contained, processes):
        assert told.judgement.verdict == "passed", told.judgement.why
    assert gone_off(contained) == gone_off(processes)


def gone_off(told: Told) -> set[tuple[str, str, str]]:
    """Say which alerts went off and why; how often differs where a load balancer takes longer to come up."""
    changes = ((rule, *change) for rule, sequence in told.sequences.items() for change in sequence)
    return {(rule, state, why) for rule, state, why in changes if state != "inactive"}


def test_slow_name_server_is_judged_alike_by_those_who_come_anew(tmp_path: Path) -> None:
    judged_alike(write_scenario(tmp_path, NEWCOMERS), tmp_path)


def test_database_that_may_only_be_read_is_judged_alike(tmp_path: Path) -> None:
    judged_alike(ROOT / "scenarios/catalogue/test_database.py", tmp_path)


def test_layers_are_named_from_outside_in_containers_too(tmp_path: Path) -> None:
    required_docker()
    ran = run("run", ROOT / "scenarios" / "verify", "--stack", "containers", "--runs", tmp_path, cwd=ROOT)
    assert (ran.returncode, "5 passed, 1 skipped" in ran.stdout) == (0, True), ran.stdout


def judged_alike(scenario: Path, directory: Path) -> None:
    """Run a scenario on both stacks; it passes, and each proof and check says the same."""
    required_docker()
    judged = []
    for stack in ("containers", "processes"):
        verdict = verdict_of(run("run", scenario, "--stack", stack, "--json", cwd=directory))
        assert verdict["verdict"] == "passed", verdict["why"]
        judged.append([{each["name"] for each in verdict[kind]} for kind in ("proofs", "checks")])
    assert judged[0] == judged[1]
