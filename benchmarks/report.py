"""What evidence costs: reading and judging a long history, and writing its report.

The peer is Python's own json module reading the same lines, in the same run.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from harness.checks import judge
from harness.events import Event, RequestFinished
from harness.history import History
from harness.report.page import report_page
from tests.harness.checks.stories import night
from tests.harness.checks.test_stories import expectations


def written(path: Path, events: int) -> None:
    """Write the incident night with so many events: its own, and its requests again and again, a little later."""
    encode = msgspec.json.Encoder().encode
    spare = events - len(night())
    rounds = spare // len(night().of(RequestFinished))
    with path.open("wb") as file:
        for number, event in enumerate(islice(_dense(rounds), events)):
            file.write(encode(msgspec.structs.replace(event, seq=number)) + b"\n")


def _dense(rounds: int) -> Iterator[Event]:
    for event in night():
        yield event
        if isinstance(event, RequestFinished):
            for again in range(rounds):
                later = timedelta(microseconds=again)
                latency = 0.01 + (again * 7919 % 1000) / 1000
                yield msgspec.structs.replace(event, at=event.at + later, latency_seconds=latency)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def peer(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(json.loads(line)) > 0 for line in file)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [100_000, 1_000_000]
    with tempfile.TemporaryDirectory() as directory:
        for size in sizes:
            path = Path(directory) / "history.jsonl"
            written(path, size)
            history, reading = timed(lambda: History.read(path))  # noqa: B023
            judgement, judging = timed(lambda: judge(history, expectations()))  # noqa: B023
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
            page, writing = timed(lambda: report_page(history, judgement))  # noqa: B023
            _, by_json = timed(lambda: peer(path))  # noqa: B023
            print(f"{size:,} events: read {reading:.2f} s (json alone {by_json:.2f} s: {reading / by_json:.2f} times),")
            print(f"  judged {judging:.2f} s, together {reading + judging:.2f} s and {memory:.0f} MB at most,")
            print(f"  report {writing:.2f} s, {len(page) / 1e6:.1f} MB; verdict {judgement.verdict.value}")


if __name__ == "__main__":
    main()
