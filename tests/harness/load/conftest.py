"""What the load process needs around it: shops that can be killed, and a DNS server that knows where they are."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from harness.ingress.dns import answer
from harness.ingress.records import Address, Zone

SITE = "pizza-service.pizza.test"


class Shop:
    """A stub shop in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.load.stub_shop", *arguments],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.address = Address("127.0.0.1", int(self.process.stdout.readline()))
        self.url = f"http://{self.address}"

    def wait_for_order(self) -> None:
        """Wait until a silent shop has one more order."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"an order\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Names:
    """DNS on loopback, answering from a zone."""

    def __init__(self) -> None:
        self.zone = Zone()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.server = Address(*self._socket.getsockname())
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def point_at(self, shop: Shop) -> None:
        self.zone.set(SITE, shop.address, ttl=timedelta(seconds=1))

    def _serve(self) -> None:
        while (received := self._socket.recvfrom(512))[0]:
            said = answer(received[0], self.zone)
            if said is not None:
                self._socket.sendto(said, received[1])

    def end(self) -> None:
        self._socket.sendto(b"", (self.server.host, self.server.port))
        self._thread.join(5)
        self._socket.close()


@pytest.fixture
def names() -> Iterator[Names]:
    made = Names()
    yield made
    made.end()


@pytest.fixture
def open_shop(names: Names) -> Iterator[Callable[..., Shop]]:
    """Open a shop; the site's name points at the one opened last."""
    shops: list[Shop] = []

    def open_one(*arguments: str) -> Shop:
        shops.append(Shop(*arguments))
        names.point_at(shops[-1])
        return shops[-1]

    yield open_one
    for shop in shops:
        shop.kill()
