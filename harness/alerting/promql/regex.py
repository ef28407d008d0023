r"""Prometheus' regular expressions (RE2) as Python's.

The two differ in ways that rule files meet: `$` before a last line break, flags that start in the middle of a group,
`[[:alpha:]]`, `a{,2}` (literal text to RE2), `\z`, and what only Python knows (look-around, back references).
Unicode classes (`\pL`), the ungreedy flag and `\C` have no counterpart in `re` and are refused by name.
`re` backtracks where RE2 does not: where a text could be tried in too many ways, `linear` matches it instead.
"""

import math
import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Protocol

from harness.alerting.promql.errors import ParseError
from harness.alerting.promql.linear import Program, Spans, parsed, ways

_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_GROUP = re.compile(r"\(\?(?:P?<(?P<name>[A-Za-z_]\w*)>|(?P<flags>[imsU]*(?:-[imsU]+)?)(?P<end>[:)]))")
_HEX = re.compile(r"x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")
_POSIX = re.compile(r"\[:(\w+):\]")
_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_NUMBERED = re.compile("0|[1-9][0-9]*")
_MAX_REPEAT = 1000  # RE2's own bound
_MOST_WAYS = 1_000_000  # which `re` tries within some 20 ms
_LENGTHS = tuple(2**power for power in range(4, 21))


class Found(Protocol):
    """What a pattern has found: the texts of its groups by number or name, None where one took no part."""

    def __getitem__(self, group: int | str, /) -> str | None:
        """Give the text of one group; raises IndexError where there is no such group."""
        ...


class Regex:
    """A pattern that ends on every text: tried way after way where the ways are few, and all at once elsewhere.

    Args:
        pattern: in Python's syntax.
        flags: as `re.compile` takes them.
    """

    def __init__(self, pattern: str, flags: int) -> None:
        self._quick = re.compile(pattern, flags)
        self._flags = flags

    def fullmatch(self, text: str) -> Found | None:
        """Match a whole text; raises LimitExceeded where even that would take too long."""
        if len(text) <= self._longest_for_quick:
            return self._quick.fullmatch(text)
        spans = self._linear.find(text, whole=True)
        return None if spans is None else _Groups(text, spans, self._quick)

    def search(self, text: str) -> bool:
        """Say whether a text holds a match; raises LimitExceeded as `fullmatch`."""
        if self._ways_are_few:
            return self._quick.search(text) is not None
        return self._linear.find(text, whole=False) is not None

    def sub(self, replacement: Callable[[Found], str], text: str) -> str:
        """Replace every match in a text; raises LimitExceeded as `fullmatch`."""
        if self._ways_are_few:
            return self._quick.sub(replacement, text)
        return "".join(self._replaced(replacement, text))

    def _replaced(self, replacement: Callable[[Found], str], text: str) -> Iterator[str]:
        at = 0
        while at <= len(text) and (spans := self._linear.find(text, at, whole=False)):
            start, stop = spans[0] or 0, spans[1] or 0
            yield text[at:start] + replacement(_Groups(text, spans, self._quick))
            at = stop
            if start == stop:  # nothing was found between two letters: go on behind the next
                yield text[at : at + 1]
                at += 1
        yield text[at:]

    @cached_property
    def _linear(self) -> Program:
        return Program(self._quick.pattern, self._flags)

    @property
    def _ways_are_few(self) -> bool:
        """Whether they grow with a power of a text's length at most, as in `.*a.*b`: a search may take that long."""
        return self._longest_for_quick >= 0

    @cached_property
    def _longest_for_quick(self) -> int:
        """How long a text may be to be tried way after way; negative where ways multiply."""
        tree = parsed(self._quick.pattern, self._flags)
        most = ways(tree, _LENGTHS[-1])
        if most <= _MOST_WAYS:
            return sys.maxsize
        return -1 if math.isinf(most) else max((each for each in _LENGTHS if ways(tree, each) <= _MOST_WAYS), default=0)


class _Groups:
    """What was found by all ways at once."""

    def __init__(self, text: str, spans: Spans, pattern: re.Pattern[str]) -> None:
        self._text, self._spans, self._pattern = text, spans, pattern

    def __getitem__(self, group: int | str, /) -> str | None:
        number = self._pattern.groupindex.get(group, -1) if isinstance(group, str) else group
        if not 0 <= number <= self._pattern.groups:
            raise IndexError(group)
        start, stop = self._spans[2 * number : 2 * number + 2]
        return None if stop is None else self._text[start:stop]


def compile_regex(pattern: str, *, dot_matches_newline: bool) -> Regex:
    """Compile a pattern as Prometheus reads it; use it with `fullmatch`, as Prometheus anchors every pattern.

    Args:
        pattern: RE2 syntax.
        dot_matches_newline: True from Prometheus 3 on.

    Raises:
        ParseError: It is no RE2 pattern, or one that `re` cannot express.
    """
    translated = _Translation(pattern).result()
    try:
        return Regex(translated, re.ASCII | (re.DOTALL if dot_matches_newline else re.NOFLAG))
    except (re.error, OverflowError, RecursionError) as error:
        raise ParseError(f"regular expression {pattern!r}: {error}") from error


