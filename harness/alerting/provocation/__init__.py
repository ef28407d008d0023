"""Samples that make an alert rule go off: what a fire drill pushes."""

from harness.alerting.provocation.feed import Feed, Plan, Shape, Target
from harness.alerting.provocation.trial import Provocation, provocation, recordings_read_by, silencing, why_not

__all__ = [
    "Feed",
    "Plan",
    "Provocation",
    "Shape",
    "Target",
    "provocation",
    "recordings_read_by",
    "silencing",
    "why_not",
]
