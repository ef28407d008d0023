"""The embedded engine against the machine's own Prometheus: random series, random expressions, random moments."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from harness.alerting.promql import (
    Dialect,
    Labels,
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
ENOUGH = 0.3
"""A comparison of nothing with nothing proves little: so many of all must have brought something."""


@pytest.fixture(params=SEEDS)
def rng(request: pytest.FixtureRequest) -> Random:
    return Random(f"promql/{request.param}")


@pytest.fixture
def reference(tmp_path: Path) -> Iterator[Reference]:
    with running_prometheus(tmp_path) as found:
        yield found


def test_random_expressions_have_the_values_that_prometheus_gives(rng: Random, reference: Reference) -> None:
    store = SeriesStore()
    stretches = random_series(rng)
    reference.write(stretches)
    for labels, samples in stretches:
        for at_ms, value in samples:
            store.append(labels, at_ms / 1000, value)
    draw = Expressions(rng, in_prometheus_3=reference.semantics.value == "3.x")
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
    return same or (_may_tie(text) and _values(expected) == _values(got))


def _may_tie(text: str) -> bool:
    """Of samples with one value, topk and bottomk may take any."""
    return "topk" in text or "bottomk" in text


def _values(samples: Sequence[Sample]) -> list[str]:
    return sorted("NaN" if math.isnan(sample.value) else f"{sample.value:.9g}" for sample in samples)
