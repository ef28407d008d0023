import statistics
from datetime import timedelta
from random import Random

import pytest

from harness.errors import ScenarioError
from harness.events import PageSent
from harness.oncall.responder import Acknowledge, Acknowledges, Ignore, Ignores, Person

PAGE = PageSent(page="p", responder="J", level=1, channel="default", alerts=["Slow"])
MINUTE = timedelta(minutes=1)


def test_ignores_answers_with_its_reason() -> None:
    assert Ignores("misconfigured", after=MINUTE)(PAGE, now=0, rng=Random(1)) == Ignore(MINUTE, "misconfigured")


def test_acknowledges_without_spread_takes_always_as_long() -> None:
    assert Acknowledges(MINUTE)(PAGE, now=0, rng=Random(1)) == Acknowledge(MINUTE)


def test_acknowledges_with_spread_is_repeated_by_its_seed_and_centred_on_its_delay() -> None:
    def delays(seed: int) -> list[float]:
        rng = Random(seed)
        answer = Acknowledges(MINUTE, spread=0.5)
        return [answer(PAGE, now=0, rng=rng).after.total_seconds() for _ in range(2000)]

    assert delays(1) == delays(1) != delays(2)
    assert statistics.median(delays(1)) == pytest.approx(60, rel=0.05)
    within = [36 < delay < 99 for delay in delays(1)]
    assert sum(within) / len(within) == pytest.approx(0.68, abs=0.03)


@pytest.mark.parametrize(("after", "spread"), [(-MINUTE, 0.0), (MINUTE, -0.1)])
def test_acknowledges_that_goes_back_in_time_is_refused(after: timedelta, spread: float) -> None:
    with pytest.raises(ScenarioError, match="Use 0 or more"):
        Acknowledges(after, spread)


def test_person_gives_no_answer_of_their_own() -> None:
    assert Person()(PAGE, now=0, rng=Random(1)) is None
