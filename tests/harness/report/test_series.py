import random
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report.series import BREAK, Axis, thinned
from tests.harness.checks.stories import jump, t

SPAN = (t("22:00"), t("08:00"))
JUMPS = [jump("22:30", "05:00"), jump("05:30", "07:59:30")]
AXIS = Axis.of(SPAN, JUMPS, width=1000)


def test_axis_gives_lived_time_its_room_and_each_jump_a_break() -> None:
    assert [round(stretch.width) for stretch in AXIS.stretches] == [479, 479, 14]
    assert round(sum(stretch.width for stretch in AXIS.stretches) + 2 * BREAK) == 1000
    assert [length for _, length in AXIS.breaks()] == [
        timedelta(hours=6, minutes=30),
        timedelta(minutes=149, seconds=30),
    ]


def test_axis_places_what_lies_inside_a_jump_where_the_break_begins() -> None:
    first = AXIS.stretches[0]
    assert AXIS.x(t("03:00")) == first.x + first.width
    assert AXIS.x(t("05:00")) == first.x + first.width + BREAK


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 36000), min_size=2))
def test_axis_never_goes_back(seconds: list[int]) -> None:
    places = [AXIS.x(SPAN[0] + timedelta(seconds=second)) for second in sorted(seconds)]
    assert places == sorted(places)
    assert all(0 <= place <= 1000 for place in places)


def test_axis_labels_round_times_far_enough_apart() -> None:
    ticks = AXIS.ticks(apart=60)
    assert [tick.label for tick in ticks][:3] == ["22:00", "22:05", "22:10"]
    assert all(after.x - before.x >= 60 for before, after in pairwise(ticks))


def test_axis_of_a_single_instant_is_still_an_axis() -> None:
    axis = Axis.of((t("22:00"), t("22:00")), [], width=100)
    assert axis.x(t("22:00")) == 0
    assert [tick.label for tick in axis.ticks(apart=60)] == ["22:00"]


def test_thinned_marks_that_fit_are_all_kept() -> None:
    assert thinned([1.0] * 50, [5.0] * 50, kinds=[0] * 50, at_most=50) == dict.fromkeys(range(50), 1)


def test_thinned_keeps_a_lone_failure_and_counts_what_it_left_out() -> None:
    rng = random.Random(1)
    x, y = [rng.uniform(0, 1000) for _ in range(5000)], [rng.gauss(100, 5) for _ in range(5000)]
    kinds = [int(place == 7) for place in range(5000)]
    kept = thinned(x, y, kinds=kinds, at_most=500)
    assert len(kept) <= 500
    assert kept[7] == 1
    assert sum(kept.values()) == 5000
