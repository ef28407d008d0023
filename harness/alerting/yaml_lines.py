"""YAML that remembers where it stands, so that a mistake in a rule file is named by file, line and key."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml

from harness.durations import duration
from harness.errors import ScenarioError, unknown_name

DEEPEST = 200
"""How deep brackets may be nested."""

MOST_DIGITS = 12
"""How long a whole number may be: what counts seconds fits into any clock then."""

_BRACKET = re.compile(r"[\[\]{}]")
_QUICK_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Where PyYAML came with libyaml, a reader ten times as quick."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file."""

    file: str
    """The file, as it was named."""
    line: int
    """Counted from 1."""

    def error(self, problem: str) -> ScenarioError:
        """Make the error that says what is wrong here."""
        return ScenarioError(f"{self}: {problem}")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Block:
    """A mapping of a YAML file. Every reader of a key raises ScenarioError with the key's own line."""

    def __init__(self, file: str, node: yaml.Node, *, what: str) -> None:
        self.what = what
        self.place = _place(file, node)
        if not isinstance(node, yaml.MappingNode):
            raise self.place.error(f"{what} must be a mapping of keys to values, and is {_shape(node)}.")
        self._nodes: dict[str, yaml.Node] = {}
        self._places: dict[str, Place] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _place(file, key).error(f"{what}: a key must be a text, and is {_shape(key)}.")
            if key.value in self._nodes:
                raise _place(file, key).error(f"{what} has {key.value!r} twice. Remove one.")
            self._nodes[key.value], self._places[key.value] = value, _place(file, key)

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def only(self, known: Collection[str]) -> None:
        """Refuse every key but these."""
        for key, place in self._places.items():
            if key not in known:
                raise place.error(f"{self.what}: {unknown_name('key', key, known=known)}")

    def at(self, key: str) -> Place:
        """Give the place of a key, or of the whole block where the key is missing."""
        return self._places.get(key, self.place)

    def error(self, key: str, problem: str) -> ScenarioError:
        """Make the error that says what is wrong with a key."""
        return self.at(key).error(f"{self.what}, {key}: {problem}")

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text; without a default it must be there and say something. Null is as good as nothing."""
        node = self._nodes.get(key)
        if node is None and default is None:
            raise self.place.error(f"{self.what} has no {key!r}. Add one.")
        if node is None or (_is_null(node) and default is not None):
            return default or ""
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(key, f"expected a text, found {_shape(node)}.")
        if default is None and (_is_null(node) or not node.value.strip()):
            raise self.error(key, "is empty.")
        return str(node.value)

    def length(self, key: str, default: timedelta) -> timedelta:
        """Read a duration, such as 30s; `0` needs no unit."""
        text = self.text(key, "").strip()
        if text in ("", "0"):
            return timedelta() if text else default
        try:
            return duration(text)
        except ScenarioError as error:
            raise self.error(key, str(error)) from error

    def whole(self, key: str, default: int) -> int:
        """Read a whole number that is not negative."""
        text = self.text(key, str(default)).strip()
        if not text.isascii() or not text.isdigit():
            raise self.error(key, f"{text!r} is not a whole number. Write 0 or more.")
        if len(text) > MOST_DIGITS:
            raise self.error(key, f"it has {len(text)} digits, and a number of more than {MOST_DIGITS} is too large.")
        return int(text)

    def number(self, key: str, default: float) -> float:
        """Read a number; infinities and NaN may be written as YAML does, or without its dot."""
        text = self.text(key, str(default))
        try:
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError as error:
            raise self.error(key, f"{text!r} is not a number.") from error

    def flag(self, key: str, *, default: bool) -> bool:
        """Read true or false."""
        text = self.text(key, str(default).lower())
        if text not in ("true", "false"):
            raise self.error(key, f"{text!r} is neither true nor false.")
        return text == "true"

    def texts(self, key: str) -> dict[str, str]:
        """Read a mapping of names to texts; none when the key is missing."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return {}
        inner = Block(self.place.file, node, what=f"{self.what}, {key}")
        return {name: inner.text(name, "") for name in inner._nodes}

    def block(self, key: str) -> Block:
        """Read a mapping."""
        if key not in self._nodes:
            raise self.place.error(f"{self.what} has no {key!r}. Add one.")
        return Block(self.place.file, self._nodes[key], what=f"{self.what}, {key}")

    def blocks(self, key: str, *, each: str) -> list[Block]:
        """Read a list of mappings; none when the key is missing."""
        return [Block(self.place.file, node, what=f"{each} {n}") for n, node in enumerate(self._list(key), start=1)]

    def words(self, key: str) -> list[str]:
        """Read a list of texts; none when the key is missing."""
        found = self._list(key)
        if not all(isinstance(node, yaml.ScalarNode) for node in found):
            raise self.error(key, "expected a list of texts.")
        return [str(node.value) for node in found]

    def numbers(self, key: str) -> list[float]:
        """Read a list of numbers; none when the key is missing."""
        try:
            return [float(node.value) for node in self._list(key)]
        except (TypeError, ValueError) as error:
            raise self.error(key, "expected a list of numbers.") from error

    def _list(self, key: str) -> list[yaml.Node]:
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(key, f"expected a list, found {_shape(node)}.")
        return list(node.value)


def read(path: Path, *, what: str) -> Block:
    """Read a YAML (or JSON) file whose top is a mapping.

    Raises:
        ScenarioError: when the file is not there, is not YAML, or is something else at its top.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"the {what} {path} cannot be read: {problem}."
        raise ScenarioError(message) from error
    return _composed(text, str(path), what=what)


def _composed(text: str, file: str, *, what: str) -> Block:
    if _depth(text) > DEEPEST:
        # A reader of YAML takes time with the square of the depth: a small file could keep it for hours.
        raise Place(file, 1).error(f"brackets are nested more than {DEEPEST} deep, which no {what} needs.")
    # JSON is YAML but for tabs between tokens; inside its strings there are none.
    text = text.replace("\t", " ") if text.lstrip().startswith("{") else text
    try:
        node = _node(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Place(file, line).error(f"this is not YAML: {error.problem}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        problem = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise Place(file, 1).error(f"this is not YAML: {problem}.") from error
    if node is None:
        raise Place(file, 1).error(f"the {what} is empty.")
    return Block(file, node, what=f"the {what}")


def _node(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_QUICK_LOADER)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)  # which says better what is wrong


def _depth(text: str) -> int:
    """Give how deep brackets are nested, at most; those within quotes count too."""
    steps = (1 if found[0] in "[{" else -1 for found in _BRACKET.finditer(text))
    return max(itertools.accumulate(steps), default=0)


def _place(file: str, node: yaml.Node) -> Place:
    return Place(file, node.start_mark.line + 1)


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "a mapping" if isinstance(node, yaml.MappingNode) else f"{node.value!r}"
