"""Looking at an expression's text without parsing it: what is code, and what is quoted or a comment."""

import re
from collections.abc import Iterator

_OPAQUE = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\#[^\n]*)""", re.DOTALL)
_TOKEN = re.compile(r"[\w:.$]+|[=!<>]=|=~|!~|\S")


def split_code(text: str) -> Iterator[tuple[str, bool]]:
    """Cut a text into stretches, each with whether it is code (True) or a quoted text or comment (False)."""
    for index, part in enumerate(_OPAQUE.split(text)):
        if part:
            yield part, index % 2 == 0


def tokens(text: str) -> Iterator[tuple[int, str]]:
    """The words and signs of an expression, each with where it starts; a quoted text is one word, comments are none."""
    start = 0
    for part, is_code in split_code(text):
        if is_code:
            yield from ((start + found.start(), found[0]) for found in _TOKEN.finditer(part))
        elif not part.startswith("#"):
            yield start, part
        start += len(part)
