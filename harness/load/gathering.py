"""Waits for load workers on other machines before there is a clock: how long people take is not the scenario's time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from harness.errors import HarnessError, ScenarioError
from harness.ingress.records import Address
from harness.load.driver import import_path
from harness.load.messages import secret_of

COME_WITHIN_SECONDS = 60.0


def wait_for_workers(
    master: Address, count: int, *, say: Callable[[str], object], within_seconds: float = COME_WITHIN_SECONDS
) -> None:
    """Wait until so many load workers knock at a run's door.

    Args:
        master: where they knock.
        count: how many are to come.
        say: is told who is there, and what to type elsewhere, as that changes.
        within_seconds: of the wall.

    Raises:
        ScenarioError: when there is no secret, or nobody can listen there.
        HarnessError: when fewer come.

    Cleanup: nobody listens there any more; a harness that dies takes the listening process with it.
    """
    secret_of(os.environ)
    with subprocess.Popen(
        [sys.executable, "-m", "harness.load.lobby", str(master), str(count)],
        env={**os.environ, "PYTHONPATH": import_path()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as lobby:
        assert lobby.stdout is not None, "it was asked for"
        assert lobby.stdin is not None, "likewise"
        assert lobby.stderr is not None, "likewise"
        told: dict[str, Any] = {"here": [], "away": {}}
        too_late = threading.Timer(within_seconds, lobby.stdin.close)
        too_late.daemon = True
        too_late.start()
        try:
            for line in lobby.stdout:
                told = json.loads(line)
                say(_waiting(master, count, told=told))
            trouble = lobby.stderr.read().strip()
        finally:
            too_late.cancel()
            lobby.terminate()
    if len(told["here"]) >= count:
        return
    if trouble:
        raise ScenarioError(trouble.splitlines()[-1])
    raise HarnessError(_missing(master, count, told=told, within_seconds=within_seconds))


def _waiting(master: Address, count: int, *, told: dict[str, Any]) -> str:
    here = len(told["here"])
    if here >= count:
        return f"load workers: {', '.join(told['here'])}"
    turned = "".join(f"; {host} was turned away: {why}" for host, why in told["away"].items())
    return f"waiting for load workers, {here} of {count} here{turned}. Elsewhere: {command(master)}"


def _missing(master: Address, count: int, *, told: dict[str, Any], within_seconds: float) -> str:
    came = ", ".join(told["here"]) or "none"
    turned = "".join(f" {host} was turned away: {why}." for host, why in told["away"].items())
    return (
        f"of {count} load workers from other machines these came in {within_seconds:g} s: {came}.{turned} "
        f"Start one with: {command(master)}"
    )


def command(master: Address) -> str:
    """Give what to type on another machine."""
    return f"pizza-chaos load-worker --master {master} --allow-target {master.host}"
