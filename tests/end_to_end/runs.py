"""Running `pizza-chaos` for real, as somebody at a terminal would, and looking at what it leaves behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from typing import Any

import psutil

from harness.events import ProcessStarted
from harness.history import History
from harness.stacks.heal import MARKER

ROOT = Path(__file__).parents[2]
HEAD = """
import pytest
from harness.checks import *
from harness.faults import *

"""


def write_scenario(directory: Path, body: str, *, begins: str = "2024-12-01 05:00 MST") -> Path:
    """Write a scenario file with one test, whose indented body is given."""
    path = directory / "test_written.py"
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    path.write_text(
        f'{HEAD}@pytest.mark.chaos(begins="{begins}")\ndef test_written(scenario, shop, diners, on_call):\n'
        f'    """What the author believes."""\n{lines}\n'
    )
    return path


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "harness.cli", *map(str, words)]


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        command(*words), cwd=cwd, capture_output=True, text=True, check=False, timeout=400, env=environment()
    )


@contextmanager
def running(*words: str | Path, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the command in a session of its own, so that it can be interrupted alone."""
    process = subprocess.Popen(
        command(*words), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def verdict_of(finished: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    verdict: dict[str, Any] = json.loads(finished.stdout)
    return verdict


def eventually(true: Callable[[], bool], within: float = 20.0) -> bool:
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() > deadline:
            return False
        Flag().wait(0.05)
    return True


def latest(cwd: Path) -> Path:
    return (cwd / "runs" / "latest").resolve()


def history(cwd: Path) -> History:
    return History.read(latest(cwd) / "history.jsonl")


def left_alive(run_directory: Path) -> list[str]:
    """Name every process that still carries the run's marker."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(run_directory) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def ports_still_open(read: History) -> list[str]:
    """Name every address of the run at which something still listens.

    A process that was killed loses its memory, and with it the marker that `left_alive` looks for, some milliseconds
    before the kernel closes its sockets: after a kill, ask this `eventually`.
    """
    return [event.address for event in read.of(ProcessStarted) if event.address and _accepts(event.address)]


def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, int(port))) == 0
