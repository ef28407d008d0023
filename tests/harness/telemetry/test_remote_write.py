from __future__ import annotations

import struct

import pytest

from harness.telemetry import STALE, PushRefused, Sample
from harness.telemetry.remote_write import read_write
from tests.harness.telemetry.payloads import AT, field, series

MS = AT * 1000
NATIVE_HISTOGRAM = field(4, field(1, 3))


def read(body: bytes) -> tuple[list[Sample], list[str]]:
    warnings: list[str] = []
    return read_write(body, warn=warnings.append), warnings


def test_series_become_samples_at_their_milliseconds() -> None:
    body = series((1.5, MS + 250), (2.0, MS + 500), __name__="up", job="pizza") + series((0.0, MS), __name__="down")
    assert read(body) == (
        [
            Sample({"__name__": "up", "job": "pizza"}, AT + 0.25, 1.5),
            Sample({"__name__": "up", "job": "pizza"}, AT + 0.5, 2.0),
            Sample({"__name__": "down"}, float(AT), 0.0),
        ],
        [],
    )


def test_staleness_marker_keeps_its_bits() -> None:
    (sample,), _ = read(series((STALE, MS), __name__="up"))
    assert struct.pack("<d", sample.value) == struct.pack("<d", STALE)


def test_exemplars_and_metadata_are_passed_over() -> None:
    exemplar = field(3, field(2, 1.0))
    metadata = field(3, field(1, 1) + field(2, "up") + field(4, "Whether it is."))
    assert read(series((1.0, MS), __name__="up", more=exemplar) + metadata) == (
        [Sample({"__name__": "up"}, float(AT), 1.0)],
        [],
    )


def test_push_of_metadata_alone_stores_nothing_and_says_so() -> None:
    assert read(field(3, field(2, "up"))) == (
        [],
        ["Prometheus remote write: it held metadata alone, which is not kept"],
    )


def test_push_of_nothing_is_empty() -> None:
    assert read(b"") == ([], [])


BAD = [
    (series((1.0, MS), job="pizza"), "series {'job': 'pizza'}: it has no __name__"),
    (
        field(1, (field(1, field(1, "__name__") + field(2, "up"))) * 2 + field(2, field(1, 1.0))),
        "series {'__name__': 'up'}: it has two labels of one name",
    ),
    (series(__name__="t", more=NATIVE_HISTOGRAM), "series 't': native histograms cannot be kept. Expose classic"),
]


@pytest.mark.parametrize(("bad", "why"), BAD)
def test_series_that_cannot_be_stored_is_left_out_and_named(bad: bytes, why: str) -> None:
    samples, warnings = read(bad + series((1.0, MS), __name__="up"))
    assert len(samples) == 1
    assert why in warnings[0]
    assert warnings[0].endswith("it was left out")


@pytest.mark.parametrize(("bad", "why"), BAD)
def test_push_of_which_nothing_is_left_is_refused(bad: bytes, why: str) -> None:
    with pytest.raises(PushRefused) as refused:
        read(bad + bad)
    assert str(refused.value).count(why) == 1


def test_push_of_version_2_is_refused_and_says_what_to_set() -> None:
    with pytest.raises(PushRefused, match=r"version 2\.0.*protobuf_message: prometheus.WriteRequest") as refused:
        read(field(4, "") + field(4, "__name__") + field(5, b"\x0a\x02\x01\x02"))
    assert refused.value.status == 415


def test_push_that_is_damaged_is_refused() -> None:
    with pytest.raises(PushRefused, match="Prometheus remote write: "):
        read(series((1.0, MS), __name__="up")[:-3])
