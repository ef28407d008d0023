"""Lends this machine to runs elsewhere: a process for each run that it joins, since Locust lives once a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from harness.ingress.records import Address
from harness.load.allowed import Allowed
from harness.load.driver import import_path
from harness.load.messages import secret_of
from harness.settings import MASTER_PORT
from harness.stacks.safety import refuse_public_site

LEAVES_WITHIN_SECONDS = 5.0
"""Wall seconds that the process has to tell its run that it leaves."""

REFUSED = 2
"""What the process ends with when there is no use in trying again."""


def lend(master: str, allowed: Sequence[str], *, once: bool = False) -> int:
    """Join one run after the other until somebody ends this process; give its exit code.

    Args:
        master: where runs wait for workers, `HOST` or `HOST:PORT`.
        allowed: hosts that diners may go to, besides this machine.
        once: whether to end after one run.

    Raises:
        ScenarioError: when there is no secret, or that is no address.
        SafetyError: when one of them is a public pizza site.

    Cleanup: Ctrl-C and SIGTERM let it leave the run that it has joined, which then knows that it is not whole; killed,
        it takes its process with it.
    """
    secret_of(os.environ)
    Allowed(allowed)
    where = Address.parse(master if ":" in master else f"{master}:{MASTER_PORT}")
    refuse_public_site(where.host)
    print(f"load worker: knocking at {where}; Ctrl-C ends it", flush=True)  # noqa: T201 - a person starts it
    with _sigterm_is_ctrl_c():
        while True:
            code = _carry_once([str(where), *allowed])
            if code is None:
                return 0
            if once or code == REFUSED:
                return code


def _carry_once(arguments: Sequence[str]) -> int | None:
    """Give what the process for one run ended with, or nothing when it had to leave."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.load.far_worker", *arguments],
        env={**os.environ, "PYTHONPATH": import_path()},
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None, "it was asked for"
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.stdin.close()
        try:
            process.wait(LEAVES_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return None
    finally:
        process.stdin.close()


@contextmanager
def _sigterm_is_ctrl_c() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - a signal's handler
    raise KeyboardInterrupt
