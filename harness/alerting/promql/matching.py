"""Operators between two vectors: which samples belong together, and what their result is called."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from harness.alerting.promql.errors import EvaluationError
from harness.alerting.promql.labels import METRIC_NAME, Labels
from harness.alerting.promql.moment import Moment, VectorAt
from harness.alerting.promql.syntax import Matching
from harness.alerting.promql.values import Sample, Vector, unique

Combine = Callable[[float, float], float | None]
"""What two samples give; None where a comparison filters them out."""

Signature = Callable[[Labels], Labels]


def signature_of(matching: Matching) -> Signature:
    """The labels by which a sample finds its partner, as a function of its own."""
    if matching.is_on:
        kept = frozenset(matching.labels)
        return lru_cache(maxsize=8192)(lambda labels: labels.keep(kept))
    ignored = frozenset((*matching.labels, METRIC_NAME))
    return lru_cache(maxsize=8192)(lambda labels: labels.without(ignored))


def set_operation(op: str, left: VectorAt, right: VectorAt, matching: Matching) -> VectorAt:
    """The operators and, or and unless: samples stay as they are."""
    signature = signature_of(matching)

    def evaluate(moment: Moment) -> Vector:
        ours, theirs = left(moment), right(moment)
        if op == "or":
            known = {signature(sample.labels) for sample in ours}
            return unique(ours + [sample for sample in theirs if signature(sample.labels) not in known])
        known = {signature(sample.labels) for sample in theirs}
        return [sample for sample in ours if (signature(sample.labels) in known) == (op == "and")]

    return evaluate


class VectorMatching:
    """Pairs the samples of two vectors and combines each pair.

    Args:
        matching: How they find each other.
        combine: What a pair gives.
        drops_name: Whether the metric's name makes no sense for the result.
        counts_filtered: Whether a pair that a comparison filters out still counts as a match.
    """

    def __init__(self, matching: Matching, combine: Combine, *, drops_name: bool, counts_filtered: bool) -> None:
        self._matching = matching
        self._combine = combine
        self._drops_name = drops_name
        self._counts_filtered = counts_filtered
        self._one_is_left = matching.many == "right"
        # Prometheus swaps the sides of group_right before it fills: "left" is then the many, wherever they stand.
        self._fill_many, self._fill_one = matching.fill_left, matching.fill_right
        self._fills = matching.fill_left is not None or matching.fill_right is not None
        self._signature = signature_of(matching)
        self._result_labels = lru_cache(maxsize=8192)(self._labels_of_pair)

    def between(self, left: VectorAt, right: VectorAt) -> VectorAt:
        """The operator between two vectors.

        Raises:
            EvaluationError: A sample has more partners than the matching allows.
        """
        if self._one_is_left:
            return lambda moment: self._pairs(right(moment), left(moment))
        return lambda moment: self._pairs(left(moment), right(moment))

    def _pairs(self, many: Vector, one: Vector) -> Vector:
        if not (many and one) and not (self._fills and (many or one)):
            return []  # before it is looked at whether the other side is ambiguous
        partners = self._by_signature(one)
        used: set[Labels | tuple[Labels, Labels]] = set()
        result = []
        for key, sample, partner in self._met(many, partners):
            value = self._value(sample, partner)
            if value is None and not self._counts_filtered:
                continue
            labels = self._result_labels(sample.labels, partner.labels)
            identity = (key, labels) if self._matching.many else key
            if identity in used:
                raise self._ambiguous(key)
            used.add(identity)
            if value is not None:
                result.append(Sample(labels, value))
        return unique(result)

    def _met(self, many: Vector, partners: Mapping[Labels, Sample]) -> Iterator[tuple[Labels, Sample, Sample]]:
        """Each pair with what it has in common; where one side is missing, with what fills its place."""
        alone = dict(partners) if self._fill_many is not None else {}
        for sample in many:
            key = self._signature(sample.labels)
            partner = partners.get(key)
            alone.pop(key, None)
            if partner is not None:
                yield key, sample, partner
            elif self._fill_one is not None:
                yield key, sample, Sample(key, self._fill_one)
        if self._fill_many is not None:
            yield from ((key, Sample(key, self._fill_many), partner) for key, partner in alone.items())

    def _value(self, many: Sample, one: Sample) -> float | None:
        return self._combine(one.value, many.value) if self._one_is_left else self._combine(many.value, one.value)

    def _ambiguous(self, key: Labels) -> EvaluationError:
        if self._matching.many:
            return EvaluationError(f"several results of the match {key} have the same labels; copy another label")
        return EvaluationError(
            f"several samples on the left match {key} on the right; say so with group_left, or match on more labels"
        )

    def _by_signature(self, one: Vector) -> dict[Labels, Sample]:
        partners: dict[Labels, Sample] = {}
        for sample in one:
            key = self._signature(sample.labels)
            if key in partners:
                side = "left" if self._one_is_left else "right"
                raise EvaluationError(
                    f"{partners[key].labels} and {sample.labels} on the {side} both match {key}; "
                    "that side must be unique: match on more labels, or aggregate it"
                )
            partners[key] = sample
        return partners

    def _labels_of_pair(self, many: Labels, one: Labels) -> Labels:
        labels = many.nameless if self._drops_name else many
        if not self._matching.many:
            named = self._matching.labels
            labels = labels.keep(named) if self._matching.is_on else labels.without(named)
        for name in self._matching.include:
            labels = labels.replacing(name, one.value(name))
        return labels
