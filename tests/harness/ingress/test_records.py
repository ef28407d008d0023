from __future__ import annotations

from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.ingress.records import Address, Zone

SITE = "pizza-service.pizza.test"
OLD = Address("127.0.0.11", 8080)
NEW = Address("127.0.0.12", 8080)
MINUTE = timedelta(seconds=60)


def test_address_written_and_read_again_is_the_same() -> None:
    assert Address.parse("127.0.0.11:8080") == OLD
    assert str(OLD) == "127.0.0.11:8080"


@pytest.mark.parametrize("text", ["", "127.0.0.11", ":8080", "127.0.0.11:", "127.0.0.11:65536", "a b:1", "h:-1", "h:٣"])
def test_address_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ScenarioError, match=r'is not an address\. Write a host and a port, such as "127'):
        Address.parse(text)


def test_zone_pointed_at_an_address_says_so_in_an_event() -> None:
    zone = Zone()
    first = zone.set(SITE, OLD, ttl=MINUTE)
    second = zone.set(SITE, NEW, ttl=MINUTE)
    assert (first.name, first.address, first.previous, first.ttl_seconds) == (SITE, str(OLD), "", 60.0)
    assert (second.address, second.previous) == (str(NEW), str(OLD))


def test_zone_finds_a_name_in_any_case_and_with_a_final_dot() -> None:
    zone = Zone()
    zone.set("Pizza-Service.Pizza.TEST.", OLD, ttl=MINUTE)
    found = zone.find("pizza-service.PIZZA.test.")
    assert found is not None
    assert (found.name, found.address, found.ttl) == (SITE, OLD, MINUTE)


def test_zone_without_the_name_finds_nothing() -> None:
    assert Zone().find(SITE) is None


def test_zone_after_removing_a_record_does_not_know_it() -> None:
    zone = Zone()
    zone.set(SITE, OLD, ttl=MINUTE)
    removed = zone.remove(SITE)
    assert (removed.address, removed.previous, removed.ttl_seconds) == ("", str(OLD), 0.0)
    assert zone.find(SITE) is None
    assert not list(zone)


def test_zone_asked_to_remove_an_unknown_name_suggests_the_right_one() -> None:
    zone = Zone()
    zone.set(SITE, OLD, ttl=MINUTE)
    with pytest.raises(ScenarioError, match=f"Did you mean '{SITE}'"):
        zone.remove("pizza-servce.pizza.test")


@pytest.mark.parametrize("ttl", [timedelta(seconds=-1), timedelta(milliseconds=1500), timedelta(days=365 * 80)])
def test_zone_refuses_a_ttl_that_dns_cannot_say(ttl: timedelta) -> None:
    with pytest.raises(ScenarioError, match="DNS counts whole seconds"):
        Zone().set(SITE, OLD, ttl=ttl)


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "-", "pizza service.test", "x" * 64 + ".test", "ä.test", "a." * 120 + "b"]
)
def test_zone_refuses_what_is_no_dns_name(name: str) -> None:
    with pytest.raises(ScenarioError, match="is not a DNS name"):
        Zone().set(name, OLD, ttl=MINUTE)


def test_zone_refuses_an_address_that_no_a_record_can_hold() -> None:
    with pytest.raises(ScenarioError, match=r"cannot point at localhost:8080.*IPv4"):
        Zone().set(SITE, Address("localhost", 8080), ttl=MINUTE)
