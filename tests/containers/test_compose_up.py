"""The compose system, up for real, and hurt by the `attached` stack."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from harness.events import FaultHit, FaultRemoved, ProcessExited
from harness.stacks.databases.mariadb import greets
from harness.stacks.databases.reservation import free_port
from harness.stacks.databases.speaking import connected, spoken
from tests.containers.test_database import FROM_DEBIAN
from tests.end_to_end.runs import eventually, history, run, write_scenario
from tests.house import ROOT
from tests.required import required_docker, required_program

pytestmark = pytest.mark.slow

HURT = """
from datetime import timedelta
from harness.faults.toxics import Latency
diners.arrive(30)
scenario.play("25s")
with scenario.fault(OnLink("factory", Latency(timedelta(milliseconds=300)))):
    scenario.play("10s")
with scenario.fault(TaskKilled()):
    scenario.play("1s")
"""

OPTIONS = {"3000": "--site", "4000": "--factory", "8474": "--control"}
"""Which option says where each of these ports of the compose file is."""

DATABASE = "3306"


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Bring the compose file's system up, its database too, at ports that nobody else has; gives where each part is."""
    required_docker("pizza-chaos/harness:latest", FROM_DEBIAN)
    compose = required_program("docker-compose")
    described = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    ports = {name: str(free_port("127.0.0.1")) for name in (*OPTIONS, DATABASE)}
    for service in described["services"].values():
        service["ports"] = [_moved(port, ports) for port in service.get("ports", ())]
    file = tmp_path / "docker-compose.yml"
    file.write_text(yaml.safe_dump(described))
    command = [
        compose,
        "--project-directory",
        str(ROOT),
        "--project-name",
        f"pizza{ports['3000']}",
        "--file",
        str(file),
    ]
    command = [*command, "--profile", "database"]
    monkeypatch.setenv("DATABASE_IMAGE", FROM_DEBIAN)
    up = subprocess.run([*command, "up", "--detach", "--no-build"], capture_output=True, text=True, check=False)
    try:
        assert up.returncode == 0, up.stderr
        yield {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    finally:
        subprocess.run([*command, "down", "--volumes", "--timeout", "1"], capture_output=True, check=False)


def _moved(port: str, ports: dict[str, str]) -> str:
    return re.sub(r":(\d+):", lambda found: f":{ports.get(found[1], found[1])}:", port)


def test_compose_system_is_hurt_through_what_it_has_and_is_whole_afterwards(
    where: dict[str, str], tmp_path: Path
) -> None:
    options = [word for port, option in OPTIONS.items() for word in (option, f"http://{where[port]}")]
    finished = run("run", write_scenario(tmp_path, HURT), "--stack", "attached", *options, cwd=tmp_path)
    read = history(tmp_path)
    said = finished.stdout + finished.stderr
    assert [fault.fault for fault in read.of(FaultRemoved)] == ["on_link", "task_killed"], said
    assert {fault.fault for fault in read.of(FaultHit)} == {"on_link", "task_killed"}, said
    assert [exited.code for exited in read.of(ProcessExited)] == [-9]
    links: Any = httpx.get(
        f"http://{where['8474']}/proxies", headers={"Authorization": "Bearer pizza-chaos"}, trust_env=False
    ).json()
    assert [(link["enabled"], link["toxics"]) for link in links.values()] == [(True, [])]
    assert httpx.get(f"http://{where['3000']}/api/order/menu", trust_env=False).is_success
    assert eventually(lambda: greets("127.0.0.1", int(where[DATABASE].rpartition(":")[2])) != "")
    with closing(connected(where[DATABASE], password="")) as root:
        assert list(spoken(root, "SHOW VARIABLES LIKE 'character_set_server'")) == ["character_set_server\tutf8mb4"]
