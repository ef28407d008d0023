"""Which hosts a load worker may load: this machine, and what somebody here has allowed by name."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable

from harness.errors import SafetyError
from harness.ingress.records import Address
from harness.stacks.safety import refuse_public_site, refuse_unless_ours


def addresses_of(host: str) -> frozenset[str]:
    """Give the IPv4 addresses of a host; none when there is no such name."""
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, None, socket.AF_INET))
    except (OSError, UnicodeError):
        return frozenset()


class Allowed:
    """What a load worker may load.

    Args:
        hosts: names and addresses besides this machine's own loopback.
        find: gives the addresses of a name, looked up whenever an address is not known yet.

    Raises:
        SafetyError: when one of them is a public pizza site.
    """

    def __init__(self, hosts: Iterable[str] = (), *, find: Callable[[str], frozenset[str]] = addresses_of) -> None:
        self._hosts = frozenset(hosts)
        self._find = find
        self._known = self._hosts
        for host in self._hosts:
            refuse_public_site(host)

    def check(self, address: str) -> None:
        """Raise a SafetyError unless a load may go to this address, `host:port`."""
        host = Address.parse(address).host
        if host not in self._known:
            self._known = self._hosts.union(*map(self._find, self._hosts))
        try:
            refuse_unless_ours(f"http://{address}", allowed=self._known)
        except SafetyError as error:
            message = f"the run wants {address} to be loaded, which nobody here allows: add --allow-target {host}."
            raise SafetyError(message) from error
