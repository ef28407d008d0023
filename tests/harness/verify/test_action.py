"""The step for GitHub's workflows, executed as a runner does it: its script, its inputs, its files, its exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.end_to_end.runs import ROOT
from tests.harness.verify.site import VERSION, serving

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
INPUT = re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}")


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step has left behind."""

    code: int
    log: str
    output: str
    summary: str
    junit: Path


def step(directory: Path, **inputs: str) -> Stepped:
    """Execute the step that verifies, with pizza-chaos where the step before it installs it."""
    (directory / "pizza-chaos").mkdir()
    (directory / "pizza-chaos" / "bin").symlink_to(Path(sys.executable).parent)
    output, summary = directory / "output", directory / "summary"
    given = {name: declared.get("default", "") for name, declared in ACTION["inputs"].items()}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    stepped = STEPS[1]
    environment = {name: INPUT.sub(lambda found: given[found[1]], value) for name, value in stepped["env"].items()}
    runner = {"RUNNER_TEMP": directory, "GITHUB_OUTPUT": output, "GITHUB_STEP_SUMMARY": summary}
    script = directory / "step.sh"
    script.write_text(stepped["run"])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
        cwd=directory,
        env={**os.environ, **environment, **{name: str(path) for name, path in runner.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    written, told = (path.read_text() if path.exists() else "" for path in (output, summary))
    return Stepped(done.returncode, done.stdout + done.stderr, written, told, directory / given["junit"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "code", "verdict", "failures"),
    [(VERSION, 0, "well: ", 0), ("nonsense", 1, f"broken: version: version {VERSION} serves, and not nonsense", 1)],
)
def test_step_ends_as_the_verification_does_and_tells_log_output_summary_and_junit(
    tmp_path: Path, version: str, code: int, verdict: str, failures: int
) -> None:
    with serving() as site:
        done = step(tmp_path, url=site.url, expect_version=version)
    assert done.code == code, done.log
    assert done.output.startswith(f"verdict={verdict}")
    assert done.output.count("\n") == 1
    assert verdict in done.log
    assert done.summary.startswith(f"```text\n{site.url}\n")
    assert done.summary.endswith("\n```\n")
    assert len(ET.parse(done.junit).findall(".//failure")) == failures
    assert "POST /api/order" not in site.asked


@pytest.mark.slow
def test_step_of_which_nobody_knows_ends_with_two(tmp_path: Path) -> None:
    with serving() as site:
        done = step(tmp_path, url=site.url, with_order="true", allow_target="127.0.0.1")
    assert done.code == 2, done.log
    assert done.output.startswith("verdict=unknown: pizza: nobody says where the factory is")
    assert "POST /api/order" in site.asked


@pytest.mark.slow
def test_step_that_makes_no_sense_ends_with_two_and_says_why_in_the_log(tmp_path: Path) -> None:
    done = step(tmp_path, url="nonsense")
    assert (done.code, done.output) == (2, "verdict=\n")
    assert "'nonsense' is not the URL of a site" in done.log


def test_step_before_it_installs_what_it_calls() -> None:
    install, called = STEPS[0]["run"], STEPS[1]["run"]
    assert '"$RUNNER_TEMP/pizza-chaos/bin/pip" install --quiet "$GITHUB_ACTION_PATH"' in install
    assert '"$RUNNER_TEMP/pizza-chaos/bin/pizza-chaos" verify' in called


def test_inputs_that_are_declared_are_those_that_are_used_and_outputs_are_written() -> None:
    used = {name for value in STEPS[1]["env"].values() for name in INPUT.findall(value)}
    assert used == set(ACTION["inputs"])
    assert all("${{" not in each["run"] for each in STEPS), "an input in a script could say anything to the shell"
    assert {f"{name}=" in STEPS[1]["run"] for name in ACTION["outputs"]} == {True}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.github-workflows", ".github/workflows/nightly.yml"),
        ("vendor.gitlab-ci", ".gitlab-ci.yml"),
    ],
)
def test_file_for_a_runner_is_valid_by_its_schema(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
