"""How fast a simulation is, how much memory it takes, and whether it repeats itself.

    python -m benchmarks.simulation

The peer is the time that is simulated. CPU seconds are what counts on a shared machine; wall seconds stand beside them.
The steady load takes a second, which whatever else the machine does disturbs easily: the best of three counts.
Memory is the simulation's; beside it stands what `pizza-chaos run` takes, with pytest, its plugins and the report.
"""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

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
INCIDENT = str(Path(__file__).parents[1] / "scenarios/test_incident_2024_12_01.py")
HASH_SEEDS = ("0", "1", "12345")


class _Crowd(Diners):
    """As many diners as the limits are meant for, whatever the scenario says."""

    def arrive(self, count: int) -> None:
        del count
        super().arrive(DINERS)


class Measured(NamedTuple):
    """What one simulation took."""

    simulated: float
    """Seconds of virtual time."""
    wall: float
    """Seconds."""
    processor: float
    """Seconds."""
    megabytes: float
    """The most that the process ever had."""
    digest: str
    """Of the history."""

    def line(self, name: str) -> str:
        """Say it in a line of the table."""
        lived, wall, processor, megabytes, _ = self
        sizes = f"{lived / 3600:8.2f} h {wall:6.1f} s {processor:6.1f} s {megabytes:5.0f} MB"
        return f"{name:22} {sizes}   {lived / wall:6,.0f} ({lived / processor:,.0f})"


def measure(what: str) -> Measured:
    """Simulate."""
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
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        return Measured(clock.steady() - first, took, used, megabytes, digest)


def in_a_process(what: str, *, hash_seed: str) -> Measured:
    """Measure in a Python of its own, so that memory is its own too."""
    code = f"from benchmarks.simulation import measure; print(*measure({what!r}))"
    made = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": hash_seed}
    )
    *numbers, digest = made.stdout.split()
    simulated, wall, processor, megabytes = map(float, numbers)
    return Measured(simulated, wall, processor, megabytes, digest)


def megabytes_of_the_command() -> float:
    """Give the most memory that the incident takes as a person runs it."""
    argv = [sys.executable, "-m", "harness.cli", "run", INCIDENT, "--stack", "simulated", "--runs"]
    with tempfile.TemporaryDirectory() as directory:
        command = subprocess.Popen([*argv, directory], stdout=subprocess.DEVNULL)
        _, _, used = os.wait4(command.pid, 0)
    return used.ru_maxrss / 1024


def main() -> int:
    """Print the table, and what of it keeps its limit."""
    print(f"{DINERS} diners{'':12} {'simulated':>10} {'wall':>8} {'CPU':>8} {'memory':>8}   times real time (by CPU)")
    incident = in_a_process("incident", hash_seed=HASH_SEEDS[0])
    print(incident.line("incident"))
    hours = [in_a_process("steady", hash_seed=seed) for seed in HASH_SEEDS]
    for hour in hours:
        print(hour.line("steady load"))
    best, least = min(hour.wall for hour in hours), min(hour.processor for hour in hours)
    limits = Limits()
    limits.at_most("the incident, wall s", incident.wall, INCIDENT_LIMIT_SECONDS)
    limits.beside("the incident, processor s", incident.processor, "what it simulates, s", incident.simulated)
    lived = hours[0].simulated
    limits.at_least("steady load, times real time", lived / best, STEADY_LIMIT_TIMES)
    limits.at_least("steady load, times real time in processor time", lived / least, STEADY_LIMIT_TIMES)
    limits.at_most("memory of the incident, MB", incident.megabytes, MEMORY_LIMIT_MEGABYTES)
    limits.beside("memory of the incident, MB", incident.megabytes, "pizza-chaos run", megabytes_of_the_command())
    limits.at_most("digests of one seed under three hash seeds", len({hour.digest for hour in hours}), 1)
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
