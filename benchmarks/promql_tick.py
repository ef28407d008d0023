"""What alerting costs: a tick of 20 rules over 200 and over 2,000 series, their memory, and the engine's start.

Each series holds an hour of samples, one every 10 seconds. Run it with `python -m benchmarks.promql_tick`: it prints
each number with its limit, its median with its spread, and how much longer it takes just to look at every sample of the
same windows again. All in processor time: a busy machine counts less.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.limits import Limits
from harness.alerting.promql import Labels, SeriesStore, compile  # noqa: A004 - as in re.compile
from harness.alerting.promql.syntax import Node, Range, children_of

RULES = (
    'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.01',
    'sum by (job) (rate(http_requests_total{status="500"}[1m])) > 5',
    "sum by (path) (increase(http_requests_total[10m])) > 1000",
    "avg_over_time(cpu_percent[5m]) > 80",
    "max by (instance) (cpu_percent) > 95",
    "min_over_time(memory_percent[10m]) > 90",
    "predict_linear(memory_percent[15m], 3600) > 100",
    "deriv(memory_percent[15m]) > 0.1",
    "histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[5m]))) > 0.5",
    "histogram_quantile(0.99, sum by (le, instance) (rate(latency_seconds_bucket[5m]))) > 2",
    "absent(up)",
    "absent_over_time(pizza_purchases_total[5m])",
    "up == 0",
    "changes(up[15m]) > 2",
    "resets(http_requests_total[1h]) > 0",
    'sum(rate(pizza_purchases_total{result="failed"}[5m])) > 0',
    'rate(http_requests_total{path="/api/order"}[1h]) > 14.4 * 0.001 and rate(http_requests_total[5m]) > 14.4 * 0.001',
    "topk(3, sum by (path) (rate(http_requests_total[5m])))",
    "quantile_over_time(0.9, cpu_percent[10m]) > 90",
    "time() - timestamp(up) > 120",
)
HOUR, STEP = 3600, 10
TICKS = 200
TICK_LIMITS = {200: 5.0, 2000: 60.0}
"""Milliseconds of a tick, by how many series there are."""
MEMORY_LIMIT, START_LIMIT = 100.0, 50.0
"""Megabytes of 2,000 series of an hour, and milliseconds until an engine with rules and a store stands."""
RULE_FILE = Path(__file__).parents[1] / "harness/stacks/services/pizza_alerts.yaml"


def measure(limits: Limits) -> None:
    """Print every number with its limit."""
    for count, limit in TICK_LIMITS.items():
        _tick(count, limit, limits)
    limits.at_most("memory of 2,000 series, MB", float(_in_its_own_process("--memory")), MEMORY_LIMIT)
    starts = [float(_in_its_own_process("--start")) for _ in range(5)]
    limits.at_most("start of the engine, ms", statistics.median(starts), START_LIMIT)


def main() -> int:
    limits = Limits()
    measure(limits)
    return limits.exit_code


def _tick(count: int, limit: float, limits: Limits) -> None:
    """Fill a store, run the ticks, and print what they took."""
    store = _store(_series(tasks=count // 50))
    rules = [compile(rule) for rule in RULES]
    windows = [node for rule in rules for node in _ranges(rule.syntax)]
    ticks = _milliseconds(lambda now: [rule.at(store, now) for rule in rules], count=TICKS * 200 // count)
    scans = _milliseconds(lambda now: [_scan(store, window, now) for window in windows], count=3)
    deciles = statistics.quantiles(ticks, n=10)
    what = f"tick of {len(rules)} rules over {len(store):,} series, ms"
    limits.at_most(what, statistics.median(ticks), limit)
    limits.beside(what, statistics.median(ticks), "looking at every sample again", statistics.median(scans))
    print(f"a tenth of the ticks below {deciles[0]:.2f} ms, a tenth above {deciles[-1]:.2f} ms")


def _in_its_own_process(option: str) -> str:
    """Measure in a process in which nothing else has been done."""
    command = [sys.executable, "-m", "benchmarks.promql_tick", option]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _memory() -> float:
    """Megabytes that the series take: what the process holds with them, less what it held before."""
    series = _series(tasks=40)
    before = _resident()
    store = _store(series)
    assert len(store) == 2000
    return _resident() - before


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


def _start() -> float:
    """Milliseconds of reading the course's rules, compiling them, and making an engine over an empty store."""
    from harness.alerting.engine import RuleEngine  # noqa: PLC0415 - only the start needs it
    from harness.alerting.rule_file import load_rules  # noqa: PLC0415

    began = time.process_time()
    RuleEngine(load_rules(RULE_FILE), SeriesStore()).tick(0.0)
    return (time.process_time() - began) * 1000


def _series(*, tasks: int) -> list[Labels]:
    described: list[dict[str, str]] = []
    for number in range(tasks):
        instance = {"job": "pizza", "instance": f"10.0.0.{number}:80"}
        described += (
            {"__name__": "http_requests_total", "path": path, "status": status, **instance}
            for path in ("/api/order", "/api/auth", "/api/franchise", "/api/user", "/docs")
            for status in ("200", "401", "404", "500", "503")
        )
        described += (
            {"__name__": "latency_seconds_bucket", "le": bound, **instance}
            for bound in ("0.01", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf")
        )
        described += (
            {"__name__": "pizza_purchases_total", "menu": str(menu), "result": result, **instance}
            for menu in range(6)
            for result in ("ok", "failed")
        )
        described += ({"__name__": name, **instance} for name in ("cpu_percent", "memory_percent", "up"))
    return [Labels(labels) for labels in described]


def _store(series: list[Labels]) -> SeriesStore:
    store = SeriesStore()
    for at in range(0, HOUR + 1, STEP):
        for index, labels in enumerate(series):
            is_counter = labels["__name__"].endswith(("total", "bucket"))
            store.append(labels, at, float(at * (index % 7 + 1) if is_counter else (at + index) % 97))
    return store


def _ranges(node: Node) -> Iterator[Range]:
    if isinstance(node, Range):
        yield node
    for child in children_of(node):
        yield from _ranges(child)


def _scan(store: SeriesStore, window: Range, now: float) -> float:
    """What a rate costs that walks its window: each sample is compared with the one before."""
    grown = 0.0
    end_ms = int(now * 1000)
    for series in store.select(window.selector.matchers):
        before = None
        for at_ms, value in zip(series.times, series.values, strict=True):
            if end_ms - window.range_ms < at_ms <= end_ms:
                if before is not None:
                    grown += value - before if value >= before else value
                before = value
    return grown


def _milliseconds(tick: Callable[[float], object], *, count: int) -> list[float]:
    taken = []
    for number in range(count):
        started = time.process_time()
        tick(HOUR - number * STEP % 600)
        taken.append((time.process_time() - started) * 1000)
    return taken


if __name__ == "__main__":
    alone = {"--memory": _memory, "--start": _start}.get((*sys.argv, "")[1])
    sys.exit(print(alone()) if alone else main())
