"""Series, and expressions over them, drawn by a seed: whatever alert rules use, in any combination."""

import math
from collections.abc import Callable
from random import Random

from harness.alerting.promql import STALE_NAN, Labels
from tests.harness.alerting.differential.prometheus_process import Stretch

BEGIN_MS = 1_700_000_000_000
"""When the series begin."""
LENGTH_MS = 50 * 60_000
"""How long they go on."""

_METRICS = ("requests_total", "heat", "load", "absence")
_INSTANT = ["abs", "ceil", "floor", "exp", "ln", "log2", "sqrt", "sgn", "round", "timestamp", "absent", "sort", "deg"]
_CALENDAR = ["minute", "hour", "day_of_week", "month", "days_in_month"]
_TRIGONOMETRY = ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "rad"]
_OVER_TIME = ["avg", "min", "max", "sum", "count", "last", "present", "stddev", "stdvar"]
_COUNTERS = ["rate", "increase", "irate", "resets", "changes"]
_GAUGES = ["delta", "idelta", "deriv", "changes", "resets"]
_REDUCE = ["sum", "avg", "min", "max", "count", "stddev", "stdvar", "group"]
_WINDOWS = ["30s", "1m", "90s", "5m", "10m", "1h"]


def random_series(rng: Random) -> list[Stretch]:
    """Draw counters, gauges and a histogram, with gaps, resets, NaN, jitter and ends."""
    stretches = []
    for job in ("web", "db"):
        for instance in ("a:1", "b:2"):
            common = {"job": job, "instance": instance}
            counted = {"__name__": "requests_total", **common}
            stretches += [_counter(rng, {**counted, "code": code}) for code in ("200", "404", "500")]
            stretches.append(_gauge(rng, {"__name__": "heat", **common}))
            stretches.append(_gauge(rng, {"__name__": "load", "zone": rng.choice(["x", "y"]), **common}))
            stretches += _histogram(rng, common)
    return [stretch for stretch in stretches if stretch[1]]


def _times(rng: Random) -> list[int]:
    """Draw when a series has samples: every so often, mostly."""
    step, jitter = rng.choice([10_000, 15_000, 30_000]), rng.choice([0, 0, 300])
    at, found = BEGIN_MS + rng.choice([0, 0, rng.randrange(600_000)]), list[int]()
    while at < BEGIN_MS + LENGTH_MS:
        found.append(at + rng.randint(0, jitter))
        at += step if rng.random() > 0.02 else step * rng.randint(2, 40)
    return found


def _counter(rng: Random, labels: dict[str, str]) -> Stretch:
    value, samples = float(rng.choice([0, 0, 5, 1e6])), list[tuple[int, float]]()
    pace = rng.choice([0.0, 0.3, 5.0, 1000.0])
    for at in _times(rng):
        value = 0.0 if rng.random() < 0.01 else value + rng.choice([0, 1, 1, 2.5]) * pace
        samples.append((at, value))
    return Labels(labels), _ended(rng, samples)


def _gauge(rng: Random, labels: dict[str, str]) -> Stretch:
    value, samples = rng.uniform(-50, 50), list[tuple[int, float]]()
    for at in _times(rng):
        value += rng.choice([0, 0, 1, -1, 0.1, rng.gauss(0, 3)])
        odd = rng.random()
        samples.append((at, math.nan if odd < 0.01 else math.inf if odd < 0.013 else value))
    return Labels(labels), _ended(rng, samples)


def _histogram(rng: Random, common: dict[str, str]) -> list[Stretch]:
    bounds, times = ["0.1", "0.5", "1", "5", "+Inf"], _times(rng)
    counts, samples = [0.0] * len(bounds), [list[tuple[int, float]]() for _ in bounds]
    for at in times:
        for _ in range(rng.randrange(4)):
            first = rng.randrange(len(bounds))
            counts = [count + (place >= first) for place, count in enumerate(counts)]
        for place, count in enumerate(counts):
            samples[place].append((at, count))
    name = {"__name__": "latency_seconds_bucket"}
    return [(Labels({**name, "le": bound, **common}), samples[place]) for place, bound in enumerate(bounds)]


