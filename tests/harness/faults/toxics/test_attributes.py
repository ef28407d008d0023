from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.faults.toxics import (
    TOXICS,
    Bandwidth,
    Cut,
    HttpBody,
    HttpDelay,
    HttpHeader,
    HttpStatus,
    Latency,
    PacketLoss,
    Slicer,
    Toxic,
)
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
    one = HttpHeader(name="Retry-After") if toxic is HttpHeader else toxic()
    assert read(toxic, written(one)) == one


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


def test_durations_of_a_toxic_may_be_texts() -> None:
    assert Latency("2s", "300ms") == Latency(timedelta(seconds=2), timedelta(milliseconds=300))
    assert HttpDelay(held="1m").held == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("toxic", "given", "complaint"),
    [
        (Latency, {"latency": 2}, r"Latency: latency is 2; 2 is not a duration\. .*Allowed: 0 ms or more\."),
        (Latency, {"latency": "-2s"}, r"Latency: latency is '-2s'; .*is not a duration"),
        (Latency, {"jitter": 7}, r"Latency: jitter is 7; "),
        (Bandwidth, {"rate_kilobytes": "9"}, r"rate_kilobytes \(in the API: rate\) is '9'; it is not a whole number"),
        (Bandwidth, {"rate_kilobytes": 1.5}, r"it is not a whole number\. Allowed: 0 KB/s or more\."),
        (Bandwidth, {"shared": "yes"}, r"shared is 'yes'; it is not True or False"),
        (PacketLoss, {"loss_rate": True}, r"loss_rate is True; it is not a number\. Allowed: 0 to 1\."),
        (HttpStatus, {"status": "x"}, r"status is 'x'; it is not a whole number\. Allowed: 200 to 999\."),
        (HttpStatus, {"method": None}, r"method is None; it is not a text"),
    ],
)
def test_settings_of_the_wrong_kind_are_refused_with_what_is_allowed(
    toxic: type[Toxic], given: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        toxic(**given)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: HttpStatus(status=5), r"HttpStatus: status is 5; it is out of that range\. Allowed: 200 to 999\."),
        (lambda: HttpStatus(chance=30), r"chance is 30; .* Allowed: 0 to 1\."),
        (lambda: HttpStatus(chance=float("nan")), r"chance is nan"),
        (lambda: HttpStatus(every=-1), r"every is -1; .* Allowed: 0 or more\."),
        (lambda: HttpStatus(skip=-1), r"skip is -1"),
        (lambda: HttpStatus(first=-1), r"first is -1"),
        (lambda: HttpDelay(held=timedelta(seconds=-1)), r"held \(in the API: delay\) is -1 s; .*Allowed: 0 ms or more"),
        (lambda: Cut(timedelta(seconds=-1)), r"Cut: after is -1 s"),
        (lambda: PacketLoss(7), r"PacketLoss: loss_rate is 7; .* Allowed: 0 to 1\."),
        (lambda: HttpBody(mode="set_field"), r"HttpBody: member \(in the API: field\) is ''; set_field needs to know"),
    ],
)
def test_settings_of_our_own_toxics_that_are_out_of_range_are_refused(
    make: Callable[[], Toxic], complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        make()


@pytest.mark.parametrize(
    ("toxic", "attributes"),
    [(Latency, {"latency": -5, "jitter": -5}), (Bandwidth, {"rate": -1}), (Slicer, {"average_size": -5, "delay": -1})],
)
def test_settings_of_toxiproxys_own_toxics_may_be_any_number_in_the_api(
    toxic: type[Toxic], attributes: dict[str, int]
) -> None:
    assert attributes.items() <= written(read(toxic, attributes)).items()
