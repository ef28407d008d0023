"""Every fault of the ingress and of the service, and the layer that verifying from outside names for it.

The table is that of `scenarios/verify`, which runs here on the simulated stack and on real processes; `make parity`
runs it in containers, too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from harness.events import DiagnosisMade
from harness.faults import CATALOGUE, CpuBurn, DatabaseLocked, MemoryPressure
from scenarios.verify import test_behind, test_ingress, test_service, test_tls
from tests.end_to_end.runs import ROOT, history, run, write_scenario

FOLDER = ROOT / "scenarios" / "verify"
FILES = sorted(FOLDER.glob("test_*.py"))
LONGEST_SCENARIO_LINES = 25
NOT_SIMULATED = {"test_database", "test_tls"}

HERE = ("test_ingress", "test_tls", "test_service")
"""What runs on real processes here; `make nightly` runs all of them there."""

MODULES: tuple[ModuleType, ...] = (test_ingress, test_tls, test_service, test_behind)

NAMED = {type(fault) for module in MODULES for fault in module.LAYERS}
"""The rows of the table, but for those that are scenarios of their own."""

ALONE = {
    CpuBurn: "test_scarcity",
    DatabaseLocked: "test_database",
    MemoryPressure: "in this file: it may hit nothing, and then no verdict is green",
}


def test_table_has_every_fault_of_the_ingress_and_of_the_service() -> None:
    assert {kind for kind in CATALOGUE if kind().target in {"ingress", "service"}} <= NAMED | set(ALONE)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition("_")[2])
def test_reference_names_the_layer_of_each_row(module: ModuleType) -> None:
    reference = (ROOT / "docs/reference/verify.md").read_text()
    rows = [row.split("|")[1:3] for row in reference.splitlines() if row.startswith("| `")]
    for fault, layers in module.LAYERS.items():
        told = next((layer for faults, layer in rows if f"`{fault.name}`" in faults), "")
        assert all(layer in told for layer in ([layers] if isinstance(layers, str) else layers)), fault.name


@pytest.mark.slow
def test_table_holds_on_the_simulated_stack(tmp_path: Path) -> None:
    ran = run("run", FOLDER, "--stack", "simulated", "--json", "--runs", tmp_path, cwd=ROOT)
    verdicts = json.loads(ran.stdout)
    passed = {verdict["scenario"].partition("::")[2] for verdict in verdicts if verdict["verdict"] == "passed"}
    assert passed == {path.stem for path in FILES} - NOT_SIMULATED, ran.stdout
    assert (ran.returncode, len(verdicts)) == (0, len(passed))
    assert len(re.findall(r"not on the simulated stack: \w+", ran.stderr)) == len(NOT_SIMULATED)


@pytest.mark.slow
def test_table_of_ingress_and_service_holds_on_real_processes(tmp_path: Path) -> None:
    files = [FOLDER / f"{name}.py" for name in HERE]
    ran = run("run", *files, "--json", "--runs", tmp_path, cwd=ROOT)
    verdicts = {verdict["scenario"].partition("::")[2]: verdict["why"] for verdict in json.loads(ran.stdout)}
    assert (ran.returncode, set(verdicts)) == (0, set(HERE)), verdicts


PRESSED = """
diners.arrive(8)
scenario.play("45s")
with scenario.fault(MemoryPressure()):
    scenario.play("20s")
    on_call.verifies()
"""
ITSELF = {"none found", "service", "database", "login", "order", "pizza", "telemetry", "target group", "service tasks"}
"""What may be named of a service that gets no memory: whatever of it fails first, and nothing in front of it."""


@pytest.mark.slow
def test_service_that_is_short_of_memory_is_accused_itself_or_nobody_is(tmp_path: Path) -> None:
    run("run", write_scenario(tmp_path, PRESSED), cwd=tmp_path)
    (made,) = history(tmp_path).of(DiagnosisMade)
    assert made.layer in ITSELF, made
    assert made.took_seconds < 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario_fits_on_a_page(path: Path) -> None:
    scenario = path.read_text().partition("@pytest.mark.chaos")[2]
    assert len(scenario.splitlines()) <= LONGEST_SCENARIO_LINES
