"""The embedded engine against the machine's own Prometheus: random series, random expressions, random moments."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from harness.alerting.promql import (
    Dialect,
    Labels,
    Points,
    PromQLError,
    Sample,
    SeriesStore,
    compile,  # noqa: A004 - as in re.compile
)
from tests.harness.alerting.differential.prometheus_process import Reference, Refused, is_close, running_prometheus
from tests.harness.alerting.differential.random_expressions import BEGIN_MS, LENGTH_MS, Expressions, random_series

pytestmark = pytest.mark.slow

SEEDS = range(4)
EXPRESSIONS = 120
MOMENTS = 12
RANGES = 30
Lines = dict[Labels, list[tuple[float, str]]] | None
"""A graph: for each label set its points; None where it is refused."""

ENOUGH = 0.3
"""A comparison of nothing with nothing proves little: so many of all must have brought something."""


@pytest.fixture(params=SEEDS)
def rng(request: pytest.FixtureRequest) -> Random:
    return Random(f"promql/{request.param}")


@pytest.fixture
def reference(tmp_path: Path) -> Iterator[Reference]:
    with running_prometheus(tmp_path) as found:
        yield found


def _filled(rng: Random, reference: Reference) -> SeriesStore:
    """Draw series, write them to the reference, and give them in a store."""
    store = SeriesStore()
    stretches = random_series(rng)
    reference.write(stretches)
    for labels, samples in stretches:
        for at_ms, value in samples:
            store.append(labels, at_ms / 1000, value)
    return store


def test_random_expressions_have_the_values_that_prometheus_gives(rng: Random, reference: Reference) -> None:
    store = _filled(rng, reference)
    draw = Expressions(rng, in_prometheus_3=reference.semantics.is_3)
    moments = [(BEGIN_MS + rng.randrange(LENGTH_MS + 400_000)) / 1000 for _ in range(MOMENTS - 1)]
    moments.append((BEGIN_MS + 600_000) / 1000)  # on the second: windows begin and end at samples
    told, wrong = 0, list[str]()
    for text in [draw.vector() for _ in range(EXPRESSIONS)]:
        for at in moments:
            expected, got = _expected(reference, text, at), _got(store, text, at, reference)
            told += bool(expected)
            if not _agree(text, expected, got):
                wrong.append(f"{text} @ {at}\n  Prometheus: {expected}\n  engine:     {got}")
    assert not wrong, f"{len(wrong)} of {EXPRESSIONS * MOMENTS} differ\n" + "\n".join(wrong[:10])
    assert told > ENOUGH * EXPRESSIONS * MOMENTS


def test_random_expressions_over_a_range_have_the_points_of_prometheus(rng: Random, reference: Reference) -> None:
    store = _filled(rng, reference)
    draw = Expressions(rng, in_prometheus_3=reference.semantics.is_3)
    told, wrong = 0, list[str]()
    for text in [draw.vector() for _ in range(RANGES)]:
        start, step = (BEGIN_MS + rng.randrange(LENGTH_MS)) / 1000, rng.choice([15, 60, 97])
        span = {"start": start, "end": start + 12 * step + rng.choice([0, 7])}
        expected, got = _both_between(reference, store, text, step=step, **span)
        told += bool(expected)
        if expected != got and not _may_tie(text) and not _slides(text):
            wrong.append(f"{text} from {span} every {step} s\n  Prometheus: {expected}\n  engine:     {got}")
    assert not wrong, f"{len(wrong)} of {RANGES} differ\n" + "\n".join(wrong[:5])
    assert told > ENOUGH * RANGES


def _both_between(
    reference: Reference, store: SeriesStore, text: str, *, start: float, end: float, step: int
) -> tuple[Lines, Lines]:
    """Give the lines of a graph as both see them; where one refuses, nothing of either may be seen."""
    try:
        expected = _lines(reference.ask_between(text, start, end, step))
    except Refused:
        expected = None
    try:
        expression = compile(text, dialect=Dialect(reference.semantics))
        got = _lines(expression.between(store, start=start, end=end, step=timedelta(seconds=step)))
    except PromQLError:
        got = None
    return expected, got


def _lines(found: Sequence[Points]) -> Lines:
    return {each.labels: [(at, _rounded(value)) for at, value in each.points] for each in found}


def _rounded(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value + 0.0:.7g}" if abs(value) > 1e-7 else "0"


def _slides(text: str) -> bool:
    """Over a range, Prometheus lets the window of predict_linear slide though `@` fixes it: an oversight of its own."""
    return "predict_linear" in text and "@" in text


Answer = list[Sample] | str


def _expected(reference: Reference, text: str, at: float) -> Answer:
    try:
        return reference.ask(text, at)
    except Refused as refused:
        return f"refused: {refused}"


def _got(store: SeriesStore, text: str, at: float, reference: Reference) -> Answer:
    try:
        value = compile(text, dialect=Dialect(reference.semantics)).at(store, at)
    except PromQLError as error:
        return f"refused: {error}"
    assert not isinstance(value, str)
    if isinstance(value, float):
        return [Sample(Labels(), value)]
    return [each for each in value if isinstance(each, Sample)]


def _agree(text: str, expected: Answer, got: Answer) -> bool:
    if isinstance(expected, str) or isinstance(got, str):
        return isinstance(expected, str) == isinstance(got, str) or _may_tie(text)
    by_labels = {sample.labels: sample.value for sample in got}
    same = len(expected) == len(got) and all(
        sample.labels in by_labels and is_close(sample.value, by_labels[sample.labels]) for sample in expected
    )
    # Inside a subquery a tie decides which series go on.
    return same or (_may_tie(text) and (")[" in text or _values(expected) == _values(got)))


def _may_tie(text: str) -> bool:
    """Of samples with one value, topk and bottomk may take any."""
    return "topk" in text or "bottomk" in text


def _values(samples: Sequence[Sample]) -> list[str]:
    return sorted("NaN" if math.isnan(sample.value) else f"{sample.value:.9g}" for sample in samples)
