from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.telemetry import LogLine, LogStore


def line(at: float, text: str = "x", **labels: str) -> LogLine:
    return LogLine(labels, at, text)


def filled(*lines: LogLine) -> LogStore:
    store = LogStore()
    for one in lines:
        store.append(one)
    return store


def test_newest_of_an_empty_store_is_none() -> None:
    assert LogStore().newest() is None


def test_newest_after_a_late_line_is_still_the_latest_by_time() -> None:
    assert filled(line(2), line(1)).newest() == line(2)


def test_search_for_nothing_gives_all_lines_oldest_first() -> None:
    assert filled(line(2, "b"), line(3, "c"), line(1, "a")).search() == [line(1, "a"), line(2, "b"), line(3, "c")]


def test_search_within_one_instant_gives_lines_as_they_came() -> None:
    assert [found.line for found in filled(line(1, "b"), line(1, "a")).search()] == ["b", "a"]


def test_search_by_text_is_to_the_letter() -> None:
    store = filled(line(1, "reportUrl"), line(2, "reporturl"))
    assert store.search("reportUrl") == [line(1, "reportUrl")]


def test_search_by_labels_wants_them_all() -> None:
    store = filled(line(1, level="error", type="http"), line(2, level="error"), line(3, level="info", type="http"))
    assert [found.at for found in store.search(labels={"level": "error", "type": "http"})] == [1]


def test_search_since_includes_that_instant() -> None:
    assert [found.at for found in filled(line(1), line(2), line(3)).search(since=2)] == [2, 3]


def test_append_to_a_store_full_of_lines_drops_the_oldest_by_time() -> None:
    store = LogStore(max_lines=2)
    for at in (3, 1, 2):
        store.append(line(at))
    assert [found.at for found in store.search()] == [2, 3]
    assert (len(store), store.dropped) == (2, 1)


def test_append_to_a_store_full_of_bytes_drops_the_oldest_by_time() -> None:
    store = LogStore(max_bytes=10)
    store.append(line(1, "1234", a="b"))
    store.append(line(2, "ää"))
    assert len(store) == 2
    store.append(line(3, "x"))
    assert [found.at for found in store.search()] == [2, 3]


def test_append_of_a_line_larger_than_the_store_keeps_nothing() -> None:
    store = LogStore(max_bytes=10)
    store.append(LogLine({}, 1, "x", {"key": "long value"}))
    assert (len(store), store.dropped, store.newest()) == (0, 1, None)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5)), st.integers(1, 5))
def test_append_in_any_order_keeps_the_newest_in_order(stamps: list[int], limit: int) -> None:
    store = LogStore(max_lines=limit)
    for at in stamps:
        store.append(line(at))
    assert [found.at for found in store.search()] == sorted(stamps)[-limit:]
    assert store.dropped == max(0, len(stamps) - limit)


def test_between_leaves_out_where_it_begins_and_holds_where_it_ends() -> None:
    store = filled(line(3), line(1), line(2), line(2, "y"), line(4))
    assert store.between(1, 3) == [line(2), line(2, "y"), line(3)]
    assert store.between(4, 9) == store.between(3, 1) == []


def test_lines_from_before_an_instant_are_forgotten_and_make_room() -> None:
    store = filled(line(3), line(1), line(2))
    store.drop_before(2)
    assert (store.search(), store.dropped) == ([line(2), line(3)], 0)
    store.drop_before(9)
    assert store._bytes == len(store) == 0
