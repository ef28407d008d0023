"""A set that remembers the order in which it was filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")


class OrderedSet(MutableSet[Item], Generic[Item]):
    """Stands in for `set` where the order of iteration must not depend on memory addresses or hash seeds.

    Args:
        items: what it holds at first.
    """

    __slots__ = ("__weakref__", "_items")

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items: dict[Item, None] = dict.fromkeys(items)

    def add(self, value: Item) -> None:
        """Put an item at the end; one that is in it already stays where it is."""
        self._items[value] = None

    def discard(self, value: Item) -> None:
        """Take an item away, if it is there."""
        self._items.pop(value, None)

    def update(self, *others: Iterable[Item]) -> None:
        """Put the items of others at the end."""
        for other in others:
            self._items |= dict.fromkeys(other)

    def copy(self) -> Self:
        """Give a set of the same items, in the same order."""
        return type(self)(self._items)

    def union(self, *others: Iterable[Item]) -> Self:
        """Give these items and those of others."""
        made = self.copy()
        made.update(*others)
        return made

    def difference(self, *others: Iterable[Item]) -> Self:
        """Give these items without those of others."""
        gone = frozenset[Item]().union(*others)
        return type(self)(item for item in self._items if item not in gone)

    def intersection(self, *others: Iterable[Item]) -> Self:
        """Give the items that all have in common."""
        common = frozenset(self._items).intersection(*others)
        return type(self)(item for item in self._items if item in common)

    def __contains__(self, value: object) -> bool:
        return value in self._items

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"OrderedSet({list(self._items)!r})"
