"""The safety lever, and cleaning up after a run that could not clean up after itself."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil

from harness.errors import HarnessError
from harness.stacks.memory_group import leftover_groups

MARKER = "PIZZA_CHAOS_RUN"
"""Environment variable that every process of a run carries: the run's directory."""

STOP_FILE = "stop"
"""A file of this name in a run's directory stops the run."""

SCRATCH = "scratch"
"""A folder of a run for what is of no use after it: copies, databases. It ends with the run."""

ENDS_WITHIN_SECONDS = 3.0


def heal_leftovers(runs: Path) -> Iterator[str]:
    """End every process that carries a run's marker and whose harness is gone, remove its scratch, and say so.

    Args:
        runs: only processes of runs kept in this directory are touched.

    Returns: a sentence for each thing done, or one that there was nothing to do.
    """
    leftovers = [process for process in psutil.process_iter() if _is_leftover(process, runs.resolve())]
    for process in leftovers:
        with contextlib.suppress(psutil.NoSuchProcess):
            words = " ".join(process.cmdline()[:4])
            process.kill()
            yield f"ended {process.pid}: {words}"
    psutil.wait_procs(leftovers, timeout=ENDS_WITHIN_SECONDS)
    found = {made.resolve() for made in runs.resolve().glob(f"*/{SCRATCH}")}  # once, though `latest` leads there too
    scratch = [made for made in sorted(found) if not _harness_lives(made.parent)]
    for made in scratch:
        shutil.rmtree(made, ignore_errors=True)
        yield f"removed {made}"
    groups = list(leftover_groups())
    for group in groups:
        with contextlib.suppress(OSError):  # somebody still lives in it
            group.rmdir()
            yield f"removed {group}"
    containers = 0
    for removed in _container_leftovers(runs.resolve()):
        containers += 1
        yield removed
    if not leftovers and not scratch and not groups and not containers:
        yield "nothing was left behind"


def stop_runs(runs: Path) -> Iterator[str]:
    """Pull the safety lever: tell every run of this directory that still lives to stop and heal.

    Returns: a sentence for each run told, or one that there was none.
    """
    living = [file.parent for file in runs.resolve().glob("*/harness.pid") if _harness_lives(file.parent)]
    for run in {directory.resolve() for directory in living}:
        (run / STOP_FILE).touch()
        yield f"told {run.name} to stop and heal"
    if not living:
        yield f"no run lives in {runs}"


def is_stopped(run: Path) -> bool:
    """Say whether somebody pulled the safety lever for a run."""
    return (run / STOP_FILE).exists()


def _container_leftovers(runs: Path) -> Iterator[str]:
    if find_spec("testcontainers") is None:  # then no run here has made a container
        return
    from harness.stacks.containers.engine import engine, remove_leftovers  # noqa: PLC0415 - takes long to import

    with contextlib.suppress(HarnessError), engine() as client:  # where no engine runs, no container does
        yield from remove_leftovers(
            client, is_left=lambda run: Path(run).parent == runs and not _harness_lives(Path(run))
        )


def _is_leftover(process: psutil.Process, runs: Path) -> bool:
    try:
        run = process.environ().get(MARKER, "")
        return bool(run) and Path(run).parent == runs and not _harness_lives(Path(run))
    except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess, OSError):
        return False


def _harness_lives(run: Path) -> bool:
    try:
        return psutil.pid_exists(int((run / "harness.pid").read_text()))
    except (OSError, ValueError):
        return False
