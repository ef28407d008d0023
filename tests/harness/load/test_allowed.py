"""What a load worker may load: its own machine, and what somebody there has allowed."""

from __future__ import annotations

import pytest

from harness.errors import SafetyError
from harness.load.allowed import Allowed, addresses_of


def nowhere(host: str) -> frozenset[str]:
    return frozenset()


@pytest.mark.parametrize("address", ["127.0.0.1:80", "127.0.0.11:8080", "localhost:80"])
def test_this_machine_is_always_allowed(address: str) -> None:
    Allowed(find=nowhere).check(address)


def test_what_nobody_allows_is_refused_and_says_what_to_add() -> None:
    with pytest.raises(SafetyError, match=r"10\.0\.0\.5:80 to be loaded.*add --allow-target 10\.0\.0\.5\.$"):
        Allowed(["10.0.0.6"], find=nowhere).check("10.0.0.5:80")


def test_address_and_name_are_allowed_as_they_are_given() -> None:
    allowed = Allowed(["10.0.0.5", "pizza.internal"], find=nowhere)
    allowed.check("10.0.0.5:80")
    allowed.check("pizza.internal:80")


def test_addresses_of_a_name_are_allowed_with_it_also_when_they_change() -> None:
    addresses = {"run.internal": frozenset({"10.0.0.5"})}
    allowed = Allowed(["run.internal"], find=lambda host: addresses[host])
    allowed.check("10.0.0.5:80")
    addresses["run.internal"] = frozenset({"10.0.0.9"})
    allowed.check("10.0.0.9:80")


@pytest.mark.parametrize("host", ["pizza.cs329.click", "PIZZA-service.cs329.click.", "cs329.cs.byu.edu"])
def test_public_pizza_sites_cannot_be_allowed(host: str) -> None:
    with pytest.raises(SafetyError, match="is a public pizza site"):
        Allowed([host], find=nowhere)


def test_addresses_of_a_name_that_there_is_not_are_none() -> None:
    assert addresses_of("127.0.0.1") == {"127.0.0.1"}
    assert addresses_of("..") == frozenset()
