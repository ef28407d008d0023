from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.verify.doctor import NEEDS, Machine, examine
from harness.verify.findings import Finding, Report, Standing

COMPLETE = Machine(
    system="Linux",
    python=(3, 12, 1),
    installer="apt-get",
    programs={"node": "v20.20.2", **{need.program: "1.0" for need in NEEDS}},
    node_major=20,
    docker="Docker 27",
    has_testcontainers=True,
)
BARE = replace(COMPLETE, programs={}, node_major=0, docker="", has_testcontainers=False)


def examined(machine: Machine) -> dict[str, Finding]:
    return {found.step: found for found in examine(machine, oldest_node=18)}


def test_machine_with_everything_is_well() -> None:
    assert {found.standing for found in examined(COMPLETE).values()} == {Standing.WELL}


@pytest.mark.parametrize(
    ("installer", "what", "command"),
    [
        ("apt-get", "mariadbd", "Get it: sudo apt-get install mariadb-server"),
        ("brew", "node", "Get it: brew install node"),
        ("brew", "chromium", "Get it: brew install --cask chromium"),
        ("dnf", "docker engine", "Get it: sudo dnf install docker, and start it"),
        ("", "prometheus", "Get it: https://prometheus.io/download"),
    ],
)
def test_program_that_is_missing_is_told_with_the_command_that_gets_it(installer: str, what: str, command: str) -> None:
    found = examined(replace(BARE, installer=installer))[what]
    assert (found.standing, found.finding.endswith(command)) == (Standing.MISSING, True), found.finding


def test_machine_without_what_only_some_need_is_still_well() -> None:
    report = Report("m", tuple(examine(BARE, oldest_node=18)))
    assert report.exit_code == 0
    assert "not found" in "\n".join(report.lines())


@pytest.mark.parametrize(
    ("change", "what", "standing", "words"),
    [
        ({"python": (3, 10, 9)}, "python", Standing.BROKEN, "3.10.9 is too old"),
        ({"has_free_ports": False}, "ports", Standing.BROKEN, "no port of 127.0.0.1"),
        ({"open_files": 256}, "open files", Standing.BROKEN, "ulimit -n 1024"),
        ({"has_more_loopback": False, "system": "Darwin"}, "loopback", Standing.MISSING, "lo0 alias 127.0.0.11"),
        ({"node_major": 16}, "node", Standing.MISSING, "Node 16 is too old"),
        ({"has_database_port": False}, "port 3306", Standing.MISSING, "end what listens"),
        ({"has_testcontainers": False}, "docker engine", Standing.MISSING, "pip install testcontainers"),
    ],
)
def test_machine_that_lacks_something_says_which(
    change: dict[str, Any], what: str, standing: Standing, words: str
) -> None:
    found = examined(replace(COMPLETE, **change))[what]
    assert (found.standing, words in found.finding) == (standing, True), found.finding


@pytest.mark.slow
def test_doctor_of_this_machine_can_run_what_is_bundled() -> None:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert {found["step"]: found["standing"] for found in told["findings"]}["python"] == "well"
