from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from harness.alerting.promql import SeriesStore
from harness.alerting.rule_file import load_rules
from harness.events import AlertChanged, DinersChanged, Event, RequestFinished
from harness.load.outcomes import Outcome
from harness.stacks.black_box import BlackBox
from harness.stacks.monitoring import Monitoring
from harness.stacks.services.node.service import BLACK_BOX_RULES

BEGINS = datetime(2024, 12, 1, 5, 24, tzinfo=UTC)
START = BEGINS.timestamp()


class Shelf:
    """Keeps samples as they come."""

    def __init__(self) -> None:
        self.samples: list[tuple[str, str, float, float]] = []

    def append(self, labels: Mapping[str, str], at: float, value: float) -> None:
        self.samples.append((labels["__name__"], labels.get("outcome", ""), at, value))


def request(operation: str = "order", outcome: Outcome = "ok", *, seconds: float = 0.1) -> RequestFinished:
    return RequestFinished(
        diner="diner-1",
        operation=operation,
        method="POST",
        path="/",
        address="",
        started=BEGINS,
        latency_seconds=seconds,
        outcome=outcome,
    )


def test_black_box_counts_from_a_zero_so_that_the_first_request_is_an_increase() -> None:
    shelf = Shelf()
    box = BlackBox(shelf)
    box.hear(request(outcome="failed", seconds=2))
    box.tick(100.0)
    assert ("diner_requests_total", "failed", 90.0, 0.0) in shelf.samples
    assert ("diner_requests_total", "failed", 100.0, 1.0) in shelf.samples
    assert ("diner_requests_total", "ok", 100.0, 0.0) in shelf.samples
    assert ("diner_request_seconds_total", "", 100.0, 2.0) in shelf.samples


def test_black_box_makes_samples_once_an_interval() -> None:
    shelf = Shelf()
    box = BlackBox(shelf)
    box.hear(request())
    for now in (100.0, 101.0, 109.0, 110.0):
        box.tick(now)
    assert sorted({at for *_, at, _ in shelf.samples}) == [90.0, 100.0, 110.0]


def test_black_box_hears_nothing_but_requests() -> None:
    shelf = Shelf()
    box = BlackBox(shelf)
    box.hear(DinersChanged(count=8))
    box.tick(100.0)
    assert shelf.samples == []


def firing(*, operation: str, outcome: Outcome, seconds: float = 0.1) -> set[str]:
    """Let diners do well, and then have one operation end like this for three minutes; give the rules that fire."""
    recorded: list[Event] = []
    watching = Monitoring(
        load_rules(BLACK_BOX_RULES),
        on_call="Jaquelyn",
        seed=1,
        incident=lambda steady: datetime.fromtimestamp(steady, UTC),
        record=recorded.append,
    )
    watching.watch(START)
    for second in range(420):
        if second % 5 == 0:
            for usual in ("log in", "look at the menu", "order", "verify the pizza"):
                bad = usual == operation and second >= 240
                watching.black_box.hear(request(usual, outcome, seconds=seconds) if bad else request(usual))
        watching.tick(START + second)
    return {event.rule for event in recorded if isinstance(event, AlertChanged) and event.state == "firing"}


@pytest.mark.parametrize(
    ("operation", "outcome", "seconds", "rules"),
    [
        ("order", "ok", 0.1, set[str]()),
        ("order", "failed", 0.1, {"OrdersFail"}),
        ("order", "unknown", 0.1, {"OrdersFail"}),
        ("verify the pizza", "failed", 0.1, {"BadPizzas"}),
        ("order", "ok", 32.0, {"OrdersSlow"}),
    ],
)
def test_black_box_rules_fire_for_what_diners_suffer_and_for_nothing_else(
    operation: str, outcome: Outcome, seconds: float, rules: set[str]
) -> None:
    assert firing(operation=operation, outcome=outcome, seconds=seconds) == rules


def test_series_of_the_black_box_are_there_for_any_rule() -> None:
    store = SeriesStore()
    box = BlackBox(store)
    box.hear(request())
    box.tick(START)
    assert len(store) == 4
