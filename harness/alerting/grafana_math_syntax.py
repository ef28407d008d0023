"""The syntax of Grafana's `math` expressions: `($A + ${B two}) / 2 > 5 && !is_nan($C)`.

Operators bind, loosest first: `||`, `&&`, comparisons, `+ -`, `* / %`, `**`; all of them to the left, even `**`. The
signs `!` and `-` bind tighter than any. A run of operator signs is one word, so `$A>-1` needs a space before the minus.
Source: Grafana, pkg/expr/mathexp/parse, lex.go and parse.go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from harness.alerting.promql import ParseError
from harness.errors import unknown_name

LEVELS = (("||",), ("&&",), ("==", "!=", ">", ">=", "<", "<="), ("+", "-"), ("*", "/", "%"), ("**",))
"""Every operator between two operands, the loosest first."""

CONSTANTS = {"nan": math.nan, "inf": math.inf, "infn": -math.inf, "null": None}
"""What is called without an argument."""

FUNCTIONS = ("abs", "ceil", "floor", "is_inf", "is_nan", "is_null", "is_number", "log", "round")
"""What is called with one argument."""

MOST_WORDS = 400
"""How long an expression may be: nobody writes one so long, and a machine that does could keep us for ever."""
DEEPEST = 50
"""How deep brackets and signs may be nested."""

_WORD = re.compile(
    r"\s*(?:(?P<variable>\$\{[\w\s]+\}|\$\w+)|(?P<number>0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d_][^\W\d]*)|(?P<sign>[!<>=&|+\-*/%]+|[()]))"
)


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that is written in the expression, or `nan()`, `inf()`, `infn()` and `null()`."""

    value: float | None
    """The number; None is null."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What a query or another expression brought."""

    name: str
    """Its name, without the `$`."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A sign before an operand, or a function around it."""

    function: str
    """`!`, `-`, or the function's name."""
    operand: Node
    """What it is applied to."""


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two operands."""

    operator: str
    """One of LEVELS."""
    left: Node
    """The operand before it."""
    right: Node
    """The operand behind it."""


Node = Constant | Variable | Applied | Binary


def parse_math(text: str) -> Node:
    """Read a `math` expression.

    Raises:
        ParseError: it is none; the message says what is wrong, and at which column.
    """
    return _Parser(text).whole()


def variables_of(node: Node) -> Iterator[str]:
    """Name every query and expression that one reads, in the order of its text."""
    match node:
        case Variable(name):
            yield name
        case Applied(operand=operand):
            yield from variables_of(operand)
        case Binary(left=left, right=right):
            yield from variables_of(left)
            yield from variables_of(right)


@dataclass(frozen=True, slots=True)
class _Word:
    kind: str | None
    text: str
    column: int


def _words(text: str) -> Iterator[_Word]:
    text, at = text.rstrip(), 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            skipped = len(text[at:]) - len(text[at:].lstrip())
            raise ParseError(f"{text[at + skipped]!r} at column {at + skipped + 1} means nothing in a math expression")
        kind = found.lastgroup
        assert kind is not None
        yield _Word(kind, found[kind], found.start(kind) + 1)
        at = found.end()


class _Parser:
    """An expression, and how far it has been read."""

    def __init__(self, text: str) -> None:
        words = list(_words(text))
        if len(words) > MOST_WORDS:
            raise ParseError(f"it has {len(words)} words, and at most {MOST_WORDS} are read. Split it in two.")
        self._words = [*words, _Word(None, "the end", len(text) + 1)]
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._level(0)
        if self._next.kind is not None:
            self._refuse(self._next)
        return node

    @property
    def _next(self) -> _Word:
        return self._words[self._at]

    def _take(self) -> _Word:
        word = self._next
        self._at += 1
        return word

    def _level(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._operand()
        node = self._level(level + 1)
        while self._next.kind == "sign" and self._next.text in LEVELS[level]:
            node = Binary(self._take().text, node, self._level(level + 1))
        return node

    def _operand(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ParseError(f"it is nested more than {DEEPEST} deep at column {self._next.column}")
        node = self._operand_of(self._take())
        self._depth -= 1
        return node

    def _operand_of(self, word: _Word) -> Node:
        if word.kind == "variable":
            return Variable(word.text.removeprefix("$").removeprefix("{").removesuffix("}"))
        if word.kind == "number":
            return Constant(_number(word.text))
        if word.kind == "name":
            return self._call(word)
        if word.text in ("!", "-"):
            return Applied(word.text, self._operand())
        if word.text != "(":
            self._refuse(word)
        return self._closed(self._level(0))

    def _call(self, word: _Word) -> Node:
        known = (*CONSTANTS, *FUNCTIONS)
        if word.text not in known:
            what = unknown_name("function", word.text, known=known)
            raise ParseError(f"{what} A query or an expression is named with a $, such as ${word.text}.")
        if self._next.text != "(":
            self._refuse(self._next)
        self._take()
        if word.text in CONSTANTS:
            return self._closed(Constant(CONSTANTS[word.text]))
        return self._closed(Applied(word.text, self._level(0)))

    def _closed(self, node: Node) -> Node:
        word = self._take()
        if word.text != ")":
            self._refuse(word)
        return node

    def _refuse(self, word: _Word) -> NoReturn:
        if word.kind is None:
            raise ParseError("it ends too early: an operand or a bracket is missing")
        glued = len(word.text) > 1 and word.kind == "sign" and word.text[-1] in "-!"
        advice = f". Write {word.text[:-1]} {word.text[-1]}, with a space" if glued else ""
        raise ParseError(f"unexpected {word.text!r} at column {word.column}{advice}")


def _number(text: str) -> float:
    """Read a number as Go does: 0x10 is 16, and 010 is 8."""
    if text[:2] in ("0x", "0X"):
        return float(int(text, 16))
    return float(int(text, 8)) if re.fullmatch("0[0-7]+", text) else float(text)
