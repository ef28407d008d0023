"""From a standing start to the first good order: the twin, on processes and in containers, and a checkout of your own.

Run it with `python -m benchmarks.deployments [CHECKOUT]`. What this machine lacks is said, and left out. The modules of
the checkout are installed before the clock starts.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.limits import Limits
from harness.errors import HarnessError
from harness.events import RequestFinished
from harness.moments import moment
from harness.settings import Settings
from harness.stacks.choice import stack_and_recorder
from harness.stacks.heal import MARKER
from harness.stacks.services.choice import service_under_test

BEGINS = "2024-12-01 05:00 MST"

READY_SECONDS = {"processes": 3.0, "containers": 30.0}
"""Limits for the twin, by stack."""

ORDER_SECONDS = 10.0
"""The limit for a checkout's first good order, on processes."""


def start_and_order(settings: Settings) -> tuple[float, float]:
    """Start a system, buy a pizza, and stop it: wall seconds until it was ready, and until there was a good order."""
    with tempfile.TemporaryDirectory() as runs:
        directory = Path(runs) / "run"
        directory.mkdir()
        os.environ[MARKER] = str(directory)
        began = time.perf_counter()
        service = service_under_test(settings, directory=directory, say=lambda line: print(f"  {line}"))
        try:
            stack, recorder = stack_and_recorder(
                service,
                settings=settings,
                history=directory / "history.jsonl",
                begins=moment(BEGINS),
                on_call="nobody",
            )
            try:
                stack.start()
                ready = time.perf_counter() - began
                stack.buy_a_pizza("Jaquelyn")
                ordered = time.perf_counter() - began
                bought = [request for request in recorder.so_far().of(RequestFinished) if request.operation == "order"]
            finally:
                stack.stop()
                recorder.close()
        finally:
            service.close()
    if not bought or bought[-1].outcome != "ok":
        message = f"no good order: {bought[-1].error if bought else 'nobody got that far'}"
        raise HarnessError(message)
    return ready, ordered


def measure(limits: Limits, checkout: str) -> None:
    """Measure each system that can be had here."""
    for stack, limit in READY_SECONDS.items():
        if found := _tried({"stack": stack}):
            limits.at_most(f"the twin on {stack} is up, s", found[0], limit)
            limits.beside(f"its first good order on {stack}, s", found[1], "until it was up", found[0])
    if not checkout:
        print("a checkout: left out: name one")
        return
    _tried({"service": checkout})  # installs its modules, where nobody has
    if found := _tried({"service": checkout}):
        limits.at_most("from a checkout to its first good order, s", found[1], ORDER_SECONDS)
    if contained := _tried({"service": checkout, "stack": "containers"}):
        limits.beside("the same in containers, s", contained[1], "on processes", found[1] if found else 0.0)


def _tried(given: dict[str, str]) -> tuple[float, float] | None:
    try:
        return start_and_order(Settings().overridden(given, where="benchmark"))
    except HarnessError as error:
        print(f"{' '.join(given.values())}: left out: {error}")
        return None


def main() -> int:
    limits = Limits()
    measure(limits, sys.argv[1] if len(sys.argv) > 1 else "")
    return limits.exit_code


if __name__ == "__main__":
    sys.exit(main())
