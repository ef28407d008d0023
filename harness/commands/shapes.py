"""What commands have in common: exit codes, forms of output, lists of words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.errors import ScenarioError, unknown_name

PASSED, FOUND, UNKNOWN = 0, 1, 2
"""Exit codes: it behaved; it did not; nothing may be concluded."""


def chosen(name: str, forms: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    """Give the form that --format names.

    Raises:
        ScenarioError: when there is none of that name.
    """
    if name not in forms:
        raise ScenarioError(f"--format: {unknown_name('format', name, known=forms)}")
    return forms[name]


def words(text: str) -> tuple[str, ...]:
    """Read a list of words that commas separate."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
