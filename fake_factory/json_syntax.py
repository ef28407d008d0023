"""Says what Node 20 says about a text that is not JSON.

Clients of the real factory see these sentences in the body of a 500, so the twin speaks them too.

Source: the messages were collected from Node 20.20.2 itself.
"""

import re
from typing import NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")
_DIGITS = re.compile(r"[0-9]+")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_WORDS = {"t": "true", "f": "false", "n": "null"}
_CONTEXT = 10
"""How many characters Node shows on either side of an unexpected one."""


def explain(text: str) -> str:
    """Tell what is wrong with a JSON text, in Node's words; the text must not be valid JSON."""
    try:
        _Walk(text).document()
    except _Problem as problem:
        return str(problem)
    except RecursionError:
        return "Maximum call stack size exceeded"
    raise ValueError(f"nothing is wrong with the JSON text {text!r}")


def unexpected(text: str, at: int) -> str:
    """Tell, in Node's words, that the character at an index has no business there."""
    if at >= len(text):
        return "Unexpected end of JSON input"
    if text[at] in "-0123456789":
        return f"Unexpected number in JSON at position {_position(text, at)}"
    if text[at] == '"':
        return f"Unexpected string in JSON at position {_position(text, at)}"
    return unexpected_token(text, at)


def unexpected_token(text: str, at: int) -> str:
    """Quote the character at an index together with its neighbourhood."""
    start, end, before, after = 0, len(text), "", ""
    if len(text) > 2 * _CONTEXT and at >= _CONTEXT:
        start, before = at - _CONTEXT, "..."
    if len(text) > 2 * _CONTEXT and at < len(text) - _CONTEXT:
        end, after = at + _CONTEXT, "..."
    return f"Unexpected token '{text[at]}', {before}\"{text[start:end]}\"{after} is not valid JSON"


class _Problem(Exception):
    """The first thing wrong with a text."""


class _Walk:
    """Reads a text left to right, as Node does, until something is wrong."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def document(self) -> None:
        self._value()
        if self._next() != "":
            position = _position(self._text, self._at)
            raise _Problem(f"Unexpected non-whitespace character after JSON at position {position}")

    def _value(self) -> None:
        match self._next():
            case '"':
                self._string()
            case "{":
                self._object()
            case "[":
                self._array()
            case "-" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
                self._number()
            case start:
                self._word(_WORDS.get(start))

    def _object(self) -> None:
        self._at += 1
        if self._took("}"):
            return
        name, is_first = "property name or '}'", True
        while True:
            if self._next() != '"':
                self._fail(f"Expected {name}")
            self._string()
            # Node explains a missing colon after the first name only.
            if not self._took(":"):
                self._fail("Expected ':' after property name") if is_first else self._unexpected()
            self._value()
            if self._took("}"):
                return
            if not self._took(","):
                self._fail("Expected ',' or '}' after property value")
            name, is_first = "double-quoted property name", False

    def _array(self) -> None:
        self._at += 1
        if self._took("]"):
            return
        while True:
            self._value()
            if self._took("]"):
                return
            if not self._took(","):
                self._fail("Expected ',' or ']' after array element")

    def _string(self) -> None:
        self._at += 1
        while True:
            self._skip(_PLAIN)
            match self._peek():
                case '"':
                    self._at += 1
                    return
                case "\\":
                    self._at += 1
                    self._escape()
                case "":
                    self._fail("Unterminated string")
                case _:
                    self._fail("Bad control character in string literal")

    def _escape(self) -> None:
        kind = self._peek()
        if kind == "" or kind > "\xff":
            self._unexpected()
        if kind not in '"\\/bfnrtu':
            self._fail("Bad escaped character")
        self._at += 1
        for _ in range(4 if kind == "u" else 0):
            if self._peek() == "" or self._peek() not in "0123456789abcdefABCDEF":
                self._fail("Bad Unicode escape")
            self._at += 1

    def _number(self) -> None:
        if self._peek() == "-":
            self._at += 1
            if not self._sees_digit():
                self._fail("No number after minus sign")
        if self._peek() == "0":
            self._at += 1
            if self._sees_digit():
                self._unexpected()
        self._skip(_DIGITS)
        if self._peek() == ".":
            self._at += 1
            self._digits("Unterminated fractional number")
        if self._peek() in ("e", "E"):
            self._at += 1
            self._at += self._peek() in ("+", "-")
            self._digits("Exponent part is missing a number")

    def _sees_digit(self) -> bool:
        return _DIGITS.match(self._text, self._at) is not None

    def _digits(self, complaint: str) -> None:
        if not self._skip(_DIGITS):
            self._fail(complaint)

    def _word(self, word: str | None) -> None:
        for letter in word or "\0":
            if self._peek() != letter:
                self._unexpected()
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        self._skip(_SPACE)
        return self._peek()

    def _took(self, character: str) -> bool:
        found = self._next() == character
        self._at += found
        return found

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self._text, self._at)
        if found is None:
            return False
        self._at = found.end()
        return True

    def _unexpected(self) -> NoReturn:
        raise _Problem(unexpected(self._text, self._at))

    def _fail(self, complaint: str) -> NoReturn:
        raise _Problem(f"{complaint} in JSON at position {_position(self._text, self._at)}")


def _position(text: str, at: int) -> int:
    """Count in UTF-16 units, as Node does."""
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
