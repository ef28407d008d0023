"""Alert rules for a service level objective: several windows, several burn rates, as a Prometheus rule file.

A burn rate says how many times too fast the error budget is spent: at 1 it is gone exactly when the objective's window
ends. Each pair of windows asks whether a share of the budget was spent within the long one, and whether it is still
being spent within the short one, a twelfth of it: the first makes the alert precise, the second lets it end soon.

Source: Google, The Site Reliability Workbook, chapter 5, "Alerting on SLOs", sixth approach, for a window of 30 days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import yaml

from harness.alerting.promql import PromQLError
from harness.alerting.rules import compile_expression
from harness.durations import duration
from harness.errors import ScenarioError

GOOD = "sum(rate(pizzas_sold_total[$window]))"
"""What went well, in the metrics of the public service: pizzas that were sold."""

TOTAL = f"{GOOD} + sum(rate(pizza_creation_failures_total[$window]))"
"""All that was asked for: those, and orders that the factory did not make."""

WINDOW = timedelta(days=30)
SHORTEST, LONGEST = timedelta(days=7), timedelta(days=90)
INTERVAL = timedelta(seconds=30)
"""How often the rules are evaluated."""

_OBJECTIVE = re.compile(r"\d+(\.\d+)?%?")


@dataclass(frozen=True, slots=True)
class Burn:
    """A share of the error budget, and the windows in which to look for its loss."""

    long: str
    short: str
    budget: Decimal
    """How much of the budget is gone when the alert goes off under a steady loss."""
    severity: str


BURNS = (
    Burn("1h", "5m", Decimal("0.02"), "page"),
    Burn("6h", "30m", Decimal("0.05"), "page"),
    Burn("1d", "2h", Decimal("0.1"), "ticket"),
    Burn("3d", "6h", Decimal("0.1"), "ticket"),
)
"""Those that the Workbook recommends, the fastest first: 14.4, 6, 3 and 1 times too fast over 30 days."""


@dataclass(frozen=True, slots=True)
class Objective:
    """How good a service promises to be."""

    share: Decimal
    """The part of all events that must go well: 0.999."""
    good: str = GOOD
    """Counts what went well: a counter's selector, or an expression with `$window` for the window."""
    total: str = TOTAL
    """Counts all there was, in the same manner."""
    window: timedelta = WINDOW
    """Over how long the promise is kept."""

    @classmethod
    def read(cls, text: str, *, good: str = GOOD, total: str = TOTAL, window: str = "30d") -> Objective:
        """Read an objective as people write it: `99.9%`.

        Raises:
            ScenarioError: when no rules could be made of it; the message says what is allowed.
        """
        objective = cls(_share(text), good, total, duration(window))
        if not SHORTEST <= objective.window <= LONGEST:
            message = f"--window {window} is out of range: 7d to 90d. Most teams take 28d or 30d."
            raise ScenarioError(message)
        fastest = objective.burn_rate(BURNS[0])
        if fastest * objective.budget >= 1:
            least = (1 - 1 / fastest) * 100
            message = (
                f"with --objective {text} the fastest rule would look for an error ratio of "
                f"{fastest * objective.budget:.2f}, which there never is. Give more than {least:.1f}%."
            )
            raise ScenarioError(message)
        for name, expression in (("--good", good), ("--total", total)):
            _check(name, rate(expression, "5m"))
        return objective

    @property
    def budget(self) -> Decimal:
        """The part of all events that may go wrong."""
        return 1 - self.share

    def burn_rate(self, burn: Burn) -> Decimal:
        """Say how many times too fast the budget is spent when that much of it goes within the long window."""
        lengths = Decimal(self.window // timedelta(seconds=1)) / Decimal(duration(burn.long) // timedelta(seconds=1))
        return (burn.budget * lengths).quantize(Decimal("0.001")).normalize()


def slo_rules(objective: Objective) -> str:
    """Write the rule file of an objective: a recording rule a window, an alert to page and one for a ticket."""
    percent = f"{(objective.share * 100).normalize():f}%"
    windows = sorted({each for burn in BURNS for each in (burn.long, burn.short)}, key=duration)
    rules: list[dict[str, Any]] = [{"record": _record(each), "expr": _error_ratio(objective, each)} for each in windows]
    rules += [_alert(objective, severity, percent) for severity in ("page", "ticket")]
    group = {"name": "slo", "interval": f"{INTERVAL.total_seconds():g}s", "rules": rules}
    head = (
        f"# An objective of {percent} over {objective.window.days} days, as multi-window, multi-burn-rate rules "
        "(SRE Workbook, chapter 5).\n# Written by `pizza-chaos rules slo`.\n"
    )
    return head + yaml.safe_dump({"groups": [group]}, sort_keys=False, width=110)


def rate(expression: str, window: str) -> str:
    """Give what an expression counts, a second, over a window; a selector is summed over all its series."""
    if "$window" in expression:
        return expression.replace("$window", window)
    return f"sum(rate({expression}[{window}]))"


def _error_ratio(objective: Objective, window: str) -> str:
    # Without `or vector(0)` an outage in which nothing went well would have no ratio at all.
    return f"1 - (({rate(objective.good, window)}) or vector(0)) / ({rate(objective.total, window)})"


def _record(window: str) -> str:
    return f"slo:errors_per_event:ratio_rate{window}"


def _alert(objective: Objective, severity: str, percent: str) -> dict[str, Any]:
    burns = [burn for burn in BURNS if burn.severity == severity]
    return {
        "alert": f"ErrorBudgetBurn{severity.title()}",
        "expr": " or ".join(_pair(objective, burn) for burn in burns),
        "labels": {"severity": severity},
        "annotations": {
            "summary": f"The error budget of {percent} is spent too fast.",
            "description": "{{ $value | humanizePercentage }} of all events went wrong within the longer window.",
        },
    }


def _pair(objective: Objective, burn: Burn) -> str:
    limit = f"({objective.burn_rate(burn):f} * {objective.budget.normalize():f})"
    return f"({_record(burn.long)} > {limit} and {_record(burn.short)} > {limit})"


def _share(text: str) -> Decimal:
    percent = Decimal(text.removesuffix("%")) if _OBJECTIVE.fullmatch(text) else Decimal(0)
    if not 0 < percent < 100:
        message = f"--objective {text!r} cannot be promised. Write more than 0% and less than 100%, such as 99.9%."
        raise ScenarioError(message)
    return percent / 100


def _check(name: str, expression: str) -> None:
    try:
        compile_expression(expression)
    except PromQLError as error:
        message = (
            f"{name} cannot be used: {expression!r}: {error} "
            "Give a counter's selector, or an expression with $window where its window belongs."
        )
        raise ScenarioError(message) from error
