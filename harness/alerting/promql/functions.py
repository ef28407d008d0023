"""Functions of one value after another: rounding, roots, logarithms, angles, bounds and the calendar."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from harness.alerting.promql.arithmetic import divide, saturating

_CYCLE = timedelta(days=146_097)  # 400 years, after which the calendar repeats, weekdays included
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ceil(value: float) -> float:
    """Round up."""
    return math.copysign(float(math.ceil(value)), value) if math.isfinite(value) else value


def floor(value: float) -> float:
    """Round down."""
    return math.copysign(float(math.floor(value)), value) if math.isfinite(value) else value


def round_to(value: float, nearest: float = 1.0) -> float:
    """Round to the nearest multiple, ties upwards."""
    inverse = divide(1.0, nearest)  # Prometheus multiplies by the inverse, for the same last digit
    return divide(floor(value * inverse + 0.5), inverse)


def sign(value: float) -> float:
    """-1, 0 or 1; NaN stays."""
    return math.copysign(1.0, value) if value < 0 or value > 0 else value


def at_least(value: float, bound: float) -> float:
    """The larger of two; NaN if one is."""
    return math.nan if math.isnan(value) or math.isnan(bound) else max(value, bound)


def at_most(value: float, bound: float) -> float:
    """The smaller of two; NaN if one is."""
    return math.nan if math.isnan(value) or math.isnan(bound) else min(value, bound)


def between(value: float, low: float, high: float) -> float:
    """The nearest value that is not outside the bounds."""
    return at_least(at_most(value, high), low)


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    safe = saturating(function)
    return lambda value: -math.inf if value == 0 else safe(value)


def _inverse_tanh(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) == 1 else saturating(math.atanh)(value)


ELEMENTWISE: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "acos": saturating(math.acos),
    "acosh": saturating(math.acosh),
    "asin": saturating(math.asin),
    "asinh": math.asinh,
    "atan": math.atan,
    "atanh": _inverse_tanh,
    "ceil": ceil,
    "clamp": between,
    "clamp_max": at_most,
    "clamp_min": at_least,
    "cos": saturating(math.cos),
    "cosh": saturating(math.cosh),
    "deg": lambda value: value * 180 / math.pi,
    "exp": saturating(math.exp),
    "floor": floor,
    "ln": _logarithm(math.log),
    "log10": _logarithm(math.log10),
    "log2": _logarithm(math.log2),
    "rad": lambda value: value * math.pi / 180,
    "round": round_to,
    "sgn": sign,
    "sin": saturating(math.sin),
    "sinh": saturating(math.sinh),
    "sqrt": saturating(math.sqrt),
    "tan": saturating(math.tan),
    "tanh": math.tanh,
}
"""Functions of a value, by their PromQL names; further scalar arguments follow it."""


def _calendar(read: Callable[[datetime], int]) -> Callable[[float], float]:
    """A function of a time in seconds, UTC; NaN for what is no time."""

    def evaluate(seconds: float) -> float:
        if not math.isfinite(seconds):
            return math.nan
        return float(read(_EPOCH + timedelta(seconds=math.trunc(seconds) % _CYCLE.total_seconds())))

    return evaluate


def year(seconds: float) -> float:
    """The year of a time in seconds, however far away."""
    cycles = math.floor(math.trunc(seconds) / _CYCLE.total_seconds()) if math.isfinite(seconds) else 0
    return _calendar(lambda date: date.year)(seconds) + 400 * cycles


def _days_in_month(date: datetime) -> int:
    first = date.replace(day=1)
    return ((first + timedelta(days=31)).replace(day=1) - first).days


CALENDAR: Mapping[str, Callable[[float], float]] = {
    "day_of_month": _calendar(lambda date: date.day),
    "day_of_week": _calendar(lambda date: date.isoweekday() % 7),
    "day_of_year": _calendar(lambda date: date.timetuple().tm_yday),
    "days_in_month": _calendar(_days_in_month),
    "hour": _calendar(lambda date: date.hour),
    "minute": _calendar(lambda date: date.minute),
    "month": _calendar(lambda date: date.month),
    "year": year,
}
"""Functions of a time in seconds since 1970, by their PromQL names; without an argument they read the clock."""
