"""Prometheus remote write 1.0, read into samples: what a Prometheus or an agent forwards.

Rules of this file: a series that has no name, or two labels of one name, is left out and named, as Prometheus does; a
native histogram is left out and named, since nothing here could evaluate one; the push is refused when nothing else is
left of it. Metadata and exemplars are passed over.

Source: prometheus prompb/types.proto and remote.proto; storage/remote/write_handler.go; the remote write 1.0 standard.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.telemetry.bodies import Wire
from harness.telemetry.protobuf import message_types, parsed
from harness.telemetry.pushes import PushRefused, Sample, Warn, unheard

_TYPES = message_types(
    "prometheus",
    {
        "WriteRequest": {
            "timeseries": (1, "repeated TimeSeries"),
            "metadata": (3, "repeated Opaque"),
            "symbols": (4, "repeated bytes"),
        },
        "TimeSeries": {
            "labels": (1, "repeated Label"),
            "samples": (2, "repeated Sample"),
            "histograms": (4, "repeated Opaque"),
        },
        "Label": {"name": (1, "string"), "value": (2, "string")},
        "Sample": {"value": (1, "double"), "timestamp": (2, "int64")},
        "Opaque": {},
    },
)
WriteRequest = _TYPES["WriteRequest"]
"""A push."""


def read_write(body: bytes, *, warn: Warn = unheard) -> list[Sample]:
    """Read a push of remote write.

    Args:
        body: as it was sent, without snappy.
        warn: told of each series that was left out.

    Raises:
        PushRefused: when it is damaged, or of version 2.0, or when nothing of it can be stored.
    """
    request = parsed(WriteRequest, body, what=Wire.REMOTE_WRITE)
    if request.symbols:
        raise PushRefused(
            f"{Wire.REMOTE_WRITE}: this is version 2.0, and only 1.0 is spoken here. "
            "Set protobuf_message: prometheus.WriteRequest in the remote_write section.",
            status=415,
        )
    refused: list[str] = []
    samples = [sample for series in request.timeseries for sample in _samples(series, refused)]
    if refused and not samples:
        raise PushRefused("; ".join(dict.fromkeys(refused)))
    for reason in refused:
        warn(f"{reason}; it was left out")
    if request.metadata and not request.timeseries:
        warn(f"{Wire.REMOTE_WRITE}: it held metadata alone, which is not kept")
    return samples


def _samples(series: Any, refused: list[str]) -> Iterator[Sample]:  # noqa: ANN401 - protobuf's classes have no types
    labels = {label.name: label.value for label in series.labels}
    name = labels.get("__name__", "")
    if not name or len(labels) < len(series.labels):
        wrong = "it has two labels of one name" if name else "it has no __name__"
        refused.append(f"series {str(labels)[:120]}: {wrong}")
        return
    if series.histograms:
        refused.append(
            f"series {name!r}: native histograms cannot be kept. "
            "Expose classic buckets, and leave send_native_histograms off"
        )
    for sample in series.samples:
        yield Sample(labels, sample.timestamp / 1000, sample.value)
