"""The search on several processors: each worker draws schedules of its own, and the first to find something wins.

First by the number of schedules it took, not by the clock, so that the same seed on as many processors tells the same
story: the others go on until they have played as many, and are ended then.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from harness.errors import HarnessError
from harness.explore.coverage import Coverage
from harness.explore.search import Found, Played, Player, Say, Search, explore
from harness.interruptions import deaf_to_ctrl_c

_SPAWN = multiprocessing.get_context("spawn")  # a fork of a program with threads may stand still

ENDS_WITHIN_SECONDS = 10.0
"""How long a worker that is not needed any more has to play its schedule to the end, and to put it away."""


def explore_on(processors: int, search: Search, *, say: Say, player: Player | None = None) -> Found:
    """Look for a schedule that breaks a promise, on so many processors.

    Args:
        processors: how many; 1 searches here, in this process.
        search: where to look, and how long; its examples are shared out.
        say: told of each schedule that was played, by whichever worker, under a number of its own.
        player: plays a schedule; it must be a function that another process can import.

    Returns: the smallest story found, or none, and what all workers together covered.

    Raises:
        HarnessError: when a worker ends without a result.
    """
    if processors == 1:
        with _quiet():
            return explore(search, say=say, player=player)
    examples = -(-search.examples // processors)
    parts = [replace(search, part=search.part + number, examples=examples) for number in range(processors)]
    began = time.perf_counter()
    with _Workers(parts, player, say) as workers:
        found = workers.results()
    return replace(found, seconds=time.perf_counter() - began)


class _Workers:
    """The workers of one search, and what they have told.

    Cleanup: a context manager; whoever still works is ended with it.
    """

    def __init__(self, parts: list[Search], player: Player | None, say: Say) -> None:
        self._say = say
        self._coverage = Coverage()
        self._plays = [0] * len(parts)
        self._first: tuple[int, int] | None = None
        self._results: dict[int, Found] = {}
        self._processes: dict[int, SpawnProcess] = {}
        self._ears: dict[int, Connection] = {}
        for number, part in enumerate(parts):
            self._ears[number], mouth = _SPAWN.Pipe(duplex=False)
            self._processes[number] = _SPAWN.Process(target=_work, args=(part, player, mouth), daemon=True)
            with deaf_to_ctrl_c():
                self._processes[number].start()
            mouth.close()  # the worker's copy alone is to keep it open

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        for number in tuple(self._ears):
            self._end(number, within=0.0 if kind else ENDS_WITHIN_SECONDS)

    def results(self) -> Found:
        """Listen until all have ended or are not needed any more, and put together what they found."""
        while self._ears:
            heard = wait(list(self._ears.values()))
            for number in [number for number, ear in self._ears.items() if ear in heard]:
                self._hear(number)
            self._end_the_late()
        winner = self._results[self._first[1]] if self._first else Found()
        skipped = set[str]().union(*(found.skipped for found in self._results.values()))
        broken_off = set[str]().union(*(found.broken_off for found in self._results.values()))
        return Found(self._coverage, winner.schedule, winner.findings, skipped=skipped, broken_off=broken_off)

    def _hear(self, number: int) -> None:
        try:
            told = self._ears[number].recv()
        except EOFError:
            message = "a worker of the search ended without a result. Run it with --processors 1 to see why."
            raise HarnessError(message) from None
        if isinstance(told, Found):
            self._results[number] = told
            self._end(number)
            return
        self._take(told, number)

    def _take(self, told: Played, number: int) -> None:
        self._coverage.take(told.features)
        self._plays[number] = told.number
        self._say(replace(told, number=self._coverage.plays))
        if told.is_broken:
            self._first = min(self._first or (told.number, number), (told.number, number))

    def _end_the_late(self) -> None:
        """End those who can no longer be first."""
        for number in tuple(self._ears):
            if self._first and number != self._first[1] and (self._plays[number] + 1, number) > self._first:
                self._end(number)

    def _end(self, number: int, *, within: float = ENDS_WITHIN_SECONDS) -> None:
        self._ears.pop(number).close()  # of which the worker hears after the schedule that it is playing
        process = self._processes[number]
        process.join(within)
        process.kill()
        process.join()


def _work(search: Search, player: Player | None, mouth: Connection) -> None:
    """Search, and tell of it, in a process of its own."""
    with _quiet(), suppress(KeyboardInterrupt):
        _tell(mouth, explore(search, say=partial(_tell, mouth), player=player))


def _tell(mouth: Connection, told: Played | Found) -> None:
    try:
        mouth.send(told)
    except BrokenPipeError:
        # Nobody listens any more; any other exception hypothesis would take for a finding, and go on.
        raise KeyboardInterrupt from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Let nobody hear what the service complains of: its complaints are what is looked for."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def processors() -> int:
    """Say how many processors there are to use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
