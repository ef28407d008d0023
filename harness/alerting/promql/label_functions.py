"""Functions that rewrite labels: label_replace and label_join."""

import re
from collections.abc import Callable, Sequence

from harness.alerting.promql.errors import LimitExceeded, ParseError
from harness.alerting.promql.labels import Labels
from harness.alerting.promql.moment import Dialect
from harness.alerting.promql.regex import compile_regex, expand

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_MAX_VALUE = 65_536  # characters: nested calls can double a label's value at each level

Relabel = Callable[[Labels], Labels]


def label_replace(texts: Sequence[str], dialect: Dialect) -> Relabel:
    """Set a label from the parts of another that a regular expression finds.

    Args:
        texts: Target label, replacement (with $1 or $name), source label, pattern.
        dialect: Whose rules for names and patterns apply.

    Raises:
        ParseError: The pattern or the target's name is wrong.
    """
    target, replacement, source, pattern_text = texts
    pattern = compile_regex(pattern_text, dot_matches_newline=dialect.semantics.is_3)
    check_name(target, dialect)

    def relabel(labels: Labels) -> Labels:
        found = pattern.fullmatch(labels.value(source))
        return labels if found is None else _with_value(labels, target, expand(replacement, found))

    return relabel


def label_join(texts: Sequence[str], dialect: Dialect) -> Relabel:
    """Set a label to the values of others, joined.

    Args:
        texts: Target label, separator, source labels.
        dialect: Whose rules for names apply.

    Raises:
        ParseError: A label's name is wrong.
    """
    target, separator, *sources = texts
    for name in (target, *sources):
        check_name(name, dialect)
    return lambda labels: _with_value(labels, target, separator.join(labels.value(source) for source in sources))


def check_name(name: str, dialect: Dialect) -> None:
    """Refuse what cannot be a label's name; from Prometheus 3 on, only the empty text cannot.

    Raises:
        ParseError: It cannot.
    """
    # The replacement character stands for bytes that are no text.
    if not name or "\ufffd" in name or (not dialect.semantics.is_3 and not _PLAIN_NAME.fullmatch(name)):
        raise ParseError(f"{name!r} is no label name; allowed are letters, digits and _, not starting with a digit")


def _with_value(labels: Labels, name: str, value: str) -> Labels:
    if len(value) > _MAX_VALUE:
        raise LimitExceeded(f"label {name} would get a value of {len(value):,} characters, {_MAX_VALUE:,} are allowed")
    return labels.replacing(name, value)
