"""The functions that an alert's text may call: Go's own, those of Prometheus, and those that Grafana adds.

Each is given values as Go would know them: texts, numbers, labels, and what `query` brought. One that cannot do its
work raises TemplateError, and the text then says so in place of what it was to say.

Source: the documentation of Go's text/template, of Prometheus' template reference, and of Grafana's alert templates.
"""

from __future__ import annotations

import ipaddress
import math
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

from harness.alerting.go_format import formatted, shortest, written
from harness.alerting.promql.errors import ParseError
from harness.alerting.promql.regex import Regex, compile_regex, expand
from harness.durations import seconds
from harness.errors import ScenarioError

Function = Callable[..., object]
ANY = range(sys.maxsize)
"""As many values as somebody likes."""


class TemplateError(Exception):
    """Raised when an alert's text cannot be expanded."""


@dataclass(frozen=True, slots=True)
class Found:
    """One sample that a query brought, or one value that a Grafana rule saw."""

    Labels: Mapping[str, str]
    """Its labels; the field's name is what templates call it."""
    Value: float
    """Its value."""

    def go_string(self) -> str:
        """Write the value with two digits that say something, as Grafana writes `$values.A`."""
        if not self.Value or not math.isfinite(self.Value):
            return shortest(abs(self.Value))
        return f"{self.Value:.{max(0, 1 - math.floor(math.log10(abs(self.Value))))}f}"


# Numbers


