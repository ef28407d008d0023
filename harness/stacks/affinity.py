"""Which processors a process may use, and how much of them it has used.

Only Linux lets a process be pinned; elsewhere nothing is pinned, and a rival competes for all processors.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import psutil


def available() -> list[int]:
    """List the processors that this harness may use itself; empty where that cannot be told."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def pin(pid: int, processors: Sequence[int]) -> None:
    """Let every thread of a process use these processors only; does nothing for a process that is gone."""
    if not processors:
        return
    try:
        for thread in psutil.Process(pid).threads():
            os.sched_setaffinity(thread.id, processors)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return


def used_seconds(pid: int) -> float:
    """Say how much processor time a process has had; 0 for one that is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
