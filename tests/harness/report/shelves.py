"""Folders as runs leave them, for tests of what is made of many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCENARIO = "scenarios/test_a.py::test_a"


def kept(runs: Path, night: str, **fields: Any) -> Path:
    """Leave a run's folder; fields that the metrics have go there."""
    directory = runs / f"202611{night}-100-a"
    directory.mkdir(parents=True)
    metrics: dict[str, Any] = {"mttd_seconds": 60.0, "mtta_seconds": None, "mttr_seconds": 600.0, "outage_seconds": 0.0}
    metrics |= {"purchase_outage_seconds": 0.0, "faults": [], "missed": []}
    metrics |= {"requests": 100, "failed": 3, "unknown": 0, "affected_diners": 2, "pages": 1}
    metrics |= {name: fields.pop(name) for name in list(fields) if name in metrics}
    verdict: dict[str, Any] = {
        "scenario": SCENARIO, "verdict": "passed", "why": "4 checks as expected", "stack": "processes", "seed": 7,
        "checks": [], "proofs": [], "speed": 20.0, "rerun": "pizza-chaos run x", "directory": str(directory),
    }  # fmt: skip
    (directory / "verdict.json").write_text(json.dumps(verdict | {"metrics": metrics} | fields))
    (directory / "history.jsonl").write_text("")
    return directory
