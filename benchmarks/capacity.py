"""How many diners a load worker carries, and where each part saturates: the service, its factory, the harness itself.

All is measured in processor time for each request, which neighbours on the machine disturb least: a part that takes a
millisecond of it saturates its core at 1,000 requests a second. Run it with `python -m benchmarks.capacity`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks.limits import Limits
from harness.clock import WallClock
from harness.events import Event, RequestFinished
from harness.history import Recorder
from harness.ingress.records import Address
from harness.load.driver import LoadProcess, LoadSettings
from harness.stacks.services.twin import BCRYPT_COST
from tests.harness.load.conftest import SITE, Names
from tests.harness.verify.test_twins import twin

DINERS, SPEED = 60, 20.0
WARM_SECONDS, SECONDS = 1.0, 5.0
BUSY = 0.8
"""Which part of a core may be used: what is busier answers late for that reason alone."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a load of so many workers took."""

    requests: int
    """That ended meanwhile."""
    steady_seconds: float
    """Incident seconds that it lasted."""
    processor: dict[str, float]
    """Processor seconds of each part."""

    def milliseconds(self, part: str) -> float:
        """Give the processor time of a part for each request."""
        return 1000 * self.processor[part] / self.requests


class _Sightings:
    """Counts requests, and records them as a run does."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.requests = 0

    def hear(self, event: Event) -> None:
        self._recorder.record(event)
        self.requests += isinstance(event, RequestFinished)


def measure_load(*, workers: int, directory: Path) -> Seen:
    """Let diners live in so many processes for a while."""
    clock = WallClock(datetime(2024, 12, 1, tzinfo=UTC), speed=SPEED)
    with site(directory) as names, Recorder(directory / f"{workers}.jsonl", clock=clock) as recorder:
        seen = _Sightings(recorder)
        settings = LoadSettings(SITE, names.server, seed=1, workers=workers)
        load = LoadProcess(settings, clock=clock, on_event=seen.hear, on_trouble=sys.exit)
        load.start()
        try:
            load.diners(DINERS)
            time.sleep(WARM_SECONDS)  # noqa: TID251 - a benchmark lives on the wall clock
            before, requests, steady = _processor(load.pid), seen.requests, clock.steady()
            time.sleep(SECONDS)  # noqa: TID251 - as above
            after = _processor(load.pid)
            taken = {part: seconds - before[part] for part, seconds in after.items()}
            return Seen(seen.requests - requests, clock.steady() - steady, taken)
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


def measure(limits: Limits) -> None:
    with tempfile.TemporaryDirectory() as directory:
        one, two = (measure_load(workers=workers, directory=Path(directory)) for workers in (1, 2))
    a_diner = one.requests / DINERS / one.steady_seconds
    print(f"a diner makes {a_diner * 60:.0f} requests in a minute of incident time")
    for part in ("load", "pizza_service", "fake_factory", "harness"):
        limits.beside(
            f"{part}, processor ms a request", one.milliseconds(part), "of two workers", two.milliseconds(part)
        )
    for part in ("load", "pizza_service"):
        carried = BUSY * 1000 / one.milliseconds(part)
        limits.beside(
            f"{part}: diners a core carries at speed 20", carried / a_diner / 20, "at speed 1", carried / a_diner
        )
    limits.at_least(
        "diners that a load worker carries at speed 20", BUSY * 1000 / one.milliseconds("load") / a_diner / 20, 50
    )


def main() -> int:
    limits = Limits()
    measure(limits)
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
