"""What would have prevented the night of 2024-12-01, simulated; on real processes it takes minutes, at night."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "scenarios" / "prevention"


@pytest.mark.slow
def test_every_prevention_passes_and_says_by_how_much_it_beats_the_night(tmp_path: Path) -> None:
    told = tmp_path / "verdicts.json"
    options = ["--chaos-stack=simulated", f"--chaos-runs={tmp_path}", f"--chaos-json={told}", "-p", "no:cacheprovider"]
    made = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(FOLDER), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout[-4000:]
    verdicts = json.loads(told.read_text())
    assert {verdict["verdict"] for verdict in verdicts} == {"passed"}
    assert len(verdicts) == len(list(FOLDER.glob("test_*.py"))) == 4
    for verdict in verdicts:
        gains = [check["detail"] for check in verdict["checks"] if "of then" in check["detail"]]
        assert gains, verdict["scenario"]
        assert all("sooner than" in gain for gain in gains)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("test_*.py")), ids=lambda path: path.stem)
def test_prevention_can_be_read_aloud(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 60
