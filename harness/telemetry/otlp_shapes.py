"""The shape of OTLP metrics in JSON, as the decoder of Grafana Cloud takes it.

Rules of this file: a key that is not known is passed over; a missing number is 0; null stands for an empty list, object
or text, but never for a number; a number may be written as text. Two things it takes that the decoder does not, because
services in use send them: a whole number with a decimal point, and `doubleValue` for `asDouble`.

Source: opentelemetry-proto metrics.proto; opentelemetry-collector pdata/internal/json.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

_FLOAT = r"(?i)\A[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan)\Z"

Int64 = (
    Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    | Annotated[float, Meta(ge=-(2.0**63), lt=2.0**63, multiple_of=1.0)]
    | Annotated[str, Meta(pattern=r"\A[+-]?[0-9]{1,19}\Z")]
)
UInt64 = (
    Annotated[int, Meta(ge=0, le=2**63 - 1)]
    | Annotated[float, Meta(ge=0.0, lt=2.0**63, multiple_of=1.0)]
    | Annotated[str, Meta(pattern=r"\A[0-9]{1,20}\Z")]
)
Double = float | Annotated[str, Meta(pattern=_FLOAT)]
Temporality = Literal[
    0,
    1,
    2,
    "AGGREGATION_TEMPORALITY_UNSPECIFIED",
    "AGGREGATION_TEMPORALITY_DELTA",
    "AGGREGATION_TEMPORALITY_CUMULATIVE",
]
CUMULATIVE = frozenset({2, "AGGREGATION_TEMPORALITY_CUMULATIVE"})
NO_RECORDED_VALUE = 1
"""The bit of `flags` that says: there is nothing here any more."""


class _Shape(Struct, frozen=True, gc=False, rename="camel"):
    """An object of OTLP; its fields are those of the standard."""


class AnyValue(_Shape, frozen=True):
    """An attribute's value; the first that is set counts, and none of them is an empty text."""

    string_value: str | UnsetType | None = UNSET
    bool_value: bool | UnsetType = UNSET
    int_value: Int64 | UnsetType = UNSET
    double_value: Double | UnsetType = UNSET
    bytes_value: str | UnsetType | None = UNSET
    array_value: ArrayValue | UnsetType | None = UNSET
    kvlist_value: KeyValueList | UnsetType | None = UNSET


class ArrayValue(_Shape, frozen=True):
    """A list in an attribute."""

    values: list[AnyValue] | None = None


class Attribute(_Shape, frozen=True):
    """A key and its value."""

    key: str | None = ""
    value: AnyValue | None = None


class KeyValueList(_Shape, frozen=True):
    """An object in an attribute."""

    values: list[Attribute] | None = None


class NumberPoint(_Shape, frozen=True):
    """A value of a gauge or a sum; its attributes stay bytes, since many points have the same ones."""

    as_int: Int64 | UnsetType = UNSET
    as_double: Double | UnsetType = UNSET
    double_value: Double | UnsetType = UNSET
    time_unix_nano: UInt64 = 0
    flags: UInt64 = 0
    attributes: Raw = Raw()


class HistogramPoint(_Shape, frozen=True):
    """A value of a histogram with explicit bounds."""

    count: UInt64 = 0
    sum: Double | UnsetType = UNSET
    bucket_counts: list[UInt64] | None = None
    explicit_bounds: list[Double] | None = None
    time_unix_nano: UInt64 = 0
    flags: UInt64 = 0
    attributes: Raw = Raw()


class Gauge(_Shape, frozen=True):
    """A value that goes up and down."""

    data_points: list[NumberPoint] | None = None


class Sum(_Shape, frozen=True):
    """A value that adds up."""

    data_points: list[NumberPoint] | None = None
    aggregation_temporality: Temporality = 0
    is_monotonic: bool = False


class Histogram(_Shape, frozen=True):
    """Values counted by size."""

    data_points: list[HistogramPoint] | None = None
    aggregation_temporality: Temporality = 0


class Metric(_Shape, frozen=True):
    """A metric with its data points, in one of the ways there are; the last two cannot be stored."""

    name: str | None = ""
    unit: str | None = ""
    gauge: Gauge | UnsetType | None = UNSET
    sum: Sum | UnsetType | None = UNSET
    histogram: Histogram | UnsetType | None = UNSET
    exponential_histogram: Raw | UnsetType = UNSET
    summary: Raw | UnsetType = UNSET


class ScopeMetrics(_Shape, frozen=True):
    """The metrics of one library."""

    metrics: list[Metric] | None = None


class Resource(_Shape, frozen=True):
    """Who sends."""

    attributes: Raw = Raw()


class ResourceMetrics(_Shape, frozen=True):
    """The metrics of one sender."""

    resource: Resource | None = None
    scope_metrics: list[ScopeMetrics] | None = None


class MetricsRequest(_Shape, frozen=True):
    """One push."""

    resource_metrics: list[ResourceMetrics] | None = None


metrics_decoder: msgspec.json.Decoder[MetricsRequest] = msgspec.json.Decoder(MetricsRequest)
attributes_decoder: msgspec.json.Decoder[list[Attribute] | None] = msgspec.json.Decoder(list[Attribute] | None)
