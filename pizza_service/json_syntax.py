"""What V8 says about a text that is not JSON. Only asked once a parser has refused the text.

The walk is a stack of open containers, never recursion, so that no text is too deep for it.
Messages and positions are those of Node 20 (V8 11.3).
"""

import re

_WHITESPACE = re.compile(r"[ \t\n\r]*")
_STRING_RUN = re.compile(r'[^"\\\x00-\x1f]*')
_LITERALS = {"t": "true", "f": "false", "n": "null"}
_DIGITS = frozenset("0123456789")
_SPECIAL = ("NaN", "Infinity", "undefined", "[object Object]")
_CONTEXT = 10
"""Characters V8 shows on each side of the one it trips over."""


def explain_json_error(source: str) -> str:
    """Say what is wrong with a text that is not JSON, in V8's words."""
    try:
        _Walk(_utf16_units(source)).document()
    except _TrippedError as tripped:
        return _from_utf16_units(str(tripped))
    return "Maximum call stack size exceeded"  # nothing is wrong with it: only its depth was too much


def unexpected_token(source: str, position: int) -> str:
    """V8's message for a character that cannot stand where it stands."""
    return _from_utf16_units(_unexpected_unit(_utf16_units(source), position))


def _unexpected_unit(source: str, position: int) -> str:
    if position >= len(source):
        return "Unexpected end of JSON input"
    return f"Unexpected token '{source[position]}', {_surroundings(source, position)} is not valid JSON"


def _utf16_units(source: str) -> str:
    # JavaScript counts and cuts in UTF-16 units: a character outside the basic plane is two.
    units = source.encode("utf-16-le", "surrogatepass")
    return "".join(chr(low | high << 8) for low, high in zip(units[::2], units[1::2], strict=True))


def _from_utf16_units(units: str) -> str:
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _surroundings(source: str, position: int) -> str:
    if len(source) <= 2 * _CONTEXT:
        return f'"{source}"'
    start, end = position - _CONTEXT, position + _CONTEXT
    if start < 0:
        return f'"{source[:end]}"...'
    if end < len(source):
        return f'..."{source[start:end]}"...'
    return f'..."{source[start:]}"'


class _TrippedError(Exception):
    """The first thing that is wrong."""


class _Walk:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def document(self) -> None:
        open_containers: list[str] = []
        self.value(open_containers)
        while open_containers:
            self.after_member(open_containers)
        self.skip_whitespace()
        if self.at < len(self.source):
            self.trip("Unexpected non-whitespace character after JSON")

    def value(self, open_containers: list[str]) -> None:
        """Read one value, or the start of a container and all it opens with."""
        while True:
            character = self.peek()
            if character == "{":
                self.at += 1
                if self.take("}"):
                    return
                open_containers.append("{")
                self.name("Expected property name or '}' in JSON", no_colon="Expected ':' after property name in JSON")
            elif character == "[":
                self.at += 1
                if self.take("]"):
                    return
                open_containers.append("[")
            else:
                self.scalar(character)
                return

    def after_member(self, open_containers: list[str]) -> None:
        in_object = open_containers[-1] == "{"
        if self.take(","):
            if in_object:
                self.name("Expected double-quoted property name in JSON")
            self.value(open_containers)
        elif self.take("}" if in_object else "]"):
            open_containers.pop()
        elif in_object:
            self.trip("Expected ',' or '}' after property value in JSON")
        else:
            self.trip("Expected ',' or ']' after array element in JSON")

    def name(self, no_name: str, *, no_colon: str | None = None) -> None:
        # V8 has its own words for a missing colon only after an object's first name.
        if self.peek() != '"':
            self.trip(no_name)
        self.string()
        if not self.take(":"):
            self.trip(no_colon) if no_colon else self.unexpected()

    def scalar(self, character: str) -> None:
        if character == '"':
            self.string()
        elif character == "-" or self.digit():
            self.number()
        elif character in _LITERALS:
            self.literal(_LITERALS[character])
        else:
            self.unexpected()

    def string(self) -> None:
        self.at += 1
        while True:
            run = _STRING_RUN.match(self.source, self.at)
            self.at = run.end() if run else self.at
            character = self.source[self.at : self.at + 1]
            if character == "\\":
                self.escape()
            elif character == '"':
                self.at += 1
                return
            elif character:
                self.trip("Bad control character in string literal in JSON")
            else:
                self.trip("Unterminated string in JSON")

    def escape(self) -> None:
        self.at += 1
        character = self.source[self.at : self.at + 1]
        if not character or ord(character) > 0xFF:
            self.unexpected()
        if character not in '"\\/bfnrtu':
            self.trip("Bad escaped character in JSON")
        self.at += 1
        if character == "u":
            for _ in range(4):
                if not re.match("[0-9a-fA-F]", self.source[self.at : self.at + 1]):
                    self.trip("Bad Unicode escape in JSON")
                self.at += 1

    def number(self) -> None:
        if self.source[self.at] == "-":
            self.at += 1
            if not self.digit():
                self.trip("No number after minus sign in JSON")
        if self.source[self.at] == "0":
            self.at += 1
            if self.digit():
                self.trip("Unexpected number in JSON")
        self.digits()
        if self.source[self.at : self.at + 1] == ".":
            self.at += 1
            self.some_digits("Unterminated fractional number in JSON")
        if self.source[self.at : self.at + 1] in ("e", "E"):
            self.at += 1
            if self.source[self.at : self.at + 1] in ("+", "-"):
                self.at += 1
            self.some_digits("Exponent part is missing a number in JSON")

    def literal(self, word: str) -> None:
        for letter in word:
            if self.source[self.at : self.at + 1] != letter:
                self.unexpected()
            self.at += 1

    def digit(self) -> bool:
        return self.source[self.at : self.at + 1] in _DIGITS

    def digits(self) -> None:
        while self.digit():
            self.at += 1

    def some_digits(self, complaint: str) -> None:
        if not self.digit():
            self.trip(complaint)
        self.digits()

    def skip_whitespace(self) -> None:
        whitespace = _WHITESPACE.match(self.source, self.at)
        self.at = whitespace.end() if whitespace else self.at

    def peek(self) -> str:
        self.skip_whitespace()
        return self.source[self.at : self.at + 1]

    def take(self, character: str) -> bool:
        taken = self.peek() == character
        self.at += taken
        return taken

    def unexpected(self) -> None:
        character = self.source[self.at : self.at + 1]
        if self.digit() or character == "-":
            self.trip("Unexpected number in JSON")
        if character == '"':
            self.trip("Unexpected string in JSON")
        if self.source in _SPECIAL:
            raise _TrippedError(f'"{self.source}" is not valid JSON')
        raise _TrippedError(_unexpected_unit(self.source, self.at))

    def trip(self, complaint: str) -> None:
        raise _TrippedError(f"{complaint} at position {self.at}")
