"""The harness under its own medicine: run after run, each with a random fault, and each with a hand at its own throat.

    python -m tests.soak [--minutes 30] [--seed N]

In each run diners live and a fault comes and goes, while something is done to the harness itself: its sink and its
links get rubbish, its children are stopped or killed, its disk fills up, its history loses lines. Whatever it was:

- a run whose evidence or whose parts were hurt for good is never green, and one that nobody touched is;
- what the file holds is what was recorded, or the run says that it is not;
- nothing is left behind: no process, no listening port, and no more open files, threads or memory from run to run.

It ends with 0 after the last run, and with 1 at the first that breaks one of these, naming the seed that repeats it.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from harness.checks import steady_state
from harness.events import ProcessStarted
from harness.faults import BalancerMissing, FactoryChaos, Fault, LinkDown, NameNotFound, TaskKilled, TelemetryRefused
from harness.history import History
from harness.progress import Screen
from harness.run import Plan, Run
from harness.settings import Settings
from tests.end_to_end.runs import left_alive, ports_still_open

DINERS, NEWCOMERS = 12, 4
"""Who is there from the start, and who arrives under the fault: some faults hurt nobody who is connected."""
CALM = timedelta(seconds=50)
"""Incident time before and during the fault, and twice that after it."""

FAULTS: tuple[Callable[[], Fault], ...] = (
    BalancerMissing,
    lambda: FactoryChaos("fail"),
    lambda: LinkDown("factory"),
    NameNotFound,
    TaskKilled,
    TelemetryRefused,
)

MORE_FILES, MORE_THREADS, MORE_MEGABYTES = 4, 2, 60
"""How much more than after the first runs there may be at any time later: caches fill, and then they are full."""

SETTLED = 1
"""Runs after which what is there counts as the usual: everything has been imported by then."""

RUBBISH = (
    b"\x00" * 64,
    b"GET / HTTP/1.1\r\nHost: x\r\n",
    b"POST /v1/metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\n{",
    b"\xff\xfe",
)


@dataclass(frozen=True, slots=True)
class Harm:
    """Something that is done to the harness itself."""

    name: str
    """What it is."""
    do: Callable[[Run, random.Random], object]
    """Does it, in the middle of a run."""
    is_fatal: bool
    """Whether the run must not be green after it."""


def _processes(run: Run, component: str) -> list[psutil.Process]:
    """Give what lives of a component: `task`, `balancer`, `factory`, or the load."""
    if component == "load":
        return [each for each in psutil.Process().children() if "harness.load.locust_driver" in each.cmdline()]
    started = run.scenario.stack.so_far().of(ProcessStarted)
    pids = [event.pid for event in started if event.component.startswith(component)]
    return [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]


def _kill(component: str) -> Callable[[Run, random.Random], object]:
    def kill(run: Run, rng: random.Random) -> None:
        rng.choice(_processes(run, component)).kill()

    return kill


def _pause(component: str) -> Callable[[Run, random.Random], object]:
    """Stop a process for half a second of the wall, which is ten of the scenario's."""

    def pause(run: Run, rng: random.Random) -> None:
        process = rng.choice(_processes(run, component))
        process.send_signal(signal.SIGSTOP)
        threading.Timer(0.5, _go_on, [process]).start()

    return pause


def _go_on(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGCONT)


def _rubbish(run: Run, rng: random.Random) -> None:
    """Send rubbish to every port of the harness's own, and leave connections open that say nothing."""
    silent = []
    for connection in psutil.Process().net_connections("tcp"):
        if connection.status != psutil.CONN_LISTEN:
            continue
        for _ in range(5):
            with suppress(OSError):
                there = socket.create_connection(connection.laddr[:2], timeout=0.2)
                silent.append(there)
                there.sendall(rng.choice(RUBBISH))
    run.scenario.stack.live(timedelta(seconds=5))
    for there in silent:
        there.close()


def _fill_the_disk(run: Run, _: random.Random) -> None:
    """Let no file of this process grow any more."""
    size = (run.directory / "history.jsonl").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 2048, resource.RLIM_INFINITY))


def _lose_lines(run: Run, _: random.Random) -> None:
    """Let the history forget what it has."""
    os.truncate(run.directory / "history.jsonl", 0)


