"""Regular expressions matched as RE2 does it: all ways at once, one letter after the other, so that no pattern hangs.

`re` tries one way after the other. It is far quicker where few ways exist, and takes for ever where ways multiply, as
they do for `(a+)+b`; how many there may be can be told from the pattern. What reads the pattern is Python's own parser,
which has no public name: a test holds each of its words against `re` itself.

Source: Russ Cox, Regular Expression Matching: the Virtual Machine Approach (Pike's machine).
"""

import importlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from harness.alerting.promql.errors import LimitExceeded

MOST_INSTRUCTIONS = 5_000
"""How long a program may be; each repetition of a part that may come up to n times is written n times."""
MOST_WORK = 2_000_000
"""How many instructions one text may take."""

_parser: Any = importlib.import_module("re._parser")
_NO_END = int(_parser.MAXREPEAT)
_MANY_BITS = 64  # of a number of ways: as good as without an end
_WORD = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_KINDS: Mapping[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": lambda letter: letter in frozenset("0123456789"),
    "CATEGORY_SPACE": lambda letter: letter in frozenset(" \t\n\r\f\v"),
    "CATEGORY_WORD": lambda letter: letter in _WORD,
}

What = Any
"""What belongs to a word of a pattern: another thing for each word."""
Tree = Iterable[tuple[What, What]]
"""A pattern as Python reads it: words, each with what belongs to it."""
Spans = tuple[int | None, ...]
"""Where each group begins and ends; the whole is the first."""
Instruction = tuple[What, ...]


def parsed(pattern: str, flags: int) -> Tree:
    """Read a pattern that is in Python's syntax."""
    tree: Tree = _parser.parse(pattern, flags)
    return tree


def ways(tree: Tree, length: int) -> float:
    """Say in how many ways a text of some length could be tried, at most; infinite where ways multiply."""
    product = 1.0
    for word, what in tree:
        match str(word):
            case "BRANCH":
                product *= sum(ways(each, length) for each in what[1])
            case "SUBPATTERN":
                product *= ways(what[-1], length)
            case "MAX_REPEAT" | "MIN_REPEAT":
                product *= _ways_to_repeat(what, length)
    return product


def _ways_to_repeat(what: What, length: int) -> float:
    least, most, inner = what
    each, times = ways(inner, length), min(int(most), length)
    if each == 1:
        return max(times - int(least), 0) + 1
    return each**times if times * math.log2(each) < _MANY_BITS else math.inf


class Program:
    """A pattern, ready to be matched.

    Args:
        pattern: in Python's syntax.
        flags: as `re.compile` takes them.

    Raises:
        LimitExceeded: it repeats so much that its program would be too long.
    """

    def __init__(self, pattern: str, flags: int) -> None:
        tree: Any = parsed(pattern, flags)
        self._code: list[Instruction] = []
        self._groups = int(tree.state.groups)  # the whole is one of them
        self._write(tree, flags)
        self._emit("match")

    def find(self, text: str, at: int = 0, *, whole: bool) -> Spans | None:
        """Find the first match from some place on, of its ways the one that `re` would take.

        Args:
            text: where to look.
            at: where to begin.
            whole: whether the match must begin there, and end where the text does.

        Raises:
            LimitExceeded: it would take too many steps.
        """
        work = len(self._code) * (len(text) + 1)
        if work > MOST_WORK:
            raise LimitExceeded(
                f"a regular expression would take {work:,} steps on a text of {len(text):,} letters, "
                f"{MOST_WORK:,} are allowed; write it without repetitions inside repetitions"
            )
        found: Spans | None = None
        nothing: Spans = (None,) * (2 * self._groups)
        threads: list[tuple[int, Spans]] = []
        for place in range(at, len(text) + 1):
            begins = [(0, (place, *nothing[1:]))] if found is None and (place == at or not whole) else []
            threads, ended = self._reach([*threads, *begins], text, place, whole=whole)
            found = ended or found
            if not threads and (whole or found):
                break
            threads = self._stepped(threads, text, place)
        return found

    def _reach(
        self, threads: Sequence[tuple[int, Spans]], text: str, place: int, *, whole: bool
    ) -> tuple[list[tuple[int, Spans]], Spans | None]:
        """Follow all that takes no letter, the preferred ways first; what comes after a match counts no more."""
        reached, seen = list[tuple[int, Spans]](), set[int]()
        open_ = list(reversed(threads))
        while open_:
            at, spans = open_.pop()
            if at in seen:
                continue
            seen.add(at)
            word, *what = self._code[at]
            match word:
                case "letter":
                    reached.append((at, spans))
                case "jump":
                    open_.extend((target, spans) for target in reversed(what))
                case "save":
                    open_.append((at + 1, (*spans[: what[0]], place, *spans[what[0] + 1 :])))
                case "where":
                    open_ += [(at + 1, spans)] if what[0](text, place) else []
                case _ if not whole or place == len(text):
                    return reached, (spans[0], place, *spans[2:])
        return reached, None

    def _stepped(self, threads: Sequence[tuple[int, Spans]], text: str, place: int) -> list[tuple[int, Spans]]:
        if place == len(text):
            return []
        letter = text[place]
        return [(at + 1, spans) for at, spans in threads if self._code[at][1](letter)]

    # Writing the program

    def _emit(self, *instruction: What) -> int:
        if len(self._code) == MOST_INSTRUCTIONS:
            raise LimitExceeded("a regular expression repeats too much to be matched in bounded time")
        self._code.append(instruction)
        return len(self._code) - 1

    def _write(self, tree: Tree, flags: int) -> None:
        for word, what in tree:
            match str(word):
                case "BRANCH":
                    self._write_branches(what[1], flags)
                case "SUBPATTERN":
                    self._write_group(what, flags)
                case "MAX_REPEAT" | "MIN_REPEAT":
                    self._write_repeated(what, flags, is_greedy=str(word) == "MAX_REPEAT")
                case "AT":
                    self._emit("where", _place(str(what), flags))
                case _:
                    self._emit("letter", _letter(str(word), what, flags))

    def _write_branches(self, branches: Sequence[Tree], flags: int) -> None:
        ends = []
        for branch in branches[:-1]:
            fork = self._emit("jump")
            self._write(branch, flags)
            ends.append(self._emit("jump"))
            self._code[fork] = ("jump", fork + 1, len(self._code))
        self._write(branches[-1], flags)
        for end in ends:
            self._code[end] = ("jump", len(self._code))

    def _write_group(self, what: What, flags: int) -> None:
        group, added, removed, inner = what
        if group is not None:
            self._emit("save", 2 * group)
        self._write(inner, (flags | added) & ~removed)
        if group is not None:
            self._emit("save", 2 * group + 1)

    def _write_repeated(self, what: What, flags: int, *, is_greedy: bool) -> None:
        least, most, inner = what
        if most == _NO_END:
            self._write_endless(inner, flags, least=least, is_greedy=is_greedy)
            return
        for _ in range(least):
            self._write(inner, flags)
        forks = []
        for _ in range(most - least):
            forks.append(self._emit("jump"))
            self._write(inner, flags)
        for fork in forks:
            self._fork(fork, fork + 1, len(self._code), is_greedy=is_greedy)

    def _write_endless(self, inner: Tree, flags: int, *, least: int, is_greedy: bool) -> None:
        """Write `x*` as `(x+)?`: where x may be nothing, it is tried before it is left out, as in Go."""
        for _ in range(least - 1):
            self._write(inner, flags)
        skip = None if least else self._emit("jump")
        begins = len(self._code)
        self._write(inner, flags)
        again = self._emit("jump")
        self._fork(again, begins, again + 1, is_greedy=is_greedy)
        if skip is not None:
            self._fork(skip, begins, again + 1, is_greedy=is_greedy)

    def _fork(self, at: int, into: int, past: int, *, is_greedy: bool) -> None:
        self._code[at] = ("jump", into, past) if is_greedy else ("jump", past, into)


