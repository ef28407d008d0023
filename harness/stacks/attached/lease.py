"""The lease on what a run has broken in a system that outlives it: a tiny program that puts it right.

Rules of this file: what would put a thing right is owed before the thing is broken. The program waits for the end of
its standard input, which means that the harness is gone, however it went, and then pays whatever is owed still, the
newest first. It runs in a session of its own, so that Ctrl-C reaches the harness and not its lease.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping

import httpx
import msgspec

from harness.errors import HarnessError
from harness.stacks.attached.container import revive

PAYS_WITHIN_SECONDS = 30
ANSWERS_WITHIN_SECONDS = 5.0


class Ask(msgspec.Struct, frozen=True, tag=True):
    """A request that puts something right; harmless when it is."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: Mapping[str, object] | None = None


class Revive(msgspec.Struct, frozen=True, tag=True):
    """A container that has to run again."""

    container: str
    """Its id."""


class Owed(msgspec.Struct, frozen=True, tag=True):
    """Something is about to be broken."""

    name: str
    debt: Ask | Revive


class Paid(msgspec.Struct, frozen=True, tag=True):
    """It was put right."""

    name: str


class HealingLease:
    """The harness's end of the lease.

    Cleanup: `release` puts right what is still owed. If the harness dies first, the lease does the same by itself.
    """

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def owe(self, name: str, debt: Ask | Revive) -> None:
        """Put this right if nobody says that it was paid.

        Raises:
            HarnessError: when the lease is gone, so that nothing may be broken any more.
        """
        if not self._say(Owed(name, debt)):
            message = f"{name} was not begun: the lease that would heal it after a crash is gone. Run it again."
            raise HarnessError(message)

    def paid(self, name: str) -> None:
        """Let go of what was put right."""
        self._say(Paid(name))

    def release(self) -> None:
        """Put right what is still owed, and end; releasing twice is fine."""
        if self._keeper.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._keeper.stdin.close()
        self._keeper.wait(timeout=PAYS_WITHIN_SECONDS)

    def _say(self, message: Owed | Paid) -> bool:
        stdin = self._keeper.stdin
        try:
            if stdin is None:
                return False
            stdin.write(msgspec.json.encode(message) + b"\n")
            stdin.flush()
        except (OSError, ValueError):
            return False
        return True


def still_owed(lines: Iterable[bytes]) -> list[Ask | Revive]:
    """Follow what the harness says to its end; give what is owed then, the newest first."""
    owed: dict[str, Ask | Revive] = {}
    for line in lines:
        match msgspec.json.decode(line, type=Owed | Paid):
            case Owed(name=name, debt=debt):
                owed[name] = debt
            case Paid(name=name):
                owed.pop(name, None)
    return list(reversed(owed.values()))


def pay(debt: Ask | Revive, *, client: httpx.Client) -> None:
    """Put one thing right, as far as anybody answers."""
    if isinstance(debt, Revive):
        with contextlib.suppress(HarnessError):
            revive(debt.container)
        return
    with contextlib.suppress(httpx.HTTPError):
        client.request(debt.method, debt.url, headers=dict(debt.headers), json=debt.body)


def main() -> None:
    """Pay what is owed once standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    debts = still_owed(sys.stdin.buffer)
    with httpx.Client(timeout=ANSWERS_WITHIN_SECONDS, trust_env=False) as client:
        for debt in debts:
            pay(debt, client=client)


if __name__ == "__main__":
    main()
