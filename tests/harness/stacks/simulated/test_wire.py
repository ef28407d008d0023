"""The simulated stack on wires: what requests in memory leave out, and the same alerts as they."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest

from harness.events import AlertChanged, HarnessTroubled, RequestFinished
from harness.faults import BalancerMissing, FactoryChaos, Fault, LinkDown, OnLink
from harness.faults.toxics import Latency, LimitData, ResetPeer
from harness.faults.troubles import ToxicOn
from harness.history import History
from harness.stacks.simulated.stack import SimulatedStack
from harness.stacks.simulated.wire import WireLinks, WireStack
from tests.harness.stacks.simulated.parity import WHOLE
from tests.harness.stacks.simulated.simulation import Simulation, simulation

pytestmark = pytest.mark.slow

SOME = [BalancerMissing(), FactoryChaos("fail"), LinkDown("factory"), OnLink("factory", ResetPeer())]
HURT = WHOLE if os.environ.get("PIZZA_CHAOS_PARITY") else SOME
"""Every fault that stacks are compared by takes minutes: `make parity`."""


def orders(history: History) -> list[RequestFinished]:
    return [one for one in history.of(RequestFinished) if one.operation == "order"]


def transitions(history: History) -> dict[str, list[tuple[str, str, int]]]:
    found: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for change in history.of(AlertChanged):
        found[change.rule].append((change.state, change.reason, round(change.steady)))
    return dict(found)


def told(directory: Path, kind: type[SimulatedStack]) -> History:
    """Live through two faults, and give the history."""
    directory.mkdir()
    with simulation(directory, kind=kind) as run:
        run.diners.arrive(6)
        run.scenario.play("5m")
        for fault in (FactoryChaos("fail"), BalancerMissing()):
            with run.scenario.fault(fault):
                run.scenario.play("3m")
            run.scenario.play("3m")
    return History.read(run.path)


def test_story_on_wires_has_the_same_alerts_at_the_same_second_as_in_memory(tmp_path: Path) -> None:
    wires, memory = told(tmp_path / "wires", WireStack), told(tmp_path / "memory", SimulatedStack)
    assert transitions(wires) == transitions(memory) != {}
    assert not wires.of(HarnessTroubled)


def test_same_seed_on_wires_gives_the_same_history_to_the_byte(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
        with simulation(tmp_path / name, kind=WireStack) as run:
            run.diners.arrive(3)
            run.scenario.play("1m")
            with run.scenario.fault(BalancerMissing()):
                run.scenario.play("30s")
        digests.append(hashlib.sha256(run.path.read_bytes()).hexdigest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("fault", HURT, ids=lambda fault: fault.name)
def test_fault_on_wires_hits_and_heals_and_orders_succeed_again(fault: Fault, tmp_path: Path) -> None:
    with simulation(tmp_path, kind=WireStack) as run:
        run.diners.arrive(4)
        run.scenario.play("1m")
        with run.scenario.fault(fault) as active:
            run.scenario.play("2m")
        healed = run.stack.clock.steady()
        run.scenario.play("3m")
        late = [one for one in orders(run.history) if one.steady > healed + 90]
        assert active.hits
        assert {one.outcome for one in late} == {"ok"}
        assert not run.history.of(HarnessTroubled)


@pytest.mark.parametrize(
    ("toxic", "error"),
    [(Latency(timedelta(seconds=2)), ""), (ResetPeer(), "500: fetch failed"), (LimitData(600), "500: terminated")],
    ids=["latency", "reset", "limit"],
)
def test_toxic_on_the_factorys_link_spoils_the_bytes_of_an_order(
    toxic: Latency | ResetPeer | LimitData, error: str, tmp_path: Path
) -> None:
    with simulation(tmp_path, kind=WireStack) as run, run.scenario.fault(OnLink("factory", toxic)) as active:
        run.on_call.buys_a_pizza()
        assert {one.error for one in orders(run.history)} == {error}
        assert active.hits


def test_connection_to_the_factory_is_kept_alive_between_two_orders_and_given_up_later(tmp_path: Path) -> None:
    def opened(run: Simulation) -> int:
        hand = run.stack.hands[ToxicOn]
        assert isinstance(hand, WireLinks)
        return hand.links["factory"].core.opened

    with simulation(tmp_path, kind=WireStack) as run:
        run.on_call.buys_a_pizza()
        run.on_call.buys_a_pizza()
        assert opened(run) == 1
        run.scenario.play("1m")
        run.on_call.buys_a_pizza()
        assert opened(run) == 2
