"""What on-call sees of the service: a handful of panels over the metrics that it pushes; no data is shown as no data.

Pure: the store and the time come in, and what was read comes out as an event; what is shown comes from such events
alone, so that a replay shows what was shown.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from harness.alerting.promql import (
    PromQLError,
    Sample,
    SeriesStore,
    compile,  # noqa: A004 - as in re.compile
)
from harness.events import Event, PanelsRead

EVERY_SECONDS = 10.0
"""How far points lie apart, in incident time."""

POINTS = 90
"""How many a panel keeps: a quarter of an hour."""

WIDTH, HEIGHT = 220, 44

_PANELS = (
    ("requests a minute", "sum(increase(http_requests_total[1m]))"),
    ("pizzas sold a minute", "sum(increase(pizzas_sold_total[1m]))"),
    ("purchases failed a minute", "sum(increase(pizza_creation_failures_total[1m]))"),
    ("log-ins failed a minute", 'sum(increase(auth_attempts_total{result="failure"}[1m]))'),
    ("latency in ms", "avg(avg_over_time(service_latency_milliseconds[1m]))"),
    ("active users", "sum(max_over_time(active_users[1m]))"),
    ("CPU in %", "max(avg_over_time(cpu_usage_percent[1m]))"),
    ("memory in %", "max(avg_over_time(memory_usage_percent[1m]))"),
)


@dataclass(slots=True)
class Panel:
    """One figure and its recent course."""

    title: str
    expression: str
    """What it shows, in PromQL."""
    values: deque[float | None] = field(default_factory=lambda: deque(maxlen=POINTS))
    """None where there was no data."""

    @property
    def now(self) -> str:
        """The newest value, or that there is none."""
        value = self.values[-1] if self.values else None
        return "no data" if value is None else _said(value)

    @property
    def most(self) -> str:
        """The highest of its course, which reaches to the top of the frame; "" where there is nothing to see."""
        highest = max((value for value in tuple(self.values) if value is not None), default=0.0)
        return _said(highest) if highest else ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The course as polylines, one for each stretch that has data, within WIDTH by HEIGHT."""
        values = tuple(self.values)  # they go on coming in while this is drawn
        highest = max((value for value in values if value is not None), default=0.0) or 1.0
        step, stretches, open_stretch = WIDTH / (POINTS - 1), list[list[str]](), False
        for place, value in enumerate(values, start=POINTS - len(values)):
            if value is None:
                open_stretch = False
                continue
            if not open_stretch:
                stretches.append([])
            open_stretch = True
            stretches[-1].append(f"{place * step:.1f},{HEIGHT - 2 - (HEIGHT - 4) * value / highest:.1f}")
        return tuple(" ".join(points) for points in stretches)


def _said(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


class Dashboards:
    """The panels, taken down as time goes by."""

    def __init__(self) -> None:
        self.panels = tuple(Panel(title, expression) for title, expression in _PANELS)
        self._due = -math.inf

    def read(self, store: SeriesStore, now: float) -> PanelsRead | None:
        """Read each panel's newest value, if it is time."""
        if now < self._due:
            return None
        self._due = now + EVERY_SECONDS
        return PanelsRead(values={title: _value(title, store, now) for title, _ in _PANELS})

    def hear(self, event: Event) -> None:
        """Show what was read."""
        if isinstance(event, PanelsRead):
            for panel in self.panels:
                panel.values.append(event.values.get(panel.title))


_COMPILED = {title: compile(expression) for title, expression in _PANELS}


def _value(title: str, store: SeriesStore, now: float) -> float | None:
    try:
        found = _COMPILED[title].at(store, now)
    except PromQLError:
        return None
    values = [each.value for each in found if isinstance(each, Sample)] if isinstance(found, list) else []
    return values[0] if values and math.isfinite(values[0]) else None
