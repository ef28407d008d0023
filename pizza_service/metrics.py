"""What the service counts, and how that reads as OTLP JSON.

Counters run from the start of the process and are sent from the first push on, zeros included, so that ``increase()``
sees the first failure. A mean covers the time since the last push, and is left out when nothing happened in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pizza_service.javascript import JsonObject

METHODS = ("GET", "POST", "PUT", "DELETE", "_OTHER")
"""Values of the ``method`` label; the last one is OpenTelemetry's word for methods nobody counts on."""
ACTIVE_FOR_SECONDS = 300.0
"""Users count as active for so long after a request of theirs."""


@dataclass(frozen=True, slots=True)
class Load:
    """How hard the process works its machine."""

    cpu_percent: float
    """Of one core, since the last reading."""
    memory_percent: float
    """Of the machine's memory."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose metrics they are."""

    source: str
    """The ``source`` label, and the service's name."""
    instance: str
    """Tells one process of the service from another."""
    started_at: float
    """When the counters were zero, in seconds since the epoch."""


@dataclass(slots=True)
class _Mean:
    total: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        self.total += value
        self.count += 1

    def take(self) -> float | None:
        mean = self.total / self.count if self.count else None
        self.total, self.count = 0.0, 0
        return mean


@dataclass(slots=True)
class Meters:
    """Counts what happens to one process of the service."""

    requests: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    """Requests answered, by method."""
    auth_attempts: dict[str, int] = field(default_factory=lambda: {"success": 0, "failure": 0})
    """Log-ins and registrations, by result."""
    pizzas_sold: int = 0
    """Items of orders that the factory made."""
    revenue: float = 0.0
    """What those were sold for."""
    creation_failures: int = 0
    """Orders that the factory did not make, whatever the reason."""
    pushes: int = 0
    """Times that metrics were collected, this one included."""
    _seen: dict[int, float] = field(default_factory=dict)
    _service: _Mean = field(default_factory=_Mean)
    _creation: _Mean = field(default_factory=_Mean)

    def count_request(self, method: str, *, seconds: float) -> None:
        """Count an answered request."""
        self.requests[method if method in self.requests else "_OTHER"] += 1
        self._service.add(seconds * 1000)

    def count_auth(self, *, is_good: bool) -> None:
        """Count an attempt to log in or register."""
        self.auth_attempts["success" if is_good else "failure"] += 1

    def count_sale(self, pizzas: int, *, revenue: float, seconds: float) -> None:
        """Count an order that was made."""
        self.pizzas_sold += pizzas
        self.revenue += revenue
        self._creation.add(seconds * 1000)

    def count_failure(self, seconds: float) -> None:
        """Count an order that was not."""
        self.creation_failures += 1
        self._creation.add(seconds * 1000)

    def see(self, user_id: int, *, now: float) -> None:
        """Note that a user is there."""
        self._seen[user_id] = now

    def collect(self, now: float, *, load: Load, origin: Origin) -> JsonObject:
        """Everything that was counted, as one OTLP JSON payload; means start again.

        Source: OpenTelemetry protocol 1.x, ``ExportMetricsServiceRequest`` in its JSON form.
        """
        self.pushes += 1
        self._seen = {user: at for user, at in self._seen.items() if now - at < ACTIVE_FOR_SECONDS}
        write = _Writer(nanoseconds(now), nanoseconds(origin.started_at), origin.source)
        metrics = [*self._sums(write), *self._gauges(write, load)]
        resource = write.attributes({"service.name": origin.source, "service.instance.id": origin.instance})
        scope = {"scope": {"name": "pizza_service"}, "metrics": metrics}
        return {"resourceMetrics": [{"resource": {"attributes": resource}, "scopeMetrics": [scope]}]}

    def _sums(self, write: "_Writer") -> Sequence[JsonObject]:
        return (
            write.sum("http_requests", [({"method": method}, n) for method, n in self.requests.items()]),
            write.sum("auth_attempts", [({"result": result}, n) for result, n in self.auth_attempts.items()]),
            write.sum("pizzas_sold", [({}, self.pizzas_sold)]),
            write.sum("pizza_creation_failures", [({}, self.creation_failures)]),
            write.sum("pizza_revenue", [({}, self.revenue)]),
            write.sum("heartbeat", [({}, self.pushes)]),
        )

    def _gauges(self, write: "_Writer", load: Load) -> Sequence[JsonObject]:
        readings = (
            ("active_users", "", len(self._seen)),
            ("cpu_usage", "%", load.cpu_percent),
            ("memory_usage", "%", load.memory_percent),
            ("service_latency", "ms", self._service.take()),
            ("pizza_creation_latency", "ms", self._creation.take()),
        )
        return [write.gauge(name, unit=unit, value=value) for name, unit, value in readings if value is not None]


@dataclass(frozen=True, slots=True)
class _Writer:
    now: str
    started_at: str
    source: str

    def sum(self, name: str, values: Sequence[tuple[Mapping[str, str], float]]) -> JsonObject:
        points = [{"startTimeUnixNano": self.started_at, **self._point(labels, value)} for labels, value in values]
        kind = {"aggregationTemporality": "AGGREGATION_TEMPORALITY_CUMULATIVE", "isMonotonic": True}
        return {"name": name, "unit": "1", "sum": {"dataPoints": points, **kind}}

    def gauge(self, name: str, *, unit: str, value: float) -> JsonObject:
        return {"name": name, "unit": unit, "gauge": {"dataPoints": [self._point({}, value)]}}

    def attributes(self, labels: Mapping[str, str]) -> list[JsonObject]:
        return [{"key": key, "value": {"stringValue": value}} for key, value in labels.items()]

    def _point(self, labels: Mapping[str, str], value: float) -> JsonObject:
        kind = "asInt" if isinstance(value, int) else "asDouble"
        attributes = self.attributes({"source": self.source, **labels})
        return {kind: value, "timeUnixNano": self.now, "attributes": attributes}


def nanoseconds(at: float) -> str:
    """A time in seconds since the epoch, in nanoseconds, as JSON carries such large numbers.

    Only microseconds are told apart: a float holds no more.
    """
    return f"{round(at * 1e6)}000"
