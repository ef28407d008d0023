"""How fast a simulation is, how much memory it takes, and whether it repeats itself.

    python -m benchmarks.simulation

The peer is the time that is simulated. CPU seconds are what counts on a shared machine; wall seconds stand beside them.
"""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.limits import Limits
from harness.clock import VirtualClock
from harness.history import EVENTS_HELD, Recorder
from harness.moments import moment
from harness.scenario import Diners, OnCall, Scenario, Shop
from harness.settings import Settings
from harness.stacks.services.twin import TwinService
from harness.stacks.simulated.stack import SimulatedStack
from scenarios.test_incident_2024_12_01 import test_incident_2024_12_01

DINERS = 20
STEADY = timedelta(hours=1)
INCIDENT_LIMIT_SECONDS = 20.0
STEADY_LIMIT_TIMES = 3000.0
MEMORY_LIMIT_MEGABYTES = 100.0


class _Crowd(Diners):
    """As many diners as the limits are meant for, whatever the scenario says."""

    def arrive(self, count: int) -> None:
        del count
        super().arrive(DINERS)


def measure(what: str) -> tuple[float, float, float, float, str]:
    """Simulate; gives simulated, wall and CPU seconds, megabytes, and the digest of the history."""
    clock = VirtualClock(moment("2024-11-30 21:59 MST"))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "history.jsonl"
        with Recorder(path, clock=clock) as recorder:
            recorder.hold_at_most(EVENTS_HELD)  # as every run does
            stack = SimulatedStack(
                TwinService(), settings=Settings(), directory=path.parent, recorder=recorder, clock=clock, on_call="Jo"
            )
            scenario = Scenario(stack, begins=clock.now(), locate=lambda: "a benchmark")
            began, cpu, first = time.perf_counter(), time.process_time(), clock.steady()
            stack.start()
            if what == "incident":
                test_incident_2024_12_01(scenario, Shop(scenario), _Crowd(scenario), OnCall(scenario))
            else:
                Diners(scenario).arrive(DINERS)
                stack.live(STEADY)
            stack.stop()
        took, used = time.perf_counter() - began, time.process_time() - cpu
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return clock.steady() - first, took, used, megabytes, hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def in_a_process(what: str, *, hash_seed: str) -> tuple[float, float, float, float, str]:
    """Measure in a Python of its own, so that memory is its own too."""
    code = f"from benchmarks.simulation import measure; print(*measure({what!r}))"
    made = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": hash_seed}
    )
    simulated, took, used, megabytes, digest = made.stdout.split()
    return float(simulated), float(took), float(used), float(megabytes), digest


def main() -> int:
    """Print the table, and what of it keeps its limit."""
    print(f"{DINERS} diners{'':12} {'simulated':>10} {'wall':>8} {'CPU':>8} {'memory':>8}   times real time (by CPU)")
    runs = {"incident": in_a_process("incident", hash_seed="0"), "steady load": in_a_process("steady", hash_seed="0")}
    for name, (simulated, took, used, megabytes, _) in runs.items():
        sizes = f"{simulated / 3600:8.2f} h {took:6.1f} s {used:6.1f} s {megabytes:5.0f} MB"
        print(f"{name:22} {sizes}   {simulated / took:6,.0f} ({simulated / used:,.0f})")
    again = in_a_process("steady", hash_seed="12345")[-1]
    (lived, incident, incident_cpu, megabytes, _), (hour, steady, steady_cpu, _, digest) = runs.values()
    limits = Limits()
    limits.at_most("the incident, wall s", incident, INCIDENT_LIMIT_SECONDS)
    limits.beside("the incident, processor s", incident_cpu, "what it simulates, s", lived)
    limits.at_least("steady load, times real time", hour / steady, STEADY_LIMIT_TIMES)
    limits.at_least("steady load, times real time in processor time", hour / steady_cpu, STEADY_LIMIT_TIMES)
    limits.at_most("memory of the incident, MB", megabytes, MEMORY_LIMIT_MEGABYTES)
    limits.at_most("digests of one seed under two hash seeds", len({digest, again}), 1)
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
