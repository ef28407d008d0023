"""The walk against a site that lives: faults of the catalogue hurt it, and each is looked for from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.runs import run, write_scenario

BODY = """
import json, os, subprocess, sys
from pathlib import Path
directory = os.environ["PIZZA_CHAOS_RUN"]
words = ["http://pizza-service.pizza.test", "--describe", directory, "--metrics-sink", directory + "/history.jsonl"]
command = [sys.executable, "-m", "harness.cli", "verify", *words, "--with-order", "--json"]
told = {}
def verify(name):
    told[name] = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    Path("told.json").write_text(json.dumps(told))
diners.arrive(2)
scenario.play("20s")
verify("nothing")
for fault in (BalancerMissing(), FactoryChaos("fail"), FactoryChaos("badjwt"), FactoryKilled(), TaskCrashLoop()):
    with scenario.fault(fault):
        scenario.play("20s")
        verify(fault.name + getattr(fault, "mode", ""))
    scenario.play("40s")
verify("healed")
"""

LAYERS: dict[str, set[str | None]] = {
    "nothing": {None},
    "balancer_missing": {"DNS"},
    "factory_failfail": {"order"},
    "factory_badjwtbadjwt": {"pizza"},
    "factory_killed": {"order"},
    "task_crash_loop": {"target group", "service tasks"},
    "healed": {None},
}


@pytest.mark.slow
def test_walk_of_a_run_names_the_layer_of_each_fault_while_it_lives(tmp_path: Path) -> None:
    scenario = write_scenario(tmp_path, BODY)
    finished = run("run", scenario, "--json", cwd=tmp_path)
    told = json.loads((tmp_path / "told.json").read_text())
    assert told.keys() == LAYERS.keys(), finished.stderr
    assert {name: report["layer"] for name, report in told.items() if report["layer"] not in LAYERS[name]} == {}, told
    assert all(report["took_seconds"] < 5 for report in told.values())
