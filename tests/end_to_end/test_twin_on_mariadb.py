"""The bundled service on a MariaDB that the run starts: faults that only a server can have, one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.events import FaultApplied, FaultRemoved, ProcessStarted, RequestFinished
from harness.history import History
from tests.end_to_end.runs import ROOT, history, latest, left_alive, run, verdict_of, write_scenario
from tests.required import required_program

pytestmark = pytest.mark.slow

THREE = """
scenario.expect(operations_work, ["log in", "look at the menu"], "05:15", "05:16")
diners.arrive(8)
scenario.at("05:05", "the first of three faults", lead="60s")
for fault in (DatabaseDenied(), DatabaseStorm(), DatabasePaused()):
    with scenario.fault(fault):
        scenario.play("90s")
scenario.at("05:15", "all is as it was", lead="60s")
scenario.play("60s")
"""


FLAW = ROOT / "scenarios" / "flaws" / "test_database_trouble.py"


@pytest.fixture(autouse=True, scope="module")
def _server() -> None:
    for name in ("mariadbd", "mariadb"):
        required_program(name)


def test_faults_of_a_server_hit_the_bundled_service_and_heal(tmp_path: Path) -> None:
    finished = run("run", write_scenario(tmp_path, THREE), "--database", "mariadb", "--json", cwd=tmp_path)
    verdict = verdict_of(finished)
    assert (verdict["verdict"], finished.returncode) == ("passed", 0), finished.stdout + finished.stderr
    read = history(tmp_path)
    assert "database" in {started.component for started in read.of(ProcessStarted)}
    applied = [fault.fault for fault in read.of(FaultApplied)]
    assert applied == ["database_denied", "database_storm", "database_paused"]
    assert len(read.of(FaultRemoved)) == 3
    assert _failed_under(read, "database_denied")
    assert _failed_under(read, "database_storm")
    assert left_alive(latest(tmp_path)) == []
    assert not (latest(tmp_path) / "scratch").exists()


def test_trouble_with_the_database_logs_diners_out_until_that_flaw_is_mended(tmp_path: Path) -> None:
    found = run("run", FLAW, "--database", "mariadb", "--json", "--runs", tmp_path, cwd=ROOT)
    assert (verdict_of(found)["known_flaw"], found.returncode) == ("db-trouble-is-401", 0), found.stdout + found.stderr
    mended = run("run", FLAW, "--database", "mariadb", "--fix", "all", "--json", "--runs", tmp_path, cwd=ROOT)
    assert (verdict_of(mended)["verdict"], mended.returncode) == ("passed", 0), mended.stdout + mended.stderr


def _failed_under(read: History, fault: str) -> bool:
    (begins,) = [event.steady for event in read.of(FaultApplied) if event.fault == fault]
    (ends,) = [event.steady for event in read.of(FaultRemoved) if event.id.startswith(fault)]
    under = [each for each in read.of(RequestFinished) if begins <= each.steady <= ends]
    return any(each.outcome != "ok" for each in under)
