from datetime import timedelta

from harness.checks.window import crossed, crossed_words, lived, reached
from tests.harness.checks.stories import night, t, until


def test_reached_asks_for_an_event_at_that_time_or_later() -> None:
    told = until(night(), "05:24")
    assert reached(told, t("05:23"))
    assert not reached(told, t("05:25"))


def test_crossed_counts_only_the_part_of_a_jump_inside_the_window() -> None:
    assert crossed(night(), t("22:05"), t("22:19")) == timedelta(minutes=10)
    assert crossed(night(), t("05:22"), t("05:30")) == timedelta()


def test_lived_is_false_where_a_jump_went_or_the_run_did_not() -> None:
    assert lived(night(), t("05:24"), t("05:30"))
    assert not lived(night(), t("05:24"), t("06:00"))
    assert not lived(until(night(), "05:25"), t("05:24"), t("05:30"))


def test_crossed_words_are_silent_where_nothing_was_crossed() -> None:
    assert crossed_words(night(), t("05:24"), t("05:30")) == ""
    assert crossed_words(night(), t("22:05"), t("22:19")) == " (10 min of that time was crossed by jumps)"