def _letter(word: str, what: What, flags: int) -> Callable[[str], bool]:
    """Give the test of one letter."""
    match word:
        case "ANY":
            return (lambda _: True) if flags & re.DOTALL else lambda letter: letter != "\n"
        case "IN":
            return _one_of(what, flags)
        case "LITERAL" | "NOT_LITERAL":
            wanted = _cases(chr(what), flags)
            return (lambda letter: letter in wanted) if word == "LITERAL" else lambda letter: letter not in wanted
        case _:
            raise LimitExceeded(f"a regular expression uses {word}, which cannot be matched in bounded time")


def _one_of(items: Sequence[tuple[What, What]], flags: int) -> Callable[[str], bool]:
    is_negated = str(items[0][0]) == "NEGATE"
    tests = [_item(str(word), what) for word, what in items[is_negated:]]

    def holds(letter: str) -> bool:
        return any(test(each) for each in _cases(letter, flags) for test in tests) != is_negated

    return holds


def _item(word: str, what: What) -> Callable[[str], bool]:
    match word:
        case "RANGE":
            return lambda letter: what[0] <= ord(letter) <= what[1]
        case "CATEGORY":
            kind = _KINDS[str(what).replace("_NOT", "")]
            return (lambda letter: not kind(letter)) if "_NOT" in str(what) else kind
        case _:
            return lambda letter: ord(letter) == what


def _cases(letter: str, flags: int) -> str:
    """Give a letter in each case that counts as the same; beyond ASCII there is one, as everywhere here."""
    return letter.lower() + letter.upper() if flags & re.IGNORECASE and letter.isascii() else letter


def _place(kind: str, flags: int) -> Callable[[str, int], bool]:
    """Give the test of a place between letters."""
    by_line = bool(flags & re.MULTILINE)
    match kind:
        case "AT_BEGINNING":
            return lambda text, at: at == 0 or (by_line and text[at - 1] == "\n")
        case "AT_BEGINNING_STRING":
            return lambda _text, at: at == 0
        case "AT_END":
            return lambda text, at: at == len(text) or (by_line and text[at] == "\n")
        case "AT_END_STRING":
            return lambda text, at: at == len(text)
        case _:
            return partial(_is_at_word_edge, wanted=kind == "AT_BOUNDARY")


def _is_at_word_edge(text: str, at: int, *, wanted: bool) -> bool:
    before, after = at > 0 and text[at - 1] in _WORD, at < len(text) and text[at] in _WORD
    return (before != after) == wanted
