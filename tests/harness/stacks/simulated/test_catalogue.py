"""Every fault of the catalogue in a simulation: it hits, heals, and pizzas are sold again; or it is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.events import FaultHit, HarnessTroubled, Hurt, RequestFinished
from harness.faults import CATALOGUE, Fault, LinkDown, OnLink
from harness.faults.noop import Noop
from harness.faults.toxics import Bandwidth, HttpBody, HttpStatus, Latency, LimitData, ResetPeer, Slicer, Timeout
from harness.faults.troubles import ToxicOn
from harness.stacks.simulated.hands import CARRIED_OUT
from harness.stacks.simulated.suitability import refusal
from tests.harness.stacks.simulated.simulation import Simulation, simulation

EVERY = [kind() for kind in CATALOGUE]
HERE = [fault for fault in EVERY if not any(map(refusal, fault.apply()))]
ELSEWHERE = [fault for fault in EVERY if fault not in HERE]

ON_THE_FACTORY = [
    (Latency(timedelta(seconds=2)), {("ok", "")}),
    (ResetPeer(), {("failed", "500: fetch failed")}),
    (LimitData(100), {("failed", "500: fetch failed")}),
    (Timeout(timedelta(seconds=5)), {("failed", "500: fetch failed")}),
    (Slicer(average_size_bytes=64, delay=timedelta(milliseconds=20)), {("ok", "")}),
    (Bandwidth(rate_kilobytes=1), {("ok", "")}),
    (HttpStatus(status=502), {("failed", "500: Failed to fulfill order at factory")}),
    (HttpBody(mode="truncate"), {("failed", "500: terminated")}),
]


def orders(run: Simulation) -> list[RequestFinished]:
    return [one for one in run.history.of(RequestFinished) if one.operation == "order"]


def named(fault: Fault) -> str:
    return fault.name


@pytest.mark.slow
@pytest.mark.parametrize("fault", HERE, ids=named)
def test_fault_that_is_carried_out_hits_and_heals_and_orders_succeed_again(fault: Fault, tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        run.diners.arrive(4)
        run.scenario.play("1m")
        with run.scenario.fault(fault) as active:
            run.scenario.play("30s")
            run.diners.arrive(7)  # whoever is connected notices no trouble with names
            run.scenario.play("90s")
        healed = run.stack.clock.now()
        run.scenario.play("3m")
        late = [one for one in orders(run) if one.started > healed + timedelta(seconds=90)]
        hits, troubles = run.history.of(FaultHit), run.history.of(HarnessTroubled)
    assert not troubles
    assert late
    assert {one.outcome for one in late} == {"ok"}
    assert bool(active.hits) is bool(hits) is not isinstance(fault, Noop)


@pytest.mark.parametrize("fault", ELSEWHERE, ids=named)
def test_fault_that_takes_real_programs_is_refused_and_names_the_stack(fault: Fault, tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        with pytest.raises(ScenarioError, match=r"the stack 'simulated' cannot do this"):
            for command in fault.apply():
                run.stack.do(command)
        for command in fault.heal():
            run.stack.do(command)


def test_troubles_that_are_said_to_be_carried_out_are_those_that_have_a_hand(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        assert frozenset(run.stack.hands) == CARRIED_OUT


@pytest.mark.parametrize(("toxic", "outcomes"), ON_THE_FACTORY, ids=lambda value: getattr(value, "type", ""))
def test_toxic_on_the_factorys_link_does_to_an_order_what_it_does_on_a_wire(
    toxic: Latency, outcomes: set[tuple[str, str]], tmp_path: Path
) -> None:
    with simulation(tmp_path) as run:
        with run.scenario.fault(OnLink("factory", toxic)) as active:
            run.on_call.buys_a_pizza()
        assert {(one.outcome, one.error) for one in orders(run)} == outcomes
        assert active.hits


def test_latency_on_a_link_is_waited_for_in_full(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        with run.scenario.fault(OnLink("factory", Latency(timedelta(seconds=2)))):
            run.on_call.buys_a_pizza()
        assert [2 < one.latency_seconds < 2.2 for one in orders(run)] == [True]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (OnLink(toxic=Latency("1s"), stream="upstream"), OnLink(toxic=Latency("1s"))),
        (OnLink(toxic=HttpStatus(path="/api/order")), OnLink(toxic=HttpStatus(path="/api/order/verify"))),
    ],
    ids=["streams", "paths"],
)
def test_toxics_of_one_type_that_spoil_different_things_stand_together_and_each_heals(
    one: OnLink, other: OnLink, tmp_path: Path
) -> None:
    with simulation(tmp_path) as run:
        with run.scenario.fault(one) as outer:
            with run.scenario.fault(other):
                run.on_call.buys_a_pizza()
            assert run.stack.hands[ToxicOn].stands(*one.troubles)
        assert not run.stack.hands[ToxicOn].stands(*other.troubles)
        assert outer.hits
        with run.scenario.fault(one), pytest.raises(ScenarioError, match="is there already"):
            run.scenario.fault(one).__enter__()


def test_link_that_is_cut_refuses_and_leads_again_when_it_is_healed(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        with run.scenario.fault(LinkDown("factory")) as active:
            run.on_call.buys_a_pizza()
        run.on_call.buys_a_pizza()
        assert [one.error for one in orders(run)] == ["500: fetch failed", "500: fetch failed", ""]
        assert active.hits >= 2


def test_link_to_a_database_is_refused_because_there_is_none(tmp_path: Path) -> None:
    with simulation(tmp_path) as run, pytest.raises(ScenarioError, match="database"):
        for command in LinkDown("database").apply():
            run.stack.do(command)


def test_toxic_on_a_link_that_alters_nothing_hits_nothing(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        with run.scenario.fault(OnLink("factory", HttpBody(mode="remove_field", member="jtw"))) as active:
            run.on_call.buys_a_pizza()
        assert {one.outcome for one in orders(run)} == {"ok"}
        assert active.hits == 0


def test_toxic_on_a_link_names_the_requests_that_it_hit(tmp_path: Path) -> None:
    with simulation(tmp_path) as run:
        with run.scenario.fault(OnLink("factory", HttpStatus())) as active:
            for _ in range(3):
                run.on_call.buys_a_pizza()
        first, others = run.history.of(Hurt)
        assert first.what.startswith("POST /api/order on connection 1 of factory, from ")
        assert [told.partition(", from")[0] for told in others.which] == [
            f"POST /api/order on connection {number} of factory" for number in range(2, active.hits + 1)
        ]
        assert active.hits >= 3
