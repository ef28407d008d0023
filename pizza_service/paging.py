"""Which rows a page is, as the real service works it out from what the client typed into the query.

It pastes the client's text into its LIMIT clause, so nonsense comes back as a complaint of the database.
"""

import re
from dataclasses import dataclass

from pizza_service.errors import DatabaseError
from pizza_service.javascript import UNDEFINED, Undefined, number, number_text, text
from pizza_service.schema import syntax_error

ORDERS_PER_PAGE = 10
_FRANCHISES_PER_PAGE = "10"
_ANY = 2**62
"""More rows than there are."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some rows of many."""

    offset: int
    """Rows to skip."""
    limit: int
    """Rows to take at most."""


def order_window(page: str | Undefined) -> Window:
    """The orders of a page, the first being 1.

    Raises:
        DatabaseError: The page is no whole number from 1 up.
    """
    offset = number_text((number("1" if page is UNDEFINED else page) - 1) * ORDERS_PER_PAGE)
    return Window(_rows(offset, near=f"{offset},{ORDERS_PER_PAGE}"), ORDERS_PER_PAGE)


def franchise_window(page: str | Undefined, *, limit: str | Undefined) -> tuple[Window, int]:
    """The franchises of a page, the first being 0, with one more row to see whether there are more.

    Returns:
        The rows to ask for, and how many of them to show.

    Raises:
        DatabaseError: The page or the limit is no whole number from 0 up.
    """
    shown = _FRANCHISES_PER_PAGE if isinstance(limit, Undefined) else limit
    offset = number_text(number("0" if page is UNDEFINED else page) * number(shown))
    # A limit from the query is a text, to which the real service's "+ 1" adds a digit.
    taken = "11" if limit is UNDEFINED else f"{text(shown)}1"
    rows = _rows(taken, near=f"{taken} OFFSET {offset}")
    return Window(_rows(offset, near=offset), rows), int(number(shown))


def _rows(clause: str, *, near: str) -> int:
    if re.fullmatch(r"\s*[0-9]+\s*", clause):
        return min(int(clause), _ANY)
    if re.fullmatch(r"\w+", clause) and not clause[0].isdecimal():
        raise DatabaseError(f"Undeclared variable: {clause}")
    raise syntax_error(near)
