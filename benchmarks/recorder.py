"""What recording costs: events a second into a history file, beside bare writes of the same lines."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.clock import WallClock
from harness.events import RequestFinished
from harness.history import History, Recorder
from tests.harness.checks.stories import night

EVENTS = 100_000


def main() -> None:
    one = night().of(RequestFinished)[0]
    bare = msgspec.structs.replace(one, at=RequestFinished.__struct_defaults__[0], steady=0.0, seq=-1)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "history.jsonl"
        with Recorder(path, clock=WallClock(datetime(2024, 12, 1, tzinfo=UTC))) as recorder:
            began = time.perf_counter()
            for _ in range(EVENTS):
                recorder.record(bare)
            took = time.perf_counter() - began
        lines = path.read_bytes().splitlines(keepends=True)
        began = time.perf_counter()
        with (Path(directory) / "bare").open("wb", buffering=0) as file:
            for line in lines:
                file.write(line)
        peer = time.perf_counter() - began
        kept = len(History.read(path))
    print(f"recorder: {EVENTS / took:,.0f} events/s, {kept:,} of {EVENTS:,} kept; bare unbuffered writes "
          f"{EVENTS / peer:,.0f} lines/s: {took / peer:.1f} times their cost")  # fmt: skip


if __name__ == "__main__":
    main()
