"""What a checkout seems to say to its monitoring, and how, as far as its code tells without being run.

A guess, for people who write rules: whatever really arrives is told apart by its body, in harness/telemetry.

Source: real-service-forks.md, sections 1 to 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath

from harness.stacks.services.node.checkout import Checkout
from harness.stacks.services.node.renamed import part_of
from harness.telemetry.roles import Role, RoleMap

SIGNING_KEY = "httpJwtSecret"
"""How the forks that take signed bodies only call the key."""

LOGGERS = frozenset({"pizza-logger", "jwt-pizza-logger"})
"""The course's packages: Loki, by way of the factory."""

SLOWEST_PUSH = timedelta(seconds=60)
"""Taken where the code does not tell; the slowest that is known."""

_VAGUE = (Role.REQUESTS, Role.AUTH, Role.PURCHASES, Role.LATENCY, None)
"""What a name alone may say while its labels say more: `pizza`, `login`, `latency`."""

_NAMED = re.compile(
    r"""(?:\w*(?:[Mm]etric|[Gg]auge|[Ss]um|[Cc]ounter|[Pp]rometheus|[Ii]nflux)\w*\(\s*|\bname\s*[:=]\s*)"""
    r"""["'`]([A-Za-z][\w .-]{0,60})["'`]"""
)
_LINE_NAMED = re.compile(r"""[`"']([A-Za-z]\w*),source=""")
_INTERVAL = re.compile(
    r"(?:[Pp]eriodically\(\s*|setInterval\(\s*[\w.]+\s*,\s*|\w*(?:[Ii]nterval|[Pp]eriod)\w*\s*(?:[:=]|\|\||\?\?)\s*|\},\s*)(\d{4,6})\b"
)
_ABOUT_METRICS = re.compile(r"resourceMetrics|config\.(?:metrics|grafana)|setInterval")
_FILE = r"""["'](?:[./\w-]*/)?(?:db|app|local|service|server|my)?[-_]?[cC]onfig(?:\.\w+)?["']"""
_IMPORTS_IT = re.compile(_FILE)
_IMPORTED = re.compile(rf"\b(?:const|let|var)\s+(\w+)\s*=\s*require\(\s*{_FILE}\s*\)((?:\.\w+)*)")
_IMPORTED_AS_MODULE = re.compile(rf"\bimport\s+(?:\*\s+as\s+)?(\w+)\s+from\s+{_FILE}")
_UNPACKED_AT_ONCE = re.compile(rf"\{{([^{{}}]*)\}}\s*(?:=\s*require\(\s*{_FILE}\s*\)((?:\.\w+)*)|from\s+{_FILE})")
_RENAMED = re.compile(r"\b(?:const|let|var)\s+(\w+)\s*=\s*(\w+)((?:\??\.\w+)+)\s*(?:;|\|\||\?\?|\n|$)")
_UNPACKED = re.compile(r"\b(?:const|let|var)\s+\{([^{}]*)\}\s*=\s*(\w+)((?:\??\.\w+)*)\b(?!\s*\()")
_READ = re.compile(r"(?<![.\w$])(\w+)((?:\??\.\w+\b(?!\s*\())+)")
_VARIABLE = re.compile(r"\bprocess\.env\.(\w+)")
_KEPT_PART = re.compile(r"(\w+)\(\s*config\.(metrics|logging|grafana)\s*\)")
_KEY_OF_PART = re.compile(r"\bthis\.config\.(\w+)")
_KEY_OF_WHOLE = re.compile(r"\bthis\.config\.((?:metrics|logging|grafana|factory|db)\.\w+)")

_NOT_KEYS = frozenset({"length", "default", "js", "json", "ts"})
_DEEPEST = 3

_OF_A_GROUP = re.compile(r"(?:\b[sS]cope\s*:\s*|\bnew\s+\w+\s*\(\s*)\{[^{}]*\}")
"""What has a name and is no metric: the scope that metrics are sent under, the options of a library."""

_INFLUX = re.compile(r",\s*source=\$\{|`\$\{\w+\},\$\{")
_LIBRARY_METRICS = re.compile(r"""["']@opentelemetry/exporter-metrics-otlp-[a-z]+["']""")
_SCRAPED = re.compile(r"""["'](?:prom-client|express-prom-bundle|@opentelemetry/exporter-prometheus)["']""")
_LIBRARY_LOGS = re.compile(r"""["'](?:winston|pino)-loki["']""")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as the code names it."""

    name: str
    role: str
    """What it seems to be for; "" when nobody can tell."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a checkout speaks to its monitoring."""

    metrics: str
    """`OTLP`, `Influx lines`, `Loki lines`, `Prometheus text`, `unknown` or `none`."""
    logs: str
    """`Loki`, `Loki by way of the factory`, `unknown` or `none`."""
    keys: tuple[str, ...]
    """What it reads from its configuration: `metrics.url`, `db.connection.host`, …"""
    variables: tuple[str, ...]
    """The environment variables that it reads."""
    names: tuple[Metric, ...]
    """The metrics that its code names."""
    push_interval: timedelta
    """How often it pushes metrics."""
    wants_signatures: bool
    """Whether it takes signed bodies only."""

    @classmethod
    def of(cls, checkout: Checkout) -> Dialect:
        """Read the code of a checkout."""
        code = checkout.sources
        everything = "\n".join(code.values())
        keys = _keys(code.values())
        telling = [text for path, text in code.items() if _is_about_metrics(path, text)]
        return cls(
            _metrics_wire(code.values(), keys),
            _logs_wire(everything, checkout.dependencies, keys),
            keys,
            tuple(sorted(set(_VARIABLE.findall(everything)))),
            _names(telling),
            _interval(telling),
            SIGNING_KEY in everything,
        )

    @property
    def era(self) -> str:
        """When the course taught it like this."""
        read = {f"{part_of(part)}.{key}" for part, _, key in (each.partition(".") for each in self.keys)}
        if any(key.startswith("grafana.") for key in self.keys):
            return "one grafana section, a variant of its own"
        if {"metrics.endpointUrl", "metrics.accountId"} & read:
            return "2026, endpointUrl and accountId"
        if self.metrics == "Influx lines":
            return "fall 2024, Influx lines"
        if any(key.startswith("metrics.") for key in read):
            return "2025, OTLP"
        return "the course's starting point, without telemetry"


