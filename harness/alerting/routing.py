"""The routing tree: which receiver hears of an alert, together with which others, and how patiently.

Rules of this file:

- The root takes every alert. A route's children are asked in order; the first that takes an alert is the last to be
  asked, unless it says `continue`. When no child takes it, the route itself does.
- A child has its parent's policy wherever it does not say otherwise.

Source: Alertmanager, dispatch/route.go; Grafana's notification policies are the same tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.alerting.promql import Labels, ParseError
from harness.alerting.promql.matchers import Matcher
from harness.alerting.promql.regex import compile_regex
from harness.alerting.states import Alert
from harness.alerting.time_intervals import TimeInterval

BY_EVERYTHING = "..."
"""In `group_by`: every alert is a group of its own."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the notifier is, and whom it tells."""

    receiver: str = "on-call"
    """The contact point."""
    group_by: tuple[str, ...] = ("alertname",)
    """Labels that alerts of one group share; `...` makes every alert a group of its own."""
    group_wait: timedelta = timedelta(seconds=30)
    """How long a new group waits for company."""
    group_interval: timedelta = timedelta(minutes=5)
    """How often a group is looked at afterwards."""
    repeat_interval: timedelta = timedelta(hours=4)
    """How long an unchanged group keeps quiet; told again at the first look after it."""

    def group_of(self, alert: Alert) -> Labels:
        """Give the labels of the group that an alert belongs to."""
        return alert.labels if BY_EVERYTHING in self.group_by else alert.labels.keep(self.group_by)


@dataclass(frozen=True, slots=True)
class Route:
    """A branch of the routing tree."""

    policy: Policy = Policy()
    """What holds for the alerts that end here."""
    matchers: tuple[Matcher, ...] = ()
    """What an alert must be labelled with to be taken."""
    goes_on: bool = False
    """Whether the routes after it are asked too, though it took the alert (`continue`)."""
    routes: tuple[Route, ...] = ()
    """Its children, in the order in which they are asked."""
    muted_in: tuple[TimeInterval, ...] | None = None
    """When nobody is told of the alerts that end here; None is never."""
    active_in: tuple[TimeInterval, ...] | None = None
    """The only time when somebody is; None is always. Where both hold, nobody is."""

    def is_muted(self, instant: datetime) -> bool:
        """Say whether its intervals mute it at an instant; those of the routes above it do not count."""
        is_active = self.active_in is None or any(each.contains(instant) for each in self.active_in)
        return not is_active or any(each.contains(instant) for each in self.muted_in or ())

    def takes(self, labels: Labels) -> bool:
        """Say whether an alert may come this way."""
        return all(matcher.accepts(labels) for matcher in self.matchers)

    def ends(self, labels: Labels) -> list[Route]:
        """Give the routes at which an alert ends up that came this way."""
        found: list[Route] = []
        for child in self.routes:
            if child.takes(labels):
                found += child.ends(labels)
                if not child.goes_on:
                    break
        return found or [self]

    def walk(self, above: str = "") -> Iterator[tuple[Route, str]]:
        """Give this route and all below it, each with its key: the matchers on the way to it."""
        key = f"{above}{written_matchers(self.matchers)}"
        yield self, key
        for child in self.routes:
            yield from child.walk(f"{key}/")


def written_matchers(matchers: Sequence[Matcher]) -> str:
    """Write matchers as Alertmanager does: `{severity="page",team=~"a|b"}`."""
    ordered = sorted(matchers, key=lambda each: (each.name, each.value, each.op))
    return "{" + ",".join(f"{each.name}{each.op}{quoted(each.value)}" for each in ordered) + "}"


def quoted(text: str) -> str:
    """Write a text between quotes, as Go does."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def matcher(name: str, sign: str, value: str) -> Matcher:
    """Make a matcher.

    Raises:
        ParseError: when its value is no regular expression and must be one.
    """
    pattern = compile_regex(value, dot_matches_newline=False) if sign in {"=~", "!~"} else None
    return Matcher(name, sign, value, pattern)


_MATCHER = re.compile(
    r"""\s*([A-Za-z_:][\w:]*|"(?:\\.|[^"\\])+")\s*(=~|!~|!=|=)\s*("(?:\\.|[^"\\])*"|[^\s"{}!=~,]*)\s*""", re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def read_matchers(text: str) -> tuple[Matcher, ...]:
    """Read matchers as people write them: `severity = page`, or several in braces.

    Raises:
        ParseError: when something else is there.
    """
    inner, found, at = text.strip(), list[Matcher](), 0
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    while at < len(inner):
        read = _MATCHER.match(inner, at)
        if read is None or (read.end() < len(inner) and inner[read.end()] != ","):
            near = inner[read.end() if read else at :][:24]
            raise ParseError(f'{text!r} is no matcher near {near!r}. Write a label, one of = != =~ !~ and "a value".')
        found.append(matcher(_unquoted(read[1]), read[2], _unquoted(read[3])))
        at = read.end() + 1
    return tuple(found)


def _unquoted(word: str) -> str:
    if not word.startswith('"'):
        return word
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], word[1:-1])
