"""Label sets: what a series, a sample or a group is called."""

from collections.abc import Collection, Iterable, Iterator, Mapping

METRIC_NAME = "__name__"
"""The label that holds the metric's name."""


class Labels(Mapping[str, str]):
    """An immutable set of labels that is cheap to compare and to use as a key.

    An empty value is the same as no label, as everywhere in Prometheus.

    Args:
        labels: Names and values, in any order.
    """

    __slots__ = ("_hash", "_nameless", "_pairs")

    _hash: int
    _nameless: "Labels | None"
    _pairs: tuple[tuple[str, str], ...]

    def __init__(self, labels: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple(sorted((name, value) for name, value in dict(labels).items() if value))
        self._hash = hash(self._pairs)
        self._nameless = None

    def value(self, name: str) -> str:
        """The value of one label, or nothing (an empty text) where it is absent."""
        for own, value in self._pairs:
            if own == name:
                return value
        return ""

    @property
    def nameless(self) -> "Labels":
        """The same labels without the metric name: what most functions return."""
        if self._nameless is None:
            self._nameless = self.without((METRIC_NAME,)) if METRIC_NAME in self else self
        return self._nameless

    def keep(self, names: Collection[str]) -> "Labels":
        """Only the labels with these names."""
        return Labels(pair for pair in self._pairs if pair[0] in names)

    def without(self, names: Collection[str]) -> "Labels":
        """All labels but those with these names."""
        return Labels(pair for pair in self._pairs if pair[0] not in names)

    def replacing(self, name: str, value: str) -> "Labels":
        """The same labels with one set to a value; an empty value removes it."""
        return Labels({**dict(self._pairs), name: value})

    def __getitem__(self, name: str) -> str:
        for own, value in self._pairs:
            if own == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Labels):
            return self._pairs == other._pairs
        return isinstance(other, Mapping) and dict(self._pairs) == dict(other)

    def __lt__(self, other: "Labels") -> bool:
        return self._pairs < other._pairs

    def __str__(self) -> str:
        inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in self._pairs if name != METRIC_NAME)
        name = self.value(METRIC_NAME)
        return f"{name}{{{inner}}}" if inner or not name else name

    def __repr__(self) -> str:
        return f"Labels({dict(self._pairs)!r})"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


NO_LABELS = Labels()
"""The label set of a result that has no labels."""
