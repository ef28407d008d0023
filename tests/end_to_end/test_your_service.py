"""A checkout of one's own under test: the stand-in, on a real Node and a real MariaDB."""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.events import MetricsReceived, ProcessStarted, RequestFinished
from harness.stacks.databases.database import PORT
from harness.stacks.databases.reservation import HOSTS
from tests.end_to_end.runs import history, latest, left_alive, ports_still_open, run, verdict_of, write_scenario
from tests.harness.stacks.services.node.standin import SECRET, everything_in, write_standin
from tests.required import required_program

pytestmark = pytest.mark.slow

CALM = """
diners.arrive(8)
scenario.play("20s")
scenario.expect(operations_work, ["register", "look at the menu"], "05:00", "05:05")
"""


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("node", "npm", "mariadbd"):
        required_program(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_checkout_is_run_as_it_is_and_its_metrics_arrive_in_scenario_time(tmp_path: Path) -> None:
    fork = write_standin(tmp_path / "fork")
    before = everything_in(fork)
    scenario = write_scenario(tmp_path, CALM)
    scenario.write_text(scenario.read_text().replace('MST")', 'MST", expects_no_fault=True)'))
    finished = run("run", scenario, "--service", fork, "--json", cwd=tmp_path)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("passed", 0), finished.stdout + finished.stderr
    read = history(tmp_path)
    ready = {started.component: started.steady for started in read.of(ProcessStarted)}
    assert {"database", "factory", "task-1"} <= set(ready)
    pushes = read.of(MetricsReceived)
    assert pushes
    assert all(abs((push.newest - push.at).total_seconds()) < 2 for push in pushes)
    assert {request.outcome for request in read.of(RequestFinished)} == {"ok"}
    assert everything_in(fork) == before
    assert not (latest(tmp_path) / "scratch").exists()
    assert not any(SECRET.encode() in text for text in everything_in(latest(tmp_path)).values())
    assert left_alive(latest(tmp_path)) == []
    # Port 3306 aside: at its address, somebody else's run may listen by now.
    assert [address for address in ports_still_open(read) if not address.endswith(":3306")] == []


def _refused(tmp_path: Path, fork: Path, *words: str) -> str:
    finished = run("run", write_scenario(tmp_path, CALM), "--service", fork, *words, cwd=tmp_path)
    said = finished.stdout + finished.stderr
    assert finished.returncode == 2, said
    assert "Traceback" not in said
    return said


def test_speed_that_a_real_service_cannot_have_is_refused_before_anything_starts(tmp_path: Path) -> None:
    said = _refused(tmp_path, write_standin(tmp_path / "fork"), "--speed", "20")
    assert "speed 20 cannot be had with service" in said
    assert not (tmp_path / "runs").exists()


def test_checkout_that_crashes_at_its_start_is_named_with_its_last_words_and_everything_is_healed(
    tmp_path: Path,
) -> None:
    fork = write_standin(tmp_path / "fork", index="throw new Error('the oven is cold');")
    said = _refused(tmp_path, fork)
    assert "the service under test does not come up" in said
    assert "Error: the oven is cold" in said
    assert left_alive(latest(tmp_path)) == []
    assert not (latest(tmp_path) / "scratch").exists()


def test_port_3306_that_is_taken_is_named_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    # As if other runs had every address, whoever listens at them or not; theirs are in another folder.
    with ExitStack() as locks:
        for host in HOSTS:
            lock = locks.enter_context((tmp_path / f"pizza-chaos-{os.getuid()}-{host}-{PORT}.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        said = _refused(tmp_path, write_standin(tmp_path / "fork"))
    assert "port 3306 is taken at every loopback address" in said
    assert left_alive(latest(tmp_path)) == []


def test_machine_without_npm_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only = tmp_path / "bin"
    only.mkdir()
    (only / "node").symlink_to(required_program("node"))
    monkeypatch.setenv("PATH", str(only))
    said = _refused(tmp_path, write_standin(tmp_path / "fork"))
    assert "there is no 'npm' on this machine's PATH. Install Node 18 or newer with npm" in said
    assert left_alive(latest(tmp_path)) == []


def test_installation_that_fails_is_named_with_npms_last_words(tmp_path: Path) -> None:
    fork = write_standin(tmp_path / "fork")
    (fork / "package-lock.json").write_text("not a lock file")
    said = _refused(tmp_path, fork)
    assert "npm ci failed with code 1, so the service cannot be started. Its last words:" in said
    assert left_alive(latest(tmp_path)) == []


def test_checkout_that_crashes_as_soon_as_it_is_up_is_named_with_its_last_words(tmp_path: Path) -> None:
    fork = write_standin(tmp_path / "fork")
    service = fork / "src" / "service.js"
    crash = "setImmediate(() => Promise.reject(new Error('the cheese is gone')));"
    asked = "'PUT /api/auth': (body) => {"
    service.write_text(service.read_text().replace(asked, f"{asked} {crash}"))
    said = _refused(tmp_path, fork)
    assert "Error: the cheese is gone" in said
    assert left_alive(latest(tmp_path)) == []
    assert not (latest(tmp_path) / "scratch").exists()


def test_inspection_needs_no_modules_and_says_what_was_found(tmp_path: Path) -> None:
    finished = run("service", "inspect", write_standin(tmp_path / "fork"), cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert "metrics        OTLP, every 1 s or so" in finished.stdout
    finished = run("service", "inspect", tmp_path, cwd=tmp_path)
    assert finished.returncode == 2
    assert "has no package.json" in finished.stderr
