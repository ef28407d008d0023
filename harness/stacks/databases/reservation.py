"""A loopback address for a run's database: two runs that look at the same moment do not find the same one free."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

HOSTS = (*(f"127.0.0.{number}" for number in range(51, 100)), "127.0.0.1")
"""Where services may be told to look for their database."""


class Reservation:
    """An address at which nothing listens, and that no other run takes.

    Cleanup: `release`; a harness that dies lets go of it too.
    """

    def __init__(self, host: str, *, lock: int) -> None:
        self.host = host
        self._lock = lock

    @classmethod
    def found(cls, *, port: int, hosts: Sequence[str] = HOSTS) -> Reservation | None:
        """Reserve the first address whose `port` is free; None when there is none."""
        for host in hosts:
            lock = _locked(Path(tempfile.gettempdir()) / f"pizza-chaos-{os.getuid()}-{host}-{port}.lock")
            if lock is None:
                continue
            if free_port(host, port):
                return cls(host, lock=lock)
            os.close(lock)
        return None

    def release(self) -> None:
        """Let others have it; releasing twice is fine."""
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)


def free_port(host: str, port: int = 0) -> int:
    """Give this port of an address, or any where none is given, if one could listen there now; else 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])


def _locked(path: Path) -> int | None:
    """Lock a file for as long as this process lives and keeps it open; None when somebody else has."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file
