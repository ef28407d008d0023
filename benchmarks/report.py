"""What evidence costs, against its limits: reading and judging a long history, writing its report, and opening it.

The peer is Python's own json module reading the same lines, in the same run.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.limits import Limits
from harness.checks import judge
from harness.events import Event, RequestFinished
from harness.history import History
from harness.report.page import report_page
from tests.harness.checks.stories import night
from tests.harness.checks.test_stories import expectations

SMALL, LARGE = 100_000, 1_000_000


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


def interactive(page: Path, directory: Path) -> float:
    """Open a page in Chromium, zoom, and say how many seconds it took until that was drawn."""
    from tests.browser.chromium import chromium  # noqa: PLC0415 - only where there is one

    with chromium(directory / "profile") as browser:
        began = time.perf_counter()
        browser.open(page)
        browser.ask("(() => { zoom(2, middle()); })()")
        browser.drawn()
        return time.perf_counter() - began


def measure_one(size: int, directory: Path, limits: Limits) -> None:
    path, report = directory / "history.jsonl", directory / "report.html"
    written(path, size)
    history, reading = timed(lambda: History.read(path))
    judgement, judging = timed(lambda: judge(history, expectations()))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
    page, writing = timed(lambda: report_page(history, judgement))
    report.write_text(page, encoding="utf-8")
    _, by_json = timed(lambda: peer(path))
    print(f"== {size:,} events, {judgement.verdict.value}")
    limits.at_most(f"{size:,} events read and judged, s", reading + judging, 10 * max(1.0, size / LARGE))
    limits.beside(f"{size:,} events read and judged, s", reading + judging, "json alone reading them", by_json)
    limits.at_most("memory for that, MB", memory, 500)
    if size > SMALL:
        print(f"report written in {writing:.2f} s, {len(page) / 1e6:.1f} MB")
        return
    limits.at_most("report written, s", writing, 2)
    limits.at_most("report, MB", report.stat().st_size / 1e6, 5)
    if shutil.which("chromium"):
        limits.at_most("interactive in Chromium, s", interactive(report, directory), 2)
    else:
        print("no chromium here: how soon the page answers was not measured")


def measure(limits: Limits, *, sizes: Sequence[int] = (SMALL,)) -> None:
    for size in sizes:
        with tempfile.TemporaryDirectory() as directory:
            measure_one(size, Path(directory), limits)


def main() -> int:
    limits = Limits()
    measure(limits, sizes=[int(word) for word in sys.argv[1:]] or (SMALL, LARGE))
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
