"""The lease on a run's containers: a tiny program that removes what the harness leaves behind.

It waits for the end of its standard input, which means that the harness is gone, however it went. It runs in a session
of its own, so that Ctrl-C reaches the harness and not its lease.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys

from harness.stacks.containers.engine import engine, remove_leftovers

LAPSES_WITHIN_SECONDS = 30


class ContainerLease:
    """The harness's end of the lease on one run's containers.

    Cleanup: `release` removes them all. If the harness dies first, the lease lapses by itself and does the same.
    """

    def __init__(self, run: str) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", __name__, run],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Let the lease lapse, and wait until it has; releasing twice is fine."""
        if self._keeper.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._keeper.stdin.close()
        self._keeper.wait(timeout=LAPSES_WITHIN_SECONDS)


def main(run: str) -> None:
    """Remove a run's containers once standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.read()
    with engine() as client:
        for _ in range(2):  # a container that was being made while we looked is there the second time
            for _said in remove_leftovers(client, is_left=lambda directory: directory == run):
                pass


if __name__ == "__main__":
    main(sys.argv[1])