NOTHING = Harm("nothing", lambda run, rng: None, is_fatal=False)
HARMS = (
    NOTHING,
    Harm("rubbish at every port", _rubbish, is_fatal=False),
    Harm("the load killed", _kill("load"), is_fatal=True),
    Harm("a task killed", _kill("task"), is_fatal=False),
    Harm("the disk full", _fill_the_disk, is_fatal=True),
    Harm("the history truncated", _lose_lines, is_fatal=True),
    Harm("the load paused", _pause("load"), is_fatal=False),
    Harm("the load balancer killed", _kill("balancer"), is_fatal=True),
    Harm("the factory killed", _kill("factory"), is_fatal=True),
    Harm("the factory paused", _pause("factory"), is_fatal=False),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to."""

    verdict: str
    """What it says of itself, and why."""
    wrong: tuple[str, ...]
    """What must not be, a sentence each."""


def play(harm: Harm, *, seed: int, directory: Path) -> Outcome:
    """Run once, and look at what is left."""
    rng = random.Random(seed)
    plan = Plan(
        name="soak",
        source=Path(__file__),
        hypothesis="Nothing is green by accident.",
        begins="2024-12-01 05:00 MST",
        expects_no_fault=False,
        settings=Settings(seed=seed, runs=str(directory)),
    )
    run = Run(plan, screen=Screen(lambda _: None, is_terminal=False))
    with _whatever_the_disk():
        error = _lived_through(run, rng.choice(FAULTS)(), harm, rng)
    verdict = run.finish(error)
    assert run.judgement is not None, "it was judged"
    return Outcome(f"{verdict['verdict']} ({run.judgement.why})", tuple(_complaints(run, verdict, harm)))


def _lived_through(run: Run, fault: Fault, harm: Harm, rng: random.Random) -> BaseException | None:
    """Live through a fault, with the harm at one of three moments; gives what ended it early."""
    when = rng.randrange(3)
    try:
        scenario = run.start()
        scenario.stack.diners(DINERS)
        came = scenario.stack.clock.now()
        scenario.expect(steady_state, came, came + CALM, requests_at_least=5)
        for moment in range(3):
            if moment == when:
                scenario.stack.live(timedelta(seconds=rng.uniform(10, 40)))
                harm.do(run, rng)
            if moment == 1:
                with scenario.fault(fault):
                    scenario.stack.diners(DINERS + NEWCOMERS)
                    scenario.stack.live(CALM)
            else:
                scenario.stack.live(CALM if moment == 0 else 2 * CALM)
    except Exception as error:
        return error
    return None


@contextmanager
def _whatever_the_disk() -> Iterator[None]:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def _complaints(run: Run, verdict: dict[str, Any], harm: Harm) -> Iterator[str]:
    if harm.is_fatal and verdict["verdict"] == "passed":
        yield f"green, although there was {harm.name}"
    if harm is NOTHING and verdict["verdict"] != "passed":
        yield "not green, although nothing was done to it: then no verdict proves anything"
    read = History.read(run.directory / "history.jsonl")
    recorded = len(run.judged or ())
    if len(read) != recorded and not (read.damage or (run.judged and run.judged.damage)):
        yield f"{recorded} events were judged, the file holds {len(read)}, and nobody says so"
    yield from (f"left alive: {process}" for process in left_alive(run.directory))
    yield from (f"still listens: {address}" for address in ports_still_open(read))
    yield from (f"still a child: {child}" for child in psutil.Process().children(recursive=True))


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds."""

    files: int
    """Open files and sockets."""
    threads: int
    """Of the process."""
    megabytes: float
    """Of memory that it resides in."""

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        me = psutil.Process()
        return cls(me.num_fds(), me.num_threads(), me.memory_info().rss / 2**20)

    def more_than(self, usual: Held) -> Iterator[str]:
        """Say what has grown."""
        for name, limit in (("files", MORE_FILES), ("threads", MORE_THREADS), ("megabytes", MORE_MEGABYTES)):
            was, now = getattr(usual, name), getattr(self, name)
            if now > was + limit:
                yield f"{name} grew from {was:.0f} to {now:.0f}"


def soak(harms: Iterator[Harm], *, seed: int, seconds: float, say: Callable[[str], object]) -> Sequence[str]:
    """Run until the time is over or the harms are; gives what must not be, of the first run in which it was."""
    ends, usual = time.monotonic() + seconds, None
    with tempfile.TemporaryDirectory(prefix="pizza-chaos-soak-") as directory:
        for number, harm in enumerate(harms):
            if time.monotonic() > ends:
                break
            outcome = play(harm, seed=seed + number, directory=Path(directory))
            held = Held.now()
            if number + 1 == SETTLED:
                usual = held
            wrong = [*outcome.wrong, *(held.more_than(usual) if usual else ())]
            sizes = f"{held.files} files, {held.threads} threads, {held.megabytes:.0f} MB"
            say(f"{number + 1:4} seed {seed + number}: {harm.name}: {outcome.verdict}; {sizes}")
            if wrong:
                return wrong
    return ()


def _drawn(seed: int) -> Iterator[Harm]:
    """Draw harms without end, each as often as any other."""
    rng = random.Random(seed)
    while True:
        yield from rng.sample(HARMS, k=len(HARMS))


STOPPED = 130
"""What a shell says of a program that Ctrl-C has ended."""


def main() -> int:
    """Soak, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=30.0, help="how long, on the wall")
    parser.add_argument("--seed", type=int, default=20241201, help="of everything that is random")
    given = parser.parse_args()
    try:
        wrong = soak(
            _drawn(given.seed), seed=given.seed, seconds=60 * given.minutes, say=lambda line: print(line, flush=True)
        )
    except KeyboardInterrupt:
        print("stopped: what was played so far left nothing wrong behind")
        return STOPPED
    print("\n".join(wrong) or "nothing was green by accident, and nothing leaked")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
