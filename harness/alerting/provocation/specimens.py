"""A series that a selector selects, made up from what the selector asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from harness.alerting.promql import METRIC_NAME, Labels
from harness.alerting.promql.matchers import Matcher

MADE_UP = "drill"
"""The value of labels that may have any."""

_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|[ims]*:))?([^()|]*)(?:\|[^()]*)*\)")
_CLASS = re.compile(r"\[\^?\\?(.)[^\]]*\]")
_REPEAT = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})\??")
_KINDS = {r"\d": "5", r"\w": "x", r"\s": " ", r"\S": "x", r"\D": "x"}


def specimen(matchers: Sequence[Matcher], *, more: Mapping[str, str]) -> Labels | None:
    """Make up a series.

    Args:
        matchers: what the selector asks for.
        more: labels that the series is to have besides, where the matchers allow it.

    Returns: its labels; None when no value can be thought of for one of them.
    """
    made: dict[str, str] = {}
    for name in dict.fromkeys((*more, *(each.name for each in matchers))):
        mine = [each for each in matchers if each.name == name]
        value = next((value for value in _values(mine, more.get(name)) if _fit(mine, name, value)), None)
        if value is None:
            return None
        made[name] = value
    return Labels(made)


def _values(matchers: Sequence[Matcher], wanted: str | None) -> Iterator[str]:
    if wanted is not None:
        yield wanted
    for each in matchers:
        if each.op == "=":
            yield each.value
        elif each.op == "=~":
            yield from _examples(each.value)
    yield from (MADE_UP, "x_total" if any(each.name == METRIC_NAME for each in matchers) else "5", "")


def _fit(matchers: Sequence[Matcher], name: str, value: str) -> bool:
    return all(each.accepts(Labels({name: value})) for each in matchers)


def _examples(pattern: str) -> Iterator[str]:
    """Write texts that a pattern may match: its first alternative, each of its last ones, and the pattern itself."""
    simple = pattern
    while (once := _GROUP.sub(lambda group: group[1], simple)) != simple:
        simple = once
    for branch in simple.split("|"):
        text = _CLASS.sub(lambda found: found[1], branch.strip("^$"))
        for kind, example in _KINDS.items():
            text = text.replace(kind, example)
        yield re.sub(r"\\(.)", r"\1", _REPEAT.sub("", re.sub(r"(?<!\\)\.", "0", text)))
    yield pattern
