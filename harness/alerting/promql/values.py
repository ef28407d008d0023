"""What an expression gives: a scalar, a text, a vector of samples, or stretches of samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import msgspec

from harness.alerting.promql.errors import EvaluationError
from harness.alerting.promql.labels import Labels


class Kind(Enum):
    """The type of an expression, known before it runs."""

    SCALAR = "scalar"
    STRING = "string"
    VECTOR = "instant vector"
    MATRIX = "range vector"


# A struct rather than a dataclass: a tick makes thousands, and these are made four times as fast.
class Sample(msgspec.Struct, frozen=True, gc=False):
    """One value and the labels it belongs to."""

    labels: Labels
    """Whose value it is."""

    value: float
    """The value; NaN and the infinities are values too."""


@dataclass(frozen=True, slots=True)
class Points:
    """One series' values over a stretch of time."""

    labels: Labels
    """Whose values they are."""

    points: Sequence[tuple[float, float]]
    """Time (seconds since 1970) and value, oldest first."""


Scalar = float
String = str
Vector = list[Sample]
Matrix = list[Points]
Value = Scalar | String | Vector | Matrix


def unique(samples: Vector) -> Vector:
    """The same samples, once it is sure that no two have the same labels.

    Raises:
        EvaluationError: Two have, mostly because they differed only in the metric name that was dropped.
    """
    if len({sample.labels for sample in samples}) == len(samples):
        return samples
    seen: set[Labels] = set()
    for sample in samples:
        if sample.labels in seen:
            break
        seen.add(sample.labels)
    raise EvaluationError(
        f"two results have the same labels {sample.labels}; they may differ in the metric name, "
        "which this operation drops: select one metric, or aggregate first"
    )
