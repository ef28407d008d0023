"""How many diners a load worker carries, and where each part saturates: the service, its factory, the harness itself.

    python -m benchmarks.capacity [--write]

Two measurements. The first is in processor time for each request, which neighbours on the machine disturb least: a
part that takes a millisecond of it saturates its core at 1,000 requests a second. The second adds diners until they no
longer get what they ask for, and says which part was busy then. `--write` puts both into docs/reference/capacity.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks.limits import Limits, shown
from benchmarks.machine import description
from benchmarks.page import between_marks
from harness.clock import WallClock
from harness.events import Event, RequestFinished
from harness.history import Recorder
from harness.ingress.records import Address
from harness.load.driver import LoadProcess, LoadSettings
from harness.stacks.services.twin import BCRYPT_COST
from tests.harness.load.conftest import SITE, Names
from tests.harness.verify.test_twins import twin

DINERS, SPEED = 60, 20.0
WORKERS = (1, 2, 4)
CROWDS = (60, 120, 240, 480, 960)
"""Diners of the second measurement, one crowd after the other."""

WARM_SECONDS, SECONDS = 1.0, 5.0
CONTENT = 0.9
"""Which part of what they ask for diners must get, beside what the first crowd got."""

PARTS = {
    "load": "the load: all workers, and their master where there are several",
    "pizza_service": "the bundled service (one task)",
    "fake_factory": "the bundled factory",
    "harness": "the harness, hearing and recording",
}
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "capacity.md"
BUSY = 0.8
"""Which part of a core may be used: what is busier answers late for that reason alone."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a load took, and what it got."""

    diners: int
    """Who asked."""
    wall_seconds: float
    """That it was looked at."""
    requests: int
    """That ended meanwhile."""
    latencies: Sequence[float]
    """Of each, in wall seconds."""
    steady_seconds: float
    """Incident seconds that it lasted."""
    processor: dict[str, float]
    """Processor seconds of each part."""

    def milliseconds(self, part: str) -> float:
        """Give the processor time of a part for each request."""
        return 1000 * self.processor[part] / self.requests

    @property
    def a_diner(self) -> float:
        """Requests of a diner in an incident second."""
        return self.requests / self.diners / self.steady_seconds

    @property
    def busiest(self) -> tuple[str, float]:
        """The part that took most, and how much of a core."""
        part = max(self.processor, key=lambda name: self.processor[name])
        return PARTS[part].partition(":")[0], self.processor[part] / self.wall_seconds


