import pytest

from pizza_service.errors import DatabaseError
from pizza_service.javascript import UNDEFINED, Undefined
from pizza_service.paging import Window, franchise_window, order_window


@pytest.mark.parametrize(
    ("page", "offset"),
    [(UNDEFINED, 0), ("1", 0), ("2", 10), ("1.5", 5), ("0x3", 20), ("1e30", None), ("9" * 18, 2**62)],
)
def test_order_window_of_a_page_is_ten_rows(page: str | Undefined, offset: int | None) -> None:
    if offset is None:
        with pytest.raises(DatabaseError, match="SQL syntax"):
            order_window(page)
    else:
        assert order_window(page) == Window(offset, 10)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("0", "near '-10,10' at line 1"),
        ("", "near '-10,10' at line 1"),
        ("1.05", "near '0.5"),
        ("abc", "Undeclared variable: NaN"),
        ("Infinity", "Undeclared variable: Infinity"),
    ],
)
def test_order_window_of_nonsense_raises(page: str, message: str) -> None:
    with pytest.raises(DatabaseError) as error:
        order_window(page)
    assert message in error.value.message


@pytest.mark.parametrize(
    ("page", "limit", "window", "shown"),
    [
        (UNDEFINED, UNDEFINED, Window(0, 11), 10),
        ("2", UNDEFINED, Window(20, 11), 10),
        ("2", "3", Window(6, 31), 3),
        (UNDEFINED, "0", Window(0, 1), 0),
        (UNDEFINED, "", Window(0, 1), 0),
    ],
)
def test_franchise_window_asks_for_more_than_it_shows(
    page: str | Undefined, limit: str | Undefined, window: Window, shown: int
) -> None:
    assert franchise_window(page, limit=limit) == (window, shown)


@pytest.mark.parametrize(
    ("page", "limit", "message"),
    [
        ("abc", UNDEFINED, "Undeclared variable: NaN"),
        (UNDEFINED, "abc", "Undeclared variable: abc1"),
        ("abc", "abc", "Undeclared variable: abc1"),
        ("-1", UNDEFINED, "near '-10' at line 1"),
        (UNDEFINED, "-1", "near '-11 OFFSET 0' at line 1"),
        (UNDEFINED, "1e1", "near '1e11 OFFSET 0' at line 1"),
    ],
)
def test_franchise_window_of_nonsense_raises(page: str | Undefined, limit: str | Undefined, message: str) -> None:
    with pytest.raises(DatabaseError) as error:
        franchise_window(page, limit=limit)
    assert message in error.value.message
