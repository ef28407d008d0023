import socket

import pytest

from harness.errors import HarnessError
from harness.stacks.addresses import Addresses


def test_addresses_are_never_given_twice() -> None:
    addresses = Addresses()
    given = [addresses.next() for _ in range(5)]
    assert len(set(given)) == 5


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux answers for all of 127.0.0.0/8")
def test_addresses_on_linux_differ_by_host_and_share_their_port() -> None:
    addresses = Addresses()
    first, second = addresses.next(), addresses.next()
    assert first.host != second.host
    assert first.port == second.port


def test_addresses_where_there_is_one_host_differ_by_port() -> None:
    addresses = Addresses(host="127.0.0.1")
    given = [addresses.next() for _ in range(5)]
    assert {address.host for address in given} == {"127.0.0.1"}
    assert len({address.port for address in given}) == 5


def test_addresses_on_a_port_in_use_say_which_and_what_to_do() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HarnessError, match=f"port {port} of this machine is in use.*set site-port to 0"):
            Addresses(port).next()
