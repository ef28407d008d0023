from __future__ import annotations

from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.faults.toxics import TOXICS, Bandwidth, Latency, PacketLoss, Slicer, Toxic
from harness.faults.toxics.attributes import read, written


def test_attributes_read_have_their_units() -> None:
    assert read(Latency(), {"latency": 1500, "jitter": 20}) == Latency(
        timedelta(seconds=1.5), timedelta(milliseconds=20)
    )
    assert read(Slicer(), {"delay": 1500}).delay == timedelta(milliseconds=1.5)


def test_attributes_not_mentioned_stay() -> None:
    assert read(Latency(timedelta(seconds=1)), {"jitter": 7}).latency == timedelta(seconds=1)


def test_attributes_written_show_every_field_of_toxiproxy() -> None:
    assert written(Latency()) == {"latency": 0, "jitter": 0}
    assert written(Slicer(7)) == {"average_size": 7, "size_variation": 0, "delay": 0}


def test_attributes_of_ours_are_written_only_where_set() -> None:
    assert written(Bandwidth(3)) == {"rate": 3}
    assert written(Bandwidth(3, shared=True)) == {"rate": 3, "shared": True}


@pytest.mark.parametrize("toxic", TOXICS)
def test_attributes_of_every_toxic_survive_a_round_trip(toxic: type[Toxic]) -> None:
    assert read(toxic(), written(toxic())) == toxic()


def test_attributes_misspelt_are_refused_with_what_was_meant() -> None:
    with pytest.raises(ScenarioError, match=r"unknown latency attribute 'latncy'\. Did you mean 'latency'"):
        read(Latency(), {"latncy": 1})


@pytest.mark.parametrize("value", ["1", 1.5, True, None, [], {}])
def test_attributes_of_the_wrong_kind_are_refused(value: object) -> None:
    with pytest.raises(ScenarioError, match="'latency'"):
        read(Latency(), {"latency": value})


def test_attributes_that_nobody_can_wait_for_are_refused() -> None:
    with pytest.raises(ScenarioError, match="no toxic waits that long"):
        read(Latency(), {"latency": 2**63 - 1})


def test_attributes_of_fractions_may_be_whole() -> None:
    assert read(PacketLoss(), {"loss_rate": 1}).loss_rate == 1.0
