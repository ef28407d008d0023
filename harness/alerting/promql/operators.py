"""The binary operators, for every pair of scalar and vector."""

import math

from harness.alerting.promql.arithmetic import ARITHMETIC, COMPARISONS
from harness.alerting.promql.matching import Combine, VectorMatching, set_operation
from harness.alerting.promql.moment import Dialect, Moment, ScalarAt, VectorAt
from harness.alerting.promql.syntax import Binary
from harness.alerting.promql.values import Sample, Vector, unique

SET_OPERATORS = frozenset({"and", "or", "unless"})


def between_scalars(node: Binary, left: ScalarAt, right: ScalarAt) -> ScalarAt:
    """A scalar out of two; a comparison gives 0 or 1."""
    combine = _combination(node)

    def evaluate(moment: Moment) -> float:
        value = combine(left(moment), right(moment))
        return math.nan if value is None else value

    return evaluate


def vector_with_scalar(node: Binary, vector: VectorAt, scalar: ScalarAt, dialect: Dialect) -> VectorAt:
    """The operator between each sample and a scalar on the right; a filter keeps the sample's value."""
    combine = _combination(node)
    return _each(vector, scalar, combine, drops_name=_drops_name(node, dialect))


def scalar_with_vector(node: Binary, scalar: ScalarAt, vector: VectorAt, dialect: Dialect) -> VectorAt:
    """The operator between a scalar on the left and each sample; a filter keeps the sample's value."""
    combine = _combination(node)
    is_filter = node.op in COMPARISONS and not node.returns_bool

    def swapped(sample_value: float, scalar_value: float) -> float | None:
        value = combine(scalar_value, sample_value)
        return sample_value if is_filter and value is not None else value

    return _each(vector, scalar, swapped, drops_name=_drops_name(node, dialect))


def between_vectors(node: Binary, left: VectorAt, right: VectorAt, dialect: Dialect) -> VectorAt:
    """The operator between the matching samples of two vectors."""
    if node.op in SET_OPERATORS:
        return set_operation(node.op, left, right, node.matching)
    matching = VectorMatching(
        node.matching,
        _combination(node),
        drops_name=_drops_name(node, dialect),
        counts_filtered=dialect.semantics.is_3,
    )
    return matching.between(left, right)


def negated(inner: VectorAt) -> VectorAt:
    """Every sample with its sign turned."""
    return lambda moment: unique([Sample(s.labels.nameless, -s.value) for s in inner(moment)])


def _each(vector: VectorAt, scalar: ScalarAt, combine: Combine, *, drops_name: bool) -> VectorAt:
    def evaluate(moment: Moment) -> Vector:
        operand = scalar(moment)
        result = []
        for sample in vector(moment):
            value = combine(sample.value, operand)
            if value is not None:
                result.append(Sample(sample.labels.nameless if drops_name else sample.labels, value))
        return unique(result) if drops_name else result

    return evaluate


def _combination(node: Binary) -> Combine:
    if node.op in ARITHMETIC:
        return ARITHMETIC[node.op]
    compare = COMPARISONS[node.op]
    if node.returns_bool:
        return lambda left, right: float(compare(left, right))
    return lambda left, right: left if compare(left, right) else None


def _drops_name(node: Binary, dialect: Dialect) -> bool:
    if node.op == "atan2" and not dialect.semantics.reckons_as_3:
        return False  # an oversight of early 2.x that its test data holds on to
    return node.op in ARITHMETIC or node.returns_bool