def _ended(rng: Random, samples: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Let some series go stale somewhere, and come back."""
    if len(samples) > 20 and rng.random() < 0.3:
        place = rng.randrange(5, len(samples) - 10)
        return [*samples[:place], (samples[place][0], STALE_NAN), *samples[place + rng.randrange(1, 8) :]]
    return samples


class Expressions:
    """Draws expressions.

    Args:
        rng: decides.
        in_prometheus_3: leave out what only 2.x has.
    """

    def __init__(self, rng: Random, *, in_prometheus_3: bool) -> None:
        self._rng = rng
        self._is_inside = False  # a subquery; there, 2.x counts the last sample before a fixed moment twice
        self._smoothing = "double_exponential_smoothing" if in_prometheus_3 else "holt_winters"

    def vector(self, depth: int = 2) -> str:
        """Draw an expression that gives a vector."""
        kinds: list[Callable[[int], str]] = [lambda _: self._selector(), self._windowed, self._windowed]
        if depth:
            kinds += [self._called, self._aggregated, self._aggregated, self._binary, self._binary, self._subquery]
            kinds += [self._quantile, self._relabelled, self._chained]
        return self._rng.choice(kinds)(depth - 1)

    def _pick(self, *choices: str) -> str:
        return self._rng.choice(choices)

    def _selector(self, *among: str) -> str:
        matchers = self._rng.sample(
            ['job="web"', 'job!="db"', 'code=~"[45].."', 'code!~"5.*"', 'instance=~"a:.|b:2"', 'zone=""', 'code=~""'],
            self._rng.choice([0, 0, 1, 2]),
        )
        return f"{self._pick(*(among or _METRICS))}{{{','.join(matchers)}}}"

    def _shift(self) -> str:
        shifts = ["", "", "", "", " offset 3m", " offset -2m"]
        return self._pick(*shifts, *([] if self._is_inside else [" @ 1700001000", " @ start() offset 1m"]))

    def _range(self, *among: str) -> str:
        return f"{self._selector(*among)}[{self._pick(*_WINDOWS)}]{self._shift()}"

    def _windowed(self, _depth: int) -> str:
        if self._rng.random() < 0.4:
            return f"{self._pick(*_COUNTERS)}({self._range('requests_total')})"
        gauge = self._range("heat", "load")
        return self._pick(
            f"{self._pick(*_GAUGES)}({gauge})",
            f"{self._pick(*_OVER_TIME)}_over_time({gauge})",
            f"quantile_over_time({self._pick('0.5', '0.9', '-1', '2')}, {gauge})",
            f"predict_linear({gauge}, {self._pick('60', '3600')})",
            f"{self._smoothing}({gauge}, 0.3, 0.6)",
            f"absent_over_time({self._range('heat', 'absence')})",
        )

    def _called(self, depth: int) -> str:
        inner = self.vector(depth)
        return self._pick(
            f"{self._pick(*_INSTANT)}({inner})",
            f"{self._pick(*_CALENDAR)}({self._selector('requests_total')})",  # of NaN, machines differ
            f"clamp({inner}, -3, {self._pick('7', '0')})",
            f"clamp_{self._pick('min', 'max')}({inner}, 2.5)",
            f"round({inner}, 0.5)",
            f"{self._pick(*_TRIGONOMETRY)}({inner})",
            f"sort_desc({inner})",
            f"last_over_time({self._range()})",
            f"-{inner}",
            f"vector({self._pick('1', 'time()', f'scalar({inner})')})",
            f"{self._selector()}{self._shift()}",
        )

    def _aggregated(self, depth: int) -> str:
        grouping = self._pick("", "", " by (job)", " by (job, code)", " without (instance)", " by (nothing)")
        inner = self.vector(depth)
        rounded = f"round(clamp({inner}, -99, 99), 5)"  # a last bit would make another label
        return self._pick(
            f"{self._pick(*_REDUCE)}{grouping} ({inner})",
            f"{self._pick(*_REDUCE)}{grouping} ({inner})",
            f"quantile{grouping} ({self._pick('0.25', '0.9')}, {inner})",
            f"{self._pick('topk', 'bottomk')}{grouping} ({self._pick('1', '2', '5')}, {inner})",
            f'count_values{grouping} ("seen", {rounded})',
        )

    def _binary(self, depth: int) -> str:
        arithmetic = self._pick("+", "-", "*", "/", "%", "^", "atan2")
        comparison = self._pick("==", "!=", ">", "<", ">=", "<=") + self._pick("", " bool")
        sign = self._pick(arithmetic, comparison)
        left, right = self.vector(depth), self.vector(depth)
        matching = self._pick("", "on (job, instance) ", "ignoring (code, zone) ")
        return self._pick(
            f"({left} {sign} {self._pick('0', '3', '0.5', '1e3')})",
            f"({self._pick('2', 'time()')} {sign} {right})",
            f"({left} {self._pick('and', 'or', 'unless')} {self._pick('', 'on (job) ')}{right})",
            f"({left} {sign} {matching}{right})",
            f"({left} {sign} on (job, instance) group_left {right})",
            f"({left} {sign} on (job, instance) {self._pick('group_left (zone)', 'group_right (code)')} {right})",
        )

    def _chained(self, _depth: int) -> str:
        """Draw a chain without brackets, where what binds tighter decides."""
        signs = [
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "> bool",
            "<= bool",
            "== bool",
            "and",
            "or",
            "unless",
            "atan2",
            "<",
            "!=",
        ]
        words = [self._selector("heat", "load")]
        for sign in self._rng.choices(signs, k=self._rng.randint(2, 4)):
            number = self._pick("2", "-1", "0.5", "-3 ^ 2")
            takes_vector = sign in ("and", "or", "unless") or self._rng.random() < 0.6
            words += [sign, self._pick("-", "", "") + self._selector("heat", "load") if takes_vector else number]
        return " ".join(words)

    def _subquery(self, depth: int) -> str:
        window = self._pick("[5m:1m]", "[10m:30s]", "[3m:]", "[4m:45s] offset 1m")
        was_inside, self._is_inside = self._is_inside, True
        inner = self.vector(max(depth, 0))
        self._is_inside = was_inside
        function = self._pick("max_over_time", "avg_over_time", "count_over_time", "rate", "changes", "deriv")
        return f"{function}(({inner}){window})"

    def _quantile(self, _depth: int) -> str:
        buckets = f"rate(latency_seconds_bucket[{self._pick('1m', '5m')}])"
        by = self._pick("sum by (le) ", "sum by (le, job) ", "")
        share = self._pick("0.5", "0.9", "0.99", "0", "1.5")
        return f"histogram_quantile({share}, {by}({buckets}))"

    def _relabelled(self, depth: int) -> str:
        inner = self.vector(depth)
        return self._pick(
            f'label_replace({inner}, "host", "$1-$2", "instance", "(.*):(.+)")',
            f'label_join({inner}, "all", "/", "job", "instance")',
        )
