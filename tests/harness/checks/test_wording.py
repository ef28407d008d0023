from harness.checks.wording import count, group_words, listed, time_words
from tests.harness.checks.stories import t


def test_count_of_things_reads_as_in_a_sentence() -> None:
    assert [count(number, "page") for number in (0, 1, 1204)] == ["no pages", "1 page", "1,204 pages"]
    assert count(2, "try", "tries") == "2 tries"


def test_listed_names_all_or_the_first_and_how_many_more() -> None:
    assert [listed(list(names)) for names in ("", "a", "ab", "abc")] == ["none", "a", "a and b", "a, b and c"]
    assert listed(list("abcd"), at_most=3) == "a and 3 more"


def test_group_words_say_only_what_a_page_is_about() -> None:
    assert group_words('{alertname="DatasourceNoData"} #1') == "DatasourceNoData"
    assert group_words('{alertname="Slow",store="SLC"} #2') == "Slow, SLC"
    assert group_words("Heartbeat") == "Heartbeat"


def test_time_words_leave_out_seconds_that_say_nothing() -> None:
    assert [time_words(t(time)) for time in ("05:24", "05:24:31")] == ["05:24", "05:24:31"]