class _Sightings:
    """Counts requests, and records them as a run does."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.latencies: list[float] = []

    def hear(self, event: Event) -> None:
        self._recorder.record(event)
        if isinstance(event, RequestFinished):
            self.latencies.append(event.latency_seconds / SPEED)


def measure_load(directory: Path, *, workers: int = 1, diners: int = DINERS) -> Seen:
    """Let diners live in so many processes for a while."""
    clock = WallClock(datetime(2024, 12, 1, tzinfo=UTC), speed=SPEED)
    with site(directory) as names, Recorder(directory / "history.jsonl", clock=clock) as recorder:
        seen = _Sightings(recorder)
        settings = LoadSettings(SITE, names.server, seed=1, workers=workers)
        load = LoadProcess(settings, clock=clock, on_event=seen.hear, on_trouble=sys.exit)
        load.start()
        try:
            load.diners(diners)
            time.sleep(WARM_SECONDS)  # noqa: TID251 - a benchmark lives on the wall clock
            before, first, steady, began = _processor(load.pid), len(seen.latencies), clock.steady(), time.monotonic()
            time.sleep(SECONDS)  # noqa: TID251 - as above
            after, wall, lasted = _processor(load.pid), time.monotonic() - began, clock.steady() - steady
            latencies = seen.latencies[first:]
            taken = {part: seconds - before[part] for part, seconds in after.items()}
            return Seen(diners, wall, len(latencies), latencies, lasted, taken)
        finally:
            load.stop()


@contextmanager
def site(directory: Path) -> Iterator[Names]:
    """Run the twins, and DNS that leads to them."""
    database = directory / f"{time.monotonic():.3f}.sqlite"
    with ExitStack() as stack:
        factory = stack.enter_context(twin("fake_factory"))
        options = ["--database", str(database), "--seed", "course", "--bcrypt-cost", str(BCRYPT_COST)]
        service = stack.enter_context(
            twin("pizza_service", *options, "--factory-url", factory, "--factory-key", "local-vendor-key")
        )
        names = Names()
        stack.callback(names.end)
        names.zone.set(SITE, Address.parse(service.removeprefix("http://")), ttl=timedelta(minutes=1))
        yield names


def _processor(load: int) -> dict[str, float]:
    """Give the processor time that each part has taken so far."""
    found = {"harness": time.process_time(), "load": _taken(psutil.Process(load), with_children=True)}
    for child in psutil.Process().children():
        for module in ("pizza_service", "fake_factory"):
            if module in child.cmdline():
                found[module] = _taken(child)
    return found


def _taken(process: psutil.Process, *, with_children: bool = False) -> float:
    below = process.children() if with_children else []
    return sum(times.user + times.system for times in (each.cpu_times() for each in (process, *below)))


def measure(limits: Limits, shares: dict[int, Seen]) -> None:
    one, two = shares[1], shares[2]
    for part in PARTS:
        limits.beside(
            f"{part}, processor ms a request", one.milliseconds(part), "of two workers", two.milliseconds(part)
        )
    for part in ("load", "pizza_service"):
        limits.beside(
            f"{part}: diners a core carries at speed 20", carried(one, part), "at speed 1", carried(one, part) * SPEED
        )
    limits.at_least("diners that a load worker carries at speed 20", carried(one, "load"), 50)


def carried(seen: Seen, part: str) -> float:
    """Say how many diners a core of this part carries at speed 20, as far as it may be used."""
    return BUSY * 1000 / seen.milliseconds(part) / seen.a_diner / SPEED


def crowds(directory: Path) -> Iterator[Seen]:
    """Add diners until they no longer get what they ask for; the last crowd is the first that does not."""
    usual = 0.0
    for diners in CROWDS:
        seen = measure_load(directory, diners=diners)
        usual = usual or seen.a_diner
        yield seen
        if seen.a_diner < CONTENT * usual:
            return


def page(shares: dict[int, Seen], crowded: Sequence[Seen]) -> Iterator[str]:
    """Write what was measured as the page says it."""
    one = shares[1]
    yield from description()
    yield f"- a diner makes {60 * one.a_diner:.1f} requests in a minute of incident time"
    yield ""
    yield f"What each part takes for a request, with {DINERS} diners shared out among so many workers of this machine:"
    yield ""
    heads = (f"ms a request, {count} worker{'s' if count > 1 else ''}" for count in shares)
    yield _row("part", *heads, f"diners that one core carries, {BUSY:.0%} busy, speed 20", "at speed 1")
    yield _row(*["---"] * (len(shares) + 3))
    for part, name in PARTS.items():
        taken = (shown(seen.milliseconds(part)) for seen in shares.values())
        yield _row(name, *taken, f"{carried(one, part):,.0f}", f"{carried(one, part) * SPEED:,.0f}")
    yield ""
    yield "More and more diners of one worker at speed 20, until they no longer get what they ask for:"
    yield ""
    yield _row("diners", "requests/s", "of what they ask for", "p95, ms", "busiest")
    yield _row(*["---"] * 5)
    usual = crowded[0].a_diner
    for seen in crowded:
        p95 = 1000 * statistics.quantiles(seen.latencies, n=20)[-1]
        rate = seen.requests / seen.wall_seconds
        part, core = seen.busiest
        busiest = f"{part}, {core:.0%} of a core"
        yield _row(str(seen.diners), f"{rate:.0f}", f"{seen.a_diner / usual:.0%}", f"{p95:.0f}", busiest)
    yield ""
    yield _saturated(crowded, usual)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _saturated(crowded: Sequence[Seen], usual: float) -> str:
    last = crowded[-1]
    if last.a_diner >= CONTENT * usual:
        return f"Nothing was full at {last.diners} diners."
    part, core = last.busiest
    if core < BUSY / 2:
        return f"At {last.diners} diners no part was busy, but the machine was, with other things: measure again."
    got = last.a_diner / usual
    busiest = f"{part} was the busiest part, {core:.0%} of a core"
    return f"At {last.diners} diners they got {got:.0%} of what they ask for; {busiest}."


def write(lines: Iterable[str]) -> None:
    """Put it into the page, between its marks."""
    PAGE.write_text(between_marks(PAGE.read_text(), lines, by="benchmarks.capacity"))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.capacity", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--write", action="store_true", help="measure crowds too, and write docs/reference/capacity.md")
    given = parser.parse_args()
    limits = Limits()
    with tempfile.TemporaryDirectory() as directory:
        counts = WORKERS if given.write else WORKERS[:2]
        shares = {workers: measure_load(Path(directory), workers=workers) for workers in counts}
        measure(limits, shares)
        if given.write:
            write(page(shares, list(crowds(Path(directory)))))
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
