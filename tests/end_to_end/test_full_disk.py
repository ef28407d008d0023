"""A disk that fills up during a run: the run heals, ends with 2, and says from which line on its history is lost."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.history import History
from tests.end_to_end.runs import command, environment, latest, write_scenario

pytestmark = pytest.mark.slow

DARK = """
diners.arrive(4)
with scenario.fault(BalancerMissing()):
    scenario.play("2h")
"""

ROOM = "400"
"""Half kilobytes that a file may have."""


def test_run_whose_disk_is_full_heals_and_says_so(tmp_path: Path) -> None:
    words = command("run", write_scenario(tmp_path, DARK), "--stack", "simulated")
    limited = ["sh", "-c", f'ulimit -f {ROOM}; exec "$@"', "sh", *words]
    ran = subprocess.run(
        limited, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100, env=environment()
    )
    assert ran.returncode == 2
    assert "Traceback" not in ran.stdout + ran.stderr
    assert "history.jsonl could not be written from line" in ran.stdout
    assert "everything was healed" in ran.stdout
    assert "balancer_missing is gone, by heal" in ran.stdout
    (damage,) = History.read(latest(tmp_path) / "history.jsonl").damage
    assert "is cut off after" in damage
