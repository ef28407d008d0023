"""DNS records as data: which address a site name points at, and for how long a client may believe it.

Rules of this file: a zone answers for nothing but what was set; names are compared without regard to case or a final
dot; every change is an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import AddressValueError, IPv4Address
from typing import NamedTuple, Self

from harness.errors import ScenarioError, unknown_name
from harness.events import RecordChanged

SERVICE = "_http._tcp"
"""The labels before a site name under which DNS says its port, in an SRV record (RFC 2782)."""

LONGEST_TTL = timedelta(seconds=2**31 - 1)
"""The TTL field holds no more (RFC 2181, section 8)."""

_ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_NAME = re.compile(r"(?=.{1,240}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")


class Address(NamedTuple):  # hashed and compared in a tenth of a dataclass's time, and every request looks some up
    """Where something listens: `127.0.0.11:8080`."""

    host: str
    """A host name or an IPv4 address."""
    port: int
    """The TCP or UDP port; 0 asks for a free one."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address as people write it: `"127.0.0.11:8080"`.

        Raises:
            ScenarioError: when the text is not a host and a port from 0 to 65535.
        """
        read = _ADDRESS.fullmatch(text)
        if read is None or int(read["port"]) > 65535:
            message = f'{text!r} is not an address. Write a host and a port, such as "127.0.0.11:8080".'
            raise ScenarioError(message)
        return cls(read["host"], int(read["port"]))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Record:
    """What a DNS name points at."""

    name: str
    """The site name, in lower case and without a final dot."""
    address: Address
    """Where the name points, whether anything still listens there or not."""
    ttl: timedelta
    """How long a client may keep the answer, in incident time; whole seconds."""


class Zone:
    """The DNS records of a site. It can be changed while a server answers from it, from any thread."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def set(self, name: str, address: Address, *, ttl: timedelta) -> RecordChanged:
        """Point a name at an address, in place of whatever it pointed at.

        Returns: the event that says so.

        Raises:
            ScenarioError: when the name, the address or the TTL cannot stand in a DNS answer.
        """
        record = Record(_known_as(name), _answerable(address), _whole_seconds(ttl, name=name))
        previous = self._records.get(record.name)
        self._records = {**self._records, record.name: record}
        return RecordChanged(
            name=record.name,
            address=str(address),
            previous=str(previous.address) if previous else "",
            ttl_seconds=ttl.total_seconds(),
        )

    def remove(self, name: str) -> RecordChanged:
        """Take a name away; who asks for it is told that it does not exist.

        Returns: the event that says so, with an empty address.

        Raises:
            ScenarioError: when there is no such record.
        """
        removed = self.find(name)
        if removed is None:
            raise ScenarioError(unknown_name("DNS record", name, known=self._records))
        self._records = {known: record for known, record in self._records.items() if known != removed.name}
        return RecordChanged(name=removed.name, address="", previous=str(removed.address), ttl_seconds=0.0)

    def find(self, name: str) -> Record | None:
        """Give the record of a name, or None."""
        return self._records.get(_canonical(name))

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())


def _canonical(name: str) -> str:
    return name.removesuffix(".").lower()


def _known_as(name: str) -> str:
    canonical = _canonical(name)
    if not _NAME.fullmatch(canonical):
        message = f'{name!r} is not a DNS name. Write labels and dots, such as "pizza-service.pizza.test".'
        raise ScenarioError(message)
    return canonical


def _answerable(address: Address) -> Address:
    try:
        IPv4Address(address.host)
    except AddressValueError as error:
        message = f"a DNS record cannot point at {address}: {error}. Give an IPv4 address and a port."
        raise ScenarioError(message) from error
    return address


def _whole_seconds(ttl: timedelta, *, name: str) -> timedelta:
    if ttl % timedelta(seconds=1) or not timedelta() <= ttl <= LONGEST_TTL:
        message = f"a TTL of {ttl.total_seconds():g} s for {name!r} cannot be told: DNS counts whole seconds from 0 up."
        raise ScenarioError(message)
    return ttl