def expand(replacement: str, found: Found) -> str:
    """Fill what a pattern has found into a replacement: $1, ${1}, $name; $$ is a dollar sign."""

    def value_of(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        try:
            return found[int(name[:9]) if _NUMBERED.fullmatch(name) else name] or ""
        except IndexError:  # RE2 reads a group that is not there as empty
            return ""

    return _REFERENCE.sub(value_of, replacement)


class _Translation:
    """One walk over one pattern, writing Python's syntax as it goes."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._written: list[str] = []
        self._scopes: list[list[str]] = [[]]  # for each open group: the flags set inside it so far

    def result(self) -> str:
        while self._at < len(self._pattern):
            self._step(self._pattern[self._at])
        self._close_scopes(self._scopes.pop())
        if self._scopes:
            raise self._error("a group is not closed")
        return "".join(self._written)

    def _step(self, char: str) -> None:
        if char == "\\":
            self._written.append(self._escape(in_class=False))
        elif char == "[":
            self._character_class()
        elif char == "(":
            self._open_group()
        elif char == ")":
            self._close_group()
        elif char == "|":
            # RE2 lets a flag reach past the bar to the end of the group.
            self._close_scopes(self._scopes[-1])
            self._take(1, "|" + "".join(f"(?{flags}:" for flags in self._scopes[-1]))
        elif char == "$":
            self._take(1, "$" if self._is_multiline() else r"\Z")
        elif char in "*+?{":
            self._repeat(char)
        else:
            self._take(1, char)

    def _take(self, count: int, text: str) -> None:
        self._at += count
        self._written.append(text)

    def _close_scopes(self, scopes: list[str]) -> None:
        self._written.append(")" * len(scopes))

    def _is_multiline(self) -> bool:
        mentions = [flags for scopes in self._scopes for flags in scopes if "m" in flags]
        return bool(mentions) and "m" in mentions[-1].split("-")[0]

    def _open_group(self) -> None:
        special = _GROUP.match(self._pattern, self._at)
        if special is None:
            if self._pattern.startswith("(?", self._at):
                raise self._error("look-around, back references and comments are not part of RE2")
            self._take(1, "(")
            self._scopes.append([])
            return
        flags, length = special["flags"] or "", len(special[0])
        if "U" in flags:
            raise self._error("the ungreedy flag U is not supported; write *? instead of *")
        if special["end"] == ")":
            self._take(length, f"(?{flags}:")
            self._scopes[-1].append(flags)
            return
        self._take(length, f"(?P<{special['name']}>" if special["name"] else "(?:")
        self._scopes.append([flags] if flags else [])
        if flags:
            self._written.append(f"(?{flags}:")

    def _close_group(self) -> None:
        if len(self._scopes) == 1:
            raise self._error("a group is closed that was never opened")
        self._close_scopes(self._scopes.pop())
        self._take(1, ")")

    def _repeat(self, char: str) -> None:
        counted = _REPEAT.match(self._pattern, self._at)
        if char == "{" and counted is None:
            self._take(1, r"\{")
            return
        if counted and any(len(bound) > 4 or int(bound) > _MAX_REPEAT for bound in counted.groups() if bound):
            raise self._error(f"a part is repeated more than {_MAX_REPEAT} times")
        text = counted[0] if counted else char
        lazy = "?" if self._pattern.startswith("?", self._at + len(text)) else ""
        self._take(len(text + lazy), text + lazy)
        if self._pattern[self._at : self._at + 1] in set("*+?") or _REPEAT.match(self._pattern, self._at):
            raise self._error("a repetition is repeated; put the first into a group")

    def _escape(self, *, in_class: bool) -> str:
        following = self._pattern[self._at + 1 : self._at + 2]
        if code := _HEX.match(self._pattern, self._at + 1):
            return self._escaped_code(code)
        self._at += 2
        if following in set("dDsSwWafnrtv") or (following in set("AbB") and not in_class):
            return "\\" + following
        if following == "z" and not in_class:
            return r"\Z"
        if not following or following.isalnum():
            raise self._error(f"\\{following} is not supported")
        return re.escape(following)

    def _escaped_code(self, code: re.Match[str]) -> str:
        self._at += 1 + len(code[0])
        point = int(code[1] or code[2], 16)
        if point > 0x10FFFF:
            raise self._error(f"\\{code[0]} is no character")
        return f"\\U{point:08x}"

    def _character_class(self) -> None:
        negated = self._pattern.startswith("^", self._at + 1)
        self._take(2 if negated else 1, "[^" if negated else "[")
        first = True
        while first or not self._pattern.startswith("]", self._at):
            if self._at >= len(self._pattern):
                raise self._error("a character class is not closed")
            self._written.append(self._class_item(first=first))
            first = False
        self._take(1, "]")

    def _class_item(self, *, first: bool) -> str:
        char = self._pattern[self._at]
        if posix := _POSIX.match(self._pattern, self._at):
            if posix[1] not in _POSIX_CLASSES:
                raise self._error(f"there is no class {posix[0]}")
            self._at += len(posix[0])
            return _POSIX_CLASSES[posix[1]]
        if char == "\\":
            return self._escape(in_class=True)
        self._at += 1
        # Python keeps these for set operations to come, and warns.
        doubtful = char in "[]&|~" or (char == "-" and (first or self._written[-1] == "-"))
        return "\\" + char if doubtful else char

    def _error(self, what: str) -> ParseError:
        return ParseError(f"regular expression {self._pattern!r} near column {self._at + 1}: {what}")
