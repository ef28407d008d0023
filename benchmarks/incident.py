"""How long the night of 2024-12-01 takes on each stack, on the wall, from the command line to the exit code.

Run it with `python -m benchmarks.incident [STACK...]`; `simulated` without one, because the others take minutes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.limits import Limits

ROOT = Path(__file__).parents[1]
NIGHT_SECONDS = (15 * 60 + 21) * 60
LIMITS_SECONDS = {"simulated": 30.0, "processes": 180.0, "containers": 420.0}


def run_the_night(stack: str, runs: Path) -> float:
    """Run the incident, and give its wall seconds; a night that does not pass is not measured."""
    words = ["run", "scenarios/test_incident_2024_12_01.py", "--stack", stack, "--runs", str(runs)]
    began = time.perf_counter()
    command = [sys.executable, "-m", "harness.cli", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nthe night did not pass on {stack}: nothing is measured")
    return time.perf_counter() - began


def measure(limits: Limits, *, stacks: Sequence[str] = ("simulated",)) -> None:
    for stack in stacks:
        with tempfile.TemporaryDirectory() as directory:
            took = run_the_night(stack, Path(directory))
        limits.at_most(f"the incident, {stack}, wall s", took, LIMITS_SECONDS[stack])
        limits.beside(f"the incident, {stack}, wall s", took, "the night itself", NIGHT_SECONDS)


def main() -> int:
    limits = Limits()
    measure(limits, stacks=sys.argv[1:] or ("simulated",))
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
