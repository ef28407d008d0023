"""Two clocks compared: never wrong by more than the uncertainty says, and never a step back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError
from harness.load.comparison import DRIFT, SLEW, Comparison, Exchange, TheirTime

seconds = st.floats(0, 5)
way = st.tuples(seconds, seconds)


class Machine:
    """A clock that is moved by hand."""

    def __init__(self, now: float = 1000.0) -> None:
        self.time = now

    def now(self) -> float:
        return self.time


@settings(deadline=None)
@given(ahead=st.floats(-1e6, 1e6), ways=st.lists(way, min_size=1, max_size=8))
def test_comparison_of_any_exchanges_is_wrong_by_its_uncertainty_at_most(
    ahead: float, ways: list[tuple[float, float]]
) -> None:
    exchanges, own = [], 2e6
    for there, back in ways:
        exchanges.append(Exchange(own, own + there - ahead, own + there + back))
        own += there + back
    found = Comparison.of(exchanges)
    assert abs(found.ahead_seconds - ahead) <= found.uncertainty_seconds + 1e-6
    assert found.uncertainty_seconds == pytest.approx(min(sum(each) for each in ways) / 2, abs=1e-6)


def test_quickest_exchange_is_the_one_that_is_believed() -> None:
    slow, quick = Exchange(10.0, 3.0, 14.0), Exchange(20.0, 10.01, 20.02)
    found = Comparison.of([slow, quick])
    assert found.ahead_seconds == pytest.approx(10.0)
    assert found.uncertainty_seconds == pytest.approx(0.01)


def test_their_time_is_ours_less_what_we_are_ahead() -> None:
    own = Machine(5000.0)
    theirs = TheirTime(own.now, Comparison(5000.0, 3600.0, 0.001))
    assert theirs.now() == 1400.0
    own.time += 2
    assert theirs.now() == 1402.0


def test_correction_moves_slowly_and_time_never_goes_back() -> None:
    own = Machine()
    theirs = TheirTime(own.now, Comparison(1000.0, 0.0, 0.1))
    theirs.take(Comparison(1000.0, 0.05, 0.001))
    seen = [theirs.now()]
    for _ in range(100):
        own.time += 1.0
        seen.append(theirs.now())
    steps = [later - earlier for earlier, later in pairwise(seen)]
    assert min(steps) == pytest.approx(1.0 - SLEW)
    assert own.time - theirs.now() == pytest.approx(0.05)


def test_uncertainty_includes_what_is_not_corrected_yet() -> None:
    own = Machine()
    theirs = TheirTime(own.now, Comparison(1000.0, 0.0, 0.1))
    believed = theirs.take(Comparison(1000.0, 0.05, 0.001))
    assert believed.ahead_seconds == 0.0
    assert believed.uncertainty_seconds == pytest.approx(0.051)
    own.time += 50
    assert theirs.believed.ahead_seconds == pytest.approx(0.05)
    assert theirs.believed.uncertainty_seconds == pytest.approx(0.001 + 50 * DRIFT)


def test_comparison_that_says_less_than_the_last_still_does_is_left_alone() -> None:
    own = Machine()
    theirs = TheirTime(own.now, Comparison(1000.0, 0.0, 0.001))
    own.time += 1.0
    theirs.take(Comparison(1001.0, 0.2, 0.3))
    own.time += 5.0
    assert own.time - theirs.now() == 0.0


def test_old_comparison_gives_way_as_clocks_drift_apart() -> None:
    own = Machine()
    theirs = TheirTime(own.now, Comparison(1000.0, 0.0, 0.001))
    own.time += 100.0
    theirs.take(Comparison(1100.0, 0.008, 0.005))
    own.time += 100.0
    assert own.time - theirs.now() == pytest.approx(0.008)


def test_clock_that_was_set_meanwhile_is_said_and_nothing_is_corrected() -> None:
    own = Machine()
    theirs = TheirTime(own.now, Comparison(1000.0, 0.0, 0.001))
    own.time += 3601.0
    with pytest.raises(HarnessError, match=r"moved apart by 3600\.000 s at once"):
        theirs.take(Comparison(4601.0, 3600.0, 0.001))
