"""How long the system under test takes to come up on real processes, part by part.

The peer is a Python that imports the same libraries and ends: what no program of ours could be quicker than.
Run it with `python -m benchmarks.startup`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.limits import Limits
from harness.clock import WallClock
from harness.events import ProcessStarted
from harness.history import Recorder
from harness.moments import moment
from harness.settings import Settings
from harness.stacks.processes import ProcessesStack
from harness.stacks.services.twin import TwinService

RUNS = 5
LIMIT_SECONDS = 3.0


def start_once(directory: Path) -> tuple[float, dict[str, float]]:
    """Start everything and stop it; wall seconds until all of it was ready, and of each process."""
    clock = WallClock(moment("2024-12-01 05:00 MST"), speed=20)
    recorder = Recorder(directory / "history.jsonl", clock=clock)
    stack = ProcessesStack(
        TwinService(), settings=Settings(), directory=directory, recorder=recorder, clock=clock, on_call="nobody"
    )
    began = time.perf_counter()
    try:
        stack.start()
        ready = time.perf_counter() - began
    finally:
        stack.stop()
        recorder.close()
    parts = {event.component: event.startup_seconds for event in recorder.so_far().of(ProcessStarted)}
    return ready, parts


def import_once() -> float:
    """Wall seconds of a Python that imports what a service task imports, and ends."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import uvicorn, starlette.applications, httpx, jwt, bcrypt"], check=True)
    return time.perf_counter() - began


def measure(limits: Limits) -> None:
    """Print the table, part by part."""
    starts, imports = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as directory:
            starts.append(start_once(Path(directory)))
        imports.append(import_once())
    whole = [ready for ready, _ in starts]
    peer = statistics.median(imports)
    print(f"{'part':28} {'min':>7} {'median':>7} {'max':>7}   ratio to a Python that only imports")
    rows = {"everything ready": whole}
    for component in starts[0][1]:
        rows[component] = [parts[component] for _, parts in starts]
    for name, values in rows.items():
        middle = statistics.median(values)
        seconds = " ".join(f"{value:6.2f}s" for value in (min(values), middle, max(values)))
        print(f"{name:28} {seconds}   {middle / peer:5.2f}x")
    limits.at_most("everything is up, s", statistics.median(whole), LIMIT_SECONDS)
    limits.beside("everything is up, s", statistics.median(whole), "a Python that only imports", peer)


def main() -> int:
    limits = Limits()
    measure(limits)
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
