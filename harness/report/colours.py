"""Every colour of the report, once: what it is called, what it means, and its shade by day and by night.

A colour never stands alone: the legend and each table say its word too, and requests have shapes of their own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour and its word."""

    name: str
    """What the style sheet calls it."""
    word: str
    """What the legend says beside it."""
    light: str
    dark: str
    sign: str = "■"
    """The shape that stands for it in the legend."""


COLOURS = (
    Colour("ok", "request ok", "#0b62b0", "#6cb2ff", "●"),
    Colour("failed", "request failed", "#c1272d", "#ff7b72", "✕"),
    Colour("unknown", "request of unknown outcome", "#7d5200", "#e0b23f", "▲"),
    Colour("p50", "median latency", "#1a7f5a", "#5fd3a5", "━"),
    Colour("p90", "latency that 90 % stay below", "#8a5a00", "#e6b450", "━"),
    Colour("p99", "latency that 99 % stay below", "#8e3f8e", "#e19be1", "━"),
    Colour("kind-0", "most frequent error", "#c1272d", "#ff7b72"),
    Colour("kind-1", "second error", "#b35c00", "#f0a35e"),
    Colour("kind-2", "third error", "#6b3fa0", "#c2a0f5"),
    Colour("kind-3", "any other error", "#6e7781", "#8b949e"),
    Colour("fault", "fault", "#a3452f", "#f0937c"),
    Colour("pending", "alert pending or recovering", "#b58900", "#d9b84a"),
    Colour("firing", "alert firing", "#c1272d", "#ff7b72"),
    Colour("no-data", "alert on no data, or unable to evaluate", "#6b3fa0", "#c2a0f5"),
    Colour("good", "task healthy, balancer there, deployment completed", "#2f7d4f", "#67c58c"),
    Colour("moving", "task starting, deployment in progress", "#5b7ea6", "#88aed6"),
    Colour("bad", "task unhealthy, deployment failed", "#c1272d", "#ff7b72"),
    Colour("leaving", "task draining", "#8c959f", "#8b949e"),
    Colour("bracket", "how long it took", "#1b1f24", "#e6edf3", "┝━┥"),
    Colour("mark", "something happened, or somebody did something", "#1b1f24", "#e6edf3", "┃"),
)
"""All of them, in the order of the legend."""


def legend(used: Collection[str]) -> tuple[Colour, ...]:
    """Give the colours that a chart uses."""
    return tuple(colour for colour in COLOURS if colour.name in used)
