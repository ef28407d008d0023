"""How hard the process works its machine: a port, so that a simulated run can make it up."""

import resource
import time
from typing import Protocol

import psutil

from pizza_service.metrics import Load


class Machine(Protocol):
    """Where the service runs."""

    def load(self) -> Load:
        """Read the gauges; the CPU share covers the time since the last reading."""
        ...


class OwnProcess:
    """The process it is called in. Its CPU share is real, whatever the speed of incident time."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._last = _cpu_seconds(), time.monotonic()

    def load(self) -> Load:
        """Read the gauges; the CPU share covers the time since the last reading."""
        (used_before, before), (used, now) = self._last, (_cpu_seconds(), time.monotonic())
        self._last = used, now
        share = (used - used_before) / (now - before) if now > before else 0.0
        return Load(cpu_percent=share * 100, memory_percent=self._process.memory_percent())


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
