from __future__ import annotations

import pytest

from harness.faults.toxics import PacketLoss
from harness.faults.toxics.toxic import Drop, Pass
from harness.testing.toxics import check_toxic
from tests.harness.faults.toxics.moments import moment


@pytest.mark.parametrize("toxic", [PacketLoss(0.0), PacketLoss(0.3, 0.5), PacketLoss(1.0)])
def test_packet_loss_keeps_every_promise(toxic: PacketLoss) -> None:
    check_toxic(toxic)


def test_packet_loss_loses_about_as_much_as_it_says() -> None:
    lost = sum(PacketLoss(0.3).on_data(moment(1, seed=seed)) == (Drop(),) for seed in range(1000))
    assert 250 < lost < 350


@pytest.mark.parametrize(("before", "after"), [(Drop(), Drop()), (Pass(), Pass())])
def test_packet_loss_fully_correlated_does_as_before(before: Drop | Pass, after: Drop | Pass) -> None:
    assert PacketLoss(0.5, 1.0).on_data(moment(1, previous=before)) == (after,)