def as_float(value: object) -> float:
    """Take a value for a number, as humanize and its like do."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TemplateError(f"{written(value)} is not a number")
    try:
        return float(value)
    except ValueError:
        raise TemplateError(f"{value!r} is not a number") from None


def _prefixed(value: float, *, step: float, up: str) -> str:
    prefix = ""
    for candidate in up.split():
        if abs(value) < step:
            break
        value, prefix = value / step, candidate
    return f"{value:.4g}{prefix}"


def _small(value: float) -> str:
    prefix = ""
    for candidate in "munpfazy":
        if abs(value) >= 1:
            break
        value, prefix = value * 1000, candidate
    return f"{value:.4g}{prefix}"


def humanize(given: object) -> str:
    """Write 1234567 as `1.235M`, and 0.0012 as `1.2m`."""
    value = as_float(given)
    if value == 0 or not math.isfinite(value):
        return formatted("%.4g", [value])
    return _prefixed(value, step=1000, up="k M G T P E Z Y") if abs(value) >= 1 else _small(value)


def humanize1024(given: object) -> str:
    """Write 2048 as `2ki`."""
    value = as_float(given)
    if abs(value) <= 1 or not math.isfinite(value):
        return formatted("%.4g", [value])
    return _prefixed(value, step=1024, up="ki Mi Gi Ti Pi Ei Zi Yi")


def humanize_percentage(given: object) -> str:
    """Write the ratio 0.951 as `95.1%`."""
    return formatted("%.4g%%", [as_float(given) * 100])


def humanize_duration(given: object) -> str:
    """Write 3725 seconds as `1h 2m 5s`, and 0.02 seconds as `20ms`."""
    value = as_float(given)
    if not math.isfinite(value):
        return formatted("%.4g", [value])
    if abs(value) < 1:
        return f"{_small(value)}s" if value else "0s"
    sign, whole = ("-" if value < 0 else ""), int(abs(value))
    if whole < 60:
        return f"{value:.4g}s"
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    parts = [f"{days}d", f"{hours}h", f"{minutes}m", f"{rest}s"]
    return sign + " ".join(parts[0 if days else 1 if hours else 2 :])


def humanize_timestamp(given: object) -> str:
    """Write seconds since 1970 as a date and a time."""
    value = as_float(given)
    if not math.isfinite(value):
        return formatted("%.4g", [value])
    try:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=math.floor(value * 1000))
    except OverflowError:
        raise TemplateError(f"{shortest(value)} seconds since 1970 is no date") from None
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


# Texts


def _matches(pattern: str, text: str) -> bool:
    return _regex(pattern).search(text)


def _replaced(pattern: str, replacement: str, text: str) -> str:
    return _regex(pattern).sub(lambda found: expand(replacement, found), text)


def _regex(pattern: str) -> Regex:
    try:
        return compile_regex(pattern, dot_matches_newline=False)
    except ParseError as error:
        raise TemplateError(str(error)) from error


def _title(text: str) -> str:
    return "".join(
        char.upper() if not at or not (text[at - 1].isalnum() or text[at - 1] in "_'") else char
        for at, char in enumerate(text)
    )


def _host_and_port(address: str) -> tuple[str, str]:
    """Cut an address in two; the port is empty where there is none."""
    host, colon, port = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        return host[1:-1], port
    return (host, port) if colon and ":" not in host else (address, "")


def _strip_domain(address: str) -> str:
    host, port = _host_and_port(address)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        short = host.split(".", 1)[0]
        return f"{short}:{port}" if port else short
    return address


def _parse_duration(text: str) -> float:
    try:
        return -seconds(text[1:]) if text.startswith("-") else seconds(text)
    except ScenarioError as error:
        raise TemplateError(str(error)) from error


def _printed(*values: object) -> str:
    """Write values one after the other, with a space between two that are no texts."""
    text = ""
    for at, value in enumerate(values):
        apart = at > 0 and not isinstance(value, str) and not isinstance(values[at - 1], str)
        text += " " * apart + written(value)
    return text


# Values


def is_true(value: object) -> bool:
    """Say whether `if` takes a value for true: anything but nothing, zero and what is empty."""
    return bool(value) if isinstance(value, str | int | float | Mapping | Sequence) else value is not None


def _index(value: object, *keys: object) -> object:
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(str(key), "")
        elif isinstance(value, Sequence) and isinstance(key, int) and 0 <= key < len(value):
            value = value[key]
        else:
            raise TemplateError(f"there is nothing at {written(key)} in {written(value)}")
    return value


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping | Sequence):
        return len(value)
    raise TemplateError(f"{written(value)} has no length")


def _equal(first: object, *others: object) -> bool:
    return any(_comparable(first, each) and first == each for each in others)


def _ordered(compare: Function) -> Function:
    return lambda one, other: _comparable(one, other) and compare(one, other)


def _comparable(one: object, other: object) -> bool:
    for kind in (bool, int, float, str):
        if isinstance(one, kind) and isinstance(other, kind) and isinstance(one, bool) == isinstance(other, bool):
            return True
    raise TemplateError(f"{written(one)} and {written(other)} are of types that cannot be compared; write 1.0 for 1")


def _both(*values: object) -> object:
    return next((value for value in values if not is_true(value)), values[-1])


def _either(*values: object) -> object:
    return next((value for value in values if is_true(value)), values[-1])


def _first(found: Sequence[Found]) -> Found:
    if not found:
        raise TemplateError("first: the query brought nothing")
    return found[0]


# Grafana's


def _merged(values: Mapping[str, Found]) -> dict[str, str]:
    """Join the values that each label has in any of several results."""
    names = sorted({name for each in values.values() for name in each.Labels})
    seen = {name: {each.Labels[name] for each in values.values() if name in each.Labels} for name in names}
    return {name: ", ".join(sorted(seen[name])) for name in names}


def _kept(labels: Mapping[str, str], keeps: Callable[[str], bool]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if keeps(name)}


COMMON: Mapping[str, tuple[range, Function]] = {
    "and": (ANY[1:], _both),
    "or": (ANY[1:], _either),
    "not": (range(1, 2), lambda value: not is_true(value)),
    "len": (range(1, 2), _length),
    "index": (ANY[1:], _index),
    "print": (ANY, _printed),
    "println": (ANY, lambda *values: " ".join(map(written, values)) + "\n"),
    "printf": (ANY[1:], lambda pattern, *values: formatted(str(pattern), values)),
    "urlquery": (range(1, 2), lambda value: quote_plus(written(value))),
    "eq": (ANY[2:], _equal),
    "ne": (range(2, 3), lambda one, other: not _equal(one, other)),
    "lt": (range(2, 3), _ordered(operator.lt)),
    "le": (range(2, 3), _ordered(operator.le)),
    "gt": (range(2, 3), _ordered(operator.gt)),
    "ge": (range(2, 3), _ordered(operator.ge)),
    "humanize": (range(1, 2), humanize),
    "humanize1024": (range(1, 2), humanize1024),
    "humanizeDuration": (range(1, 2), humanize_duration),
    "humanizePercentage": (range(1, 2), humanize_percentage),
    "humanizeTimestamp": (range(1, 2), humanize_timestamp),
    "title": (range(1, 2), _title),
    "toUpper": (range(1, 2), str.upper),
    "toLower": (range(1, 2), str.lower),
    "match": (range(2, 3), _matches),
    "reReplaceAll": (range(3, 4), _replaced),
    "stripPort": (range(1, 2), lambda address: _host_and_port(address)[0]),
    "stripDomain": (range(1, 2), _strip_domain),
    "parseDuration": (range(1, 2), _parse_duration),
    "urlQueryEscape": (range(1, 2), quote_plus),
    "safeHtml": (range(1, 2), lambda text: text),
    "args": (ANY, lambda *values: {f"arg{at}": value for at, value in enumerate(values)}),
    "first": (range(1, 2), _first),
    "label": (range(2, 3), lambda name, sample: sample.Labels.get(name, "")),
    "value": (range(1, 2), lambda sample: sample.Value),
    "strvalue": (range(1, 2), lambda sample: sample.Labels.get("__value__", "")),
    "sortByLabel": (range(2, 3), lambda name, found: sorted(found, key=lambda each: each.Labels.get(name, ""))),
    "graphLink": (range(1, 2), lambda text: f"/graph?g0.expr={quote_plus(text)}&g0.tab=0"),
    "tableLink": (range(1, 2), lambda text: f"/graph?g0.expr={quote_plus(text)}&g0.tab=1"),
}
"""What every template may call: how many values it takes, and what it does."""

GRAFANA: Mapping[str, tuple[range, Function]] = {
    "filterLabels": (range(2, 3), lambda labels, name: _kept(labels, lambda each: each == name)),
    "filterLabelsRe": (range(2, 3), lambda labels, pattern: _kept(labels, lambda each: _matches(pattern, each))),
    "removeLabels": (range(2, 3), lambda labels, name: _kept(labels, lambda each: each != name)),
    "removeLabelsRe": (range(2, 3), lambda labels, pattern: _kept(labels, lambda each: not _matches(pattern, each))),
    "mergeLabelValues": (range(1, 2), _merged),
}
"""What templates of Grafana's rules may call besides."""

SURROUNDED: Mapping[str, range] = {
    "query": range(1, 2),
    "externalURL": range(1),
    "pathPrefix": range(1),
    "now": range(1),
}
"""What depends on where and when a template is expanded."""
