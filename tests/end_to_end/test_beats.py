"""Take a beat out of the night, or let its fault do nothing: the verdict notices."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.runs import ROOT, command, environment

pytestmark = pytest.mark.slow

NIGHT = ROOT / "scenarios" / "test_incident_2024_12_01.py"


def without(*beats: str) -> str:
    """Give the scenario's text without the lines that hold these beats."""
    lines = NIGHT.read_text().splitlines(keepends=True)
    for beat in beats:
        assert any(beat in line for line in lines), f"there is no beat {beat!r} to take out"
        lines = [line for line in lines if beat not in line]
    return "".join(lines)


def instead(fault: str, other: str) -> str:
    """Give the scenario's text with another fault in the place of one."""
    text = NIGHT.read_text()
    assert f"scenario.fault({fault})" in text
    return text.replace("import BalancerMissing,", "import Noop, BalancerMissing,").replace(
        f"scenario.fault({fault})", f"scenario.fault({other})"
    )


def start(directory: Path, name: str, text: str, *, stack: str = "processes") -> subprocess.Popen[str]:
    path = directory / f"test_{name}.py"
    path.write_text(text)
    words = command("run", path, "--json", "--stack", stack, "--runs", directory / f"runs-{name}")
    return subprocess.Popen(
        words, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


def judged(process: subprocess.Popen[str]) -> dict[str, Any]:
    said, _ = process.communicate(timeout=400)
    verdict: dict[str, Any] = json.loads(said)
    assert process.returncode == {"passed": 0, "failed": 1, "unknown": 2}[verdict["verdict"]]
    return verdict


def not_as_expected(verdict: dict[str, Any]) -> str:
    return " | ".join(check["name"] for check in verdict["checks"] if check["verdict"] != "passed")


def only(beat: str, *, number: int) -> str:
    """Give the scenario's text without one of several lines that hold the same beat, counted from 0."""
    lines = NIGHT.read_text().splitlines(keepends=True)
    found = [place for place, line in enumerate(lines) if beat in line]
    del lines[found[number]]
    return "".join(lines)


VARIANTS = {
    "nobody_comes": lambda: without("diners.arrive(8)"),
    "no_push": lambda: without('shop.push("add an endpoint")'),
    "pages_not_dismissed": lambda: without("on_call.ignores("),
    "balancer_stays": lambda: instead("BalancerMissing()", "Noop()"),
    "factory_works": lambda: instead('FactoryChaos("fail")', "Noop()"),
    "nobody_wakes_up": lambda: only("on_call.acknowledges()", number=0),
    "task_definition_left": lambda: only('"recreate task definition"', number=0),
    "service_left": lambda: only('"recreate service"', number=0),
    "cluster_left": lambda: only('"recreate cluster"', number=0),
    "first_push_left": lambda: only('"push"', number=0),
    "second_push_left": lambda: only('"push"', number=1),
    "third_push_left": lambda: only('"push"', number=2),
    "service_left_at_last": lambda: only('"recreate service"', number=1),
    "nobody_looks": lambda: without("on_call.diagnoses()"),
    "no_new_balancer": lambda: without('on_call.performs("recreate load balancer")'),
    "record_left": lambda: without('on_call.performs("update DNS")'),
    "page_left": lambda: only("on_call.acknowledges()", number=1),
    "no_purchase": lambda: without("on_call.buys_a_pizza()"),
    "link_not_followed": lambda: without("on_call.follows_the_report_url()"),
}
"""Every beat of the night but the look at 13:05, which the simulation lives through whether anybody looks or not."""


@pytest.mark.parametrize("name", VARIANTS)
def test_night_without_any_one_of_its_beats_is_not_green_in_simulation(name: str, tmp_path: Path) -> None:
    verdict = judged(start(tmp_path, name, VARIANTS[name](), stack="simulated"))
    assert verdict["verdict"] != "passed"


def test_night_with_a_noop_or_without_its_remedy_is_not_green_on_real_processes(tmp_path: Path) -> None:
    harmless = start(tmp_path, "harmless", instead("BalancerMissing()", "Noop()"))
    unmended = start(tmp_path, "unmended", without('on_call.performs("update DNS")'))
    verdict = judged(harmless)
    assert verdict["verdict"] == "failed"
    assert "nothing succeeds from 05:24 to 13:10" in not_as_expected(verdict)
    assert any("hit" in proof["name"] for proof in verdict["proofs"] if not proof["held"])
    verdict = judged(unmended)
    assert verdict["verdict"] in {"failed", "unknown"}
    assert "back within 35 s of 13:10" in not_as_expected(verdict)
