"""What recording costs, against its limit: events a second, and what a kill -9 in the midst of it loses.

The peer is bare writes of the same lines, in the same run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.limits import Limits
from harness.clock import WallClock
from harness.events import RequestFinished
from harness.history import History, Recorder
from tests.harness.checks.stories import night

EVENTS = 100_000


def recorder(path: Path) -> Recorder:
    return Recorder(path, clock=WallClock(datetime(2024, 12, 1, tzinfo=UTC)))


def an_event() -> RequestFinished:
    one = night().of(RequestFinished)[0]
    return msgspec.structs.replace(one, at=RequestFinished.__struct_defaults__[0], steady=0.0, seq=-1)


def for_ever(path: Path) -> None:
    """Record until somebody kills this process, and say on standard output which event is on disk."""
    with recorder(path) as kept:
        while True:
            os.write(1, b"%d\n" % kept.record(an_event()).seq)


def lost_by_a_kill(path: Path) -> int:
    """Kill a process that records, and count the events that it had kept and the file has not."""
    words = [sys.executable, "-m", "benchmarks.recorder", str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None, "it is a pipe"
        last = 0
        while last < 20_000:
            last = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        said = process.stdout.read().splitlines(keepends=True)
    last = max([last, *(int(line) for line in said if line.endswith(b"\n"))])
    return last + 1 - len(History.read(path))


def measure(limits: Limits) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path, one = Path(directory) / "history.jsonl", an_event()
        with recorder(path) as kept:
            began = time.perf_counter()
            for _ in range(EVENTS):
                kept.record(one)
            took = time.perf_counter() - began
        lines = path.read_bytes().splitlines(keepends=True)
        began = time.perf_counter()
        with (Path(directory) / "bare").open("wb", buffering=0) as file:
            for line in lines:
                file.write(line)
        peer = time.perf_counter() - began
        limits.at_least("recorded, events/s", EVENTS / took, 50_000)
        limits.beside("recorded, events/s", EVENTS / took, "bare unbuffered writes", EVENTS / peer)
        limits.at_least("events in the file", len(History.read(path)), EVENTS)
        limits.at_most("events lost by kill -9", max(0, lost_by_a_kill(Path(directory) / "killed.jsonl")), 1)


def main() -> int:
    limits = Limits()
    measure(limits)
    return limits.exit_code


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for_ever(Path(sys.argv[1]))
    sys.exit(main())
