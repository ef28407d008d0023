"""Loopback addresses for load balancers: each one new, for a balancer that comes back is never where it was.

Linux answers for all of 127.0.0.0/8, so balancers differ by address and share a port. Where only 127.0.0.1 exists
(macOS), or where diners come from other machines and there is one address that they know, ports stand in for addresses.
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
        host: the one address that all of them have, where ports stand in for addresses; "" for loopback's.
    """

    def __init__(self, port: int = 0, *, host: str = "") -> None:
        self._port = port
        self._last = host or "127.0.0.1"
        self._hosts = () if host else tuple(f"127.0.0.{number}" for number in range(_FIRST_HOST, _LAST_HOST))
        self._given: set[Address] = set()

    def next(self) -> Address:
        """Give an address on which one can listen now.

        Raises:
            HarnessError: when the port that was asked for is taken.
        """
        for host in (*self._hosts, self._last):
            if host != self._last and Address(host, self._port) in self._given:
                continue
            found = _bindable(host, self._port if host != self._last or not self._given else 0)
            if found is not None and found not in self._given:
                self._given.add(found)
                self._port = self._port or found.port
                return found
        message = (
            f"port {self._port} of this machine is in use at every address it may have. Free it, or set site-port to 0."
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