def _metrics_wire(code: Iterable[str], keys: tuple[str, ...]) -> str:
    everything = "\n".join(code)
    if "resourceMetrics" in everything or _LIBRARY_METRICS.search(everything):
        return "OTLP"
    if _INFLUX.search(everything):
        return "Influx lines"
    if any("metric" in text.lower() and re.search(r"\bstreams\b", text) for text in code):
        return "Loki lines"
    if _SCRAPED.search(everything):
        return "Prometheus text"
    return "unknown" if any(part_of(key.split(".")[0]) == "metrics" for key in keys) else "none"


def _logs_wire(code: str, dependencies: frozenset[str], keys: tuple[str, ...]) -> str:
    if dependencies & LOGGERS or ("/api/log" in code and "eval(" in code):
        return "Loki by way of the factory"
    if re.search(r"\bstreams\b", code) or _LIBRARY_LOGS.search(code):
        return "Loki"
    return "unknown" if any(part_of(key.split(".")[0]) == "logging" for key in keys) else "none"


def _keys(code: Iterable[str]) -> tuple[str, ...]:
    found: set[str] = set()
    for text in filter(_IMPORTS_IT.search, code):
        called = _what_parts_are_called(text)
        found |= {path for path in called.values() if path}
        found |= {_path(called[name], further) for name, further in _READ.findall(text) if name in called}
        found |= set(_KEY_OF_WHOLE.findall(text))
        for _, part in _KEPT_PART.findall(text):
            found |= {f"{part}.{key}" for key in _KEY_OF_PART.findall(text)}
    return tuple(sorted(key for key in found if not any(other.startswith(f"{key}.") for other in found) and key))


def _what_parts_are_called(text: str) -> dict[str, str]:
    """Give the names by which a file calls the configuration or parts of it, and what each of them is."""
    called = {"config": ""}
    called |= {name: _path("", part) for name, part in _IMPORTED.findall(text)}
    called |= dict.fromkeys(_IMPORTED_AS_MODULE.findall(text), "")
    for names, part in _UNPACKED_AT_ONCE.findall(text):
        called |= _unpacked(names, _path("", part))
    for name, of, part in _RENAMED.findall(text):
        if of in called:
            called[name] = _path(called[of], part)
    for names, of, part in _UNPACKED.findall(text):
        if of in called:
            called |= _unpacked(names, _path(called[of], part))
    return called


def _unpacked(names: str, of: str) -> dict[str, str]:
    """Read `url, apiKey: key`, as it is taken from a part."""
    pairs = [name.split("=")[0].partition(":") for name in names.split(",") if "..." not in name]
    return {(local or key).strip(): _path(of, key) for key, _, local in pairs if key.strip()}


def _path(start: str, further: str) -> str:
    words = [*start.split("."), *re.findall(r"\w+", further)]
    return ".".join([word for word in words if word and word not in _NOT_KEYS][:_DEEPEST])


def _is_about_metrics(path: PurePosixPath, text: str) -> bool:
    return "metric" in str(path).lower() or _ABOUT_METRICS.search(text) is not None


def _names(code: Iterable[str]) -> tuple[Metric, ...]:
    found: dict[tuple[str, str], Metric] = {}
    for text in (_OF_A_GROUP.sub("", text) for text in code):
        for match in (*_NAMED.finditer(text), *_LINE_NAMED.finditer(text)):
            # What belongs to a call ends with it; what belongs to an object, with that.
            ends = r"[;)}]" if match[0].startswith("name") else r"[;)]"
            said = re.split(ends, text[match.start(1) : match.end() + 120])[0]
            metric = Metric(match[1], _role(match[1], said))
            found.setdefault((metric.name, metric.role), metric)
    return tuple(sorted(found.values(), key=lambda metric: (metric.role or "~", metric.name)))


def _role(name: str, said: str) -> str:
    """Guess what a metric is for from its name and, where that is vague, from what the code says beside it."""
    roles = RoleMap()
    by_name = roles.of({"__name__": name})
    found = by_name if by_name.role not in _VAGUE else roles.of({"__name__": name, "type": said})
    return str(found.role or "")


def _interval(code: Iterable[str]) -> timedelta:
    found = [int(number) for text in code for number in _INTERVAL.findall(text)]
    usual = [timedelta(milliseconds=number) for number in found if 1000 <= number <= 120_000]
    return max(usual, default=SLOWEST_PUSH)


def unknown_keys(keys: Iterable[str], configuration: Mapping[str, object]) -> tuple[str, ...]:
    """Give what is read of a configuration and is not in it."""
    return tuple(key for key in keys if not _has(configuration, key.split(".")))


def _has(values: object, path: list[str]) -> bool:
    for name in path:
        if not isinstance(values, Mapping):
            # A method of what is there, such as `config.factory.url.replace`.
            return True
        if name not in values:
            return False
        values = values[name]
    return True
