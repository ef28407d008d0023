"""Inhibition: alerts that nobody needs to hear of while a greater one fires.

Rules of this file: an alert is muted while another fires that matches the source side, if both have the same values of
the `equal` labels; a label that neither has is equal. An alert that matches both sides is not muted by one that does
too, and so never by itself.

Source: Alertmanager, inhibit/inhibit.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.alerting.promql import Labels
from harness.alerting.promql.matchers import Matcher


@dataclass(frozen=True, slots=True)
class Inhibition:
    """A rule by which alerts mute others."""

    source: tuple[Matcher, ...]
    """What the alert that mutes is labelled with."""
    target: tuple[Matcher, ...]
    """What the alerts that are muted are labelled with."""
    equal: tuple[str, ...] = ()
    """Labels that both must have the same value of."""

    def mutes(self, labels: Labels, *, firing: Iterable[Labels]) -> bool:
        """Say whether an alert is muted.

        Args:
            labels: the alert's.
            firing: of every alert that fires now.
        """
        if not _all(self.target, labels):
            return False
        is_two_sided = _all(self.source, labels)
        return any(
            _all(self.source, other)
            and all(other.value(name) == labels.value(name) for name in self.equal)
            and not (is_two_sided and _all(self.target, other))
            for other in firing
        )


def _all(matchers: tuple[Matcher, ...], labels: Labels) -> bool:
    return all(matcher.accepts(labels) for matcher in matchers)
