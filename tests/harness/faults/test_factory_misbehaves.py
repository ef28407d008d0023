import pytest

from harness.errors import ScenarioError
from harness.faults import FactoryMisbehaves
from harness.faults.fault import Begin, End, View
from harness.faults.parameters import parameters_of
from harness.faults.toxics import HttpStatus
from harness.faults.troubles import ToxicOn
from tests.harness.faults.moments import APPLIED, hurt, order

KINDS = parameters_of(FactoryMisbehaves)[0].range.replace("`", "").split(", ")


def test_factory_misbehaves_puts_its_toxics_on_the_factory_link_and_takes_them_off_in_reverse() -> None:
    fault = FactoryMisbehaves("html_502")
    troubles = fault.troubles
    assert [trouble.name for trouble in troubles] == ["factory/http_status /api/order", "factory/http_body /api/order"]
    assert fault.apply() == tuple(map(Begin, troubles))
    assert fault.heal() == tuple(map(End, reversed(troubles)))
    assert fault.is_gone(View("a", "a", "none"))
    assert not fault.is_gone(View("a", "a", "none", troubles=frozenset({"factory/http_body /api/order"})))


def test_factory_misbehaves_spares_two_orders_of_three_where_only_some_fail() -> None:
    (trouble,) = FactoryMisbehaves("some_fail").troubles
    assert trouble == ToxicOn("factory", HttpStatus(path="/api/order", status=500, every=3))


@pytest.mark.parametrize("kind", KINDS)
def test_factory_misbehaves_is_named_and_seen_by_its_kind_and_hits_by_its_own_toxics(kind: str) -> None:
    fault = FactoryMisbehaves(kind)
    assert fault.name == f"factory_{kind}"
    assert fault.parameters == {"kind": kind}
    assert "order" in fault.sees
    assert fault.hit_by(hurt(fault.troubles[0].name), APPLIED) == "connection 1 of factory"
    assert fault.hit_by(hurt("factory/latency"), APPLIED) is None
    assert fault.hit_by(order(error="500: fetch failed"), APPLIED) is None


def test_factory_misbehaves_has_toxics_that_can_be_on_a_link_at_once() -> None:
    for kind in KINDS:
        names = [trouble.name for trouble in FactoryMisbehaves(kind).troubles]
        assert len(set(names)) == len(names)


def test_factory_misbehaves_in_an_unknown_way_is_refused_with_the_one_meant() -> None:
    with pytest.raises(ScenarioError, match=r"FactoryMisbehaves: kind is 'html_503'; did you mean 'html_502'\?"):
        FactoryMisbehaves("html_503")
