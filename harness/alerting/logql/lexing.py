"""The words of LogQL, and a place among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.alerting.promql import ParseError

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|\#[^\n]*)
  | (?P<text>"(?:\\.|[^"\\\n])*"|`[^`]*`)
  | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+(?![\w.]))?[A-Za-zµ\d.]*)
  | (?P<name>\$?[A-Za-z_][\w:.]*)
  | (?P<sign>\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{3})|(.))", re.DOTALL)
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign."""

    kind: str
    """One of text, number, name, sign, end."""
    word: str
    """As it was written."""
    start: int
    """Where it begins in the text."""


def tokens(text: str) -> Iterator[Token]:
    """Cut a text into its words and signs; spaces and comments are none."""
    for found in _TOKEN.finditer(text):
        if found.lastgroup and found.lastgroup != "blank":
            yield Token(found.lastgroup, found[0], found.start())


class Reader:
    """A place among the words of an expression.

    Args:
        text: the expression.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = [*tokens(text), Token("end", "", len(text))]
        self._at = 0

    @property
    def next(self) -> Token:
        """The word that comes next."""
        return self._tokens[self._at]

    @property
    def after_next(self) -> Token:
        """The word after that."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    @property
    def end_of_last(self) -> int:
        """Where the word that was last taken ends."""
        last = self._tokens[self._at - 1]
        return last.start + len(last.word)

    def take(self) -> Token:
        """Give the next word and move past it."""
        token = self.next
        self._at += token.kind != "end"
        return token

    def take_if(self, *words: str) -> str:
        """Give the next word and move past it if it is one of these; otherwise give nothing."""
        return self.take().word if self.next.word in words and self.next.kind in {"name", "sign"} else ""

    def demand(self, word: str) -> None:
        """Move past a word that must come here.

        Raises:
            ParseError: when another does.
        """
        if not self.take_if(word):
            raise self.error(f"expected {word!r}")

    def demand_kind(self, kind: str, what: str) -> Token:
        """Give the next word, which must be of a kind.

        Raises:
            ParseError: when it is of another.
        """
        if self.next.kind != kind:
            raise self.error(f"expected {what}")
        return self.take()

    def demand_text(self, what: str) -> str:
        """Give what stands between the quotes or backticks that must come here.

        Raises:
            ParseError: when something else does.
        """
        word = self.demand_kind("text", f"{what} in quotes or backticks").word
        return word[1:-1] if word.startswith("`") else _ESCAPE.sub(_unescaped, word[1:-1])

    def error(self, problem: str) -> ParseError:
        """Make the error that says what is wrong here, and where and what that is."""
        start = self.next.start
        near = self.text[start : start + 24] or "the end"
        hint = "; replace Grafana's variables, such as $__auto, first" if "$__" in near else ""
        return ParseError(f"{problem}, at column {start + 1} near {near!r}{hint}")


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        return chr(min(int(code, 16), 0x10FFFF))
    return chr(int(found[4], 8)) if found[4] else _SHORT.get(found[5], found[5])
