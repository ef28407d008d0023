"""Loopback addresses for load balancers: each one new, for a balancer that comes back is never where it was.

Linux answers for all of 127.0.0.0/8, so balancers differ by address and share a port. Where only 127.0.0.1 exists
(macOS), ports stand in for addresses.
"""

from __future__ import annotations

import socket

from harness.errors import HarnessError
from harness.ingress.records import Address

_FIRST_HOST = 11
_LAST_HOST = 250


class Addresses:
    """Gives each load balancer an address that none had before.

    Args:
        port: the port that all of them should have; 0 lets the system choose one.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._given: set[Address] = set()

    def next(self) -> Address:
        """Give an address on which one can listen now.

        Raises:
            HarnessError: when the port that was asked for is taken.
        """
        for host in (*(f"127.0.0.{number}" for number in range(_FIRST_HOST, _LAST_HOST)), "127.0.0.1"):
            if Address(host, self._port) in self._given:
                continue
            found = _bindable(host, self._port if host != "127.0.0.1" or not self._given else 0)
            if found is not None and found not in self._given:
                self._given.add(found)
                self._port = self._port or found.port
                return found
        message = (
            f"port {self._port} of this machine is in use at every loopback address. Free it, or set site-port to 0."
        )
        raise HarnessError(message)


def _bindable(host: str, port: int) -> Address | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return None
        return Address(host, probe.getsockname()[1])
