"""The templates of labels and annotations: `{{ $labels.method }}`, `{{ $value | humanize }}`.

A small, honest part of Go's text/template: `$labels.NAME`, `$value`, pipes, `printf` and the humanize
functions. Whatever else is written between braces is an error when the rule is loaded, never a wrong text at 5 a.m.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from harness.errors import ScenarioError, unknown_name

NO_VALUE = "[no value]"
"""What stands for a value that the alert does not have, as in Grafana."""

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_ATOM = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')
_VERB = re.compile(r"%(?:%|[-+ 0]*\d*(?:\.\d+)?[fgeGEsv])")
_LABEL = re.compile(r"\$labels\.([A-Za-z_]\w*)|\.Labels\.([A-Za-z_]\w*)")
_VALUE = re.compile(r"\$value|\.Value")

Value = str | float
Operand = Callable[[Mapping[str, str], float | None], Value]


def _written(value: Value) -> str:
    """Write a value as Go's `%v` does: 5 rather than 5.0."""
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e21 else repr(value)


def _scaled(value: float, *, step: float, up: str) -> str:
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


def _plain(value: float) -> bool:
    return value == 0 or not math.isfinite(value)


def humanize(value: float) -> str:
    """Write 1234567 as `1.235M`, and 0.0012 as `1.2m`."""
    if _plain(value):
        return _written(value)
    return _scaled(value, step=1000, up="k M G T P E Z Y") if abs(value) >= 1 else _small(value)


def humanize1024(value: float) -> str:
    """Write 2048 as `2ki`."""
    return _written(value) if _plain(value) else _scaled(value, step=1024, up="ki Mi Gi Ti Pi Ei Zi Yi")


def humanize_percentage(value: float) -> str:
    """Write the ratio 0.951 as `95.1%`."""
    return f"{value * 100:.4g}%" if math.isfinite(value) else _written(value)


def humanize_duration(value: float) -> str:
    """Write 3725 seconds as `1h 2m 5s`, and 0.02 seconds as `20ms`."""
    if _plain(value):
        return f"{_written(value)}s"
    if abs(value) < 1:
        return f"{_small(value)}s"
    sign, whole = ("-" if value < 0 else ""), int(abs(value))
    if whole < 60:
        return f"{value:.4g}s"
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    parts = [f"{days}d", f"{hours}h", f"{minutes}m", f"{rest}s"]
    return sign + " ".join(parts[0 if days else 1 if hours else 2 :])


_FUNCTIONS: dict[str, Callable[[float], str]] = {
    "humanize": humanize,
    "humanize1024": humanize1024,
    "humanizePercentage": humanize_percentage,
    "humanizeDuration": humanize_duration,
}


@dataclass(frozen=True, slots=True)
class Template:
    """A text with places to fill in."""

    text: str
    """As its author wrote it."""
    pieces: tuple[str | Operand, ...]
    """Its literal parts and its places, in order."""

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read a template.

        Raises:
            ScenarioError: when something between braces is beyond the part of the language that is spoken here.
        """
        literal_or_action = _ACTION.split(text)
        pieces = [part if at % 2 == 0 else _pipeline(part) for at, part in enumerate(literal_or_action)]
        if any("{{" in piece for piece in pieces if isinstance(piece, str)):
            message = f"{text!r} opens '{{{{' and never closes it. Write '{{{{ $value }}}}'."
            raise ScenarioError(message)
        return cls(text, tuple(piece for piece in pieces if piece != ""))

    def expand(self, labels: Mapping[str, str], value: float | None) -> str:
        """Fill in the places. A label that is not there is empty; a value that is not there says so."""
        filled = (piece if isinstance(piece, str) else piece(labels, value) for piece in self.pieces)
        return "".join(map(_written, filled))


def _pipeline(source: str) -> Operand:
    """Read `$value | humanize`: each stage takes what the one before it gives, as its last argument."""
    stages = [_ATOM.findall(stage) for stage in _split_pipes(source)]
    result: Operand | None = None
    for stage in stages:
        result = _stage(stage, source, given=result)
    if result is None:
        message = "'{{ }}' is empty. Write '{{ $value }}' or '{{ $labels.NAME }}'."
        raise ScenarioError(message)
    return result


def _split_pipes(source: str) -> list[str]:
    stages = [""]
    for atom in re.findall(r'"(?:[^"\\]|\\.)*"|\||[^"|]+|"', source):
        if atom == "|":
            stages.append("")
        else:
            stages[-1] += atom
    return stages if source else []


def _stage(atoms: list[str], source: str, *, given: Operand | None) -> Operand:
    if not atoms:
        message = f"{{{{ {source} }}}} has nothing on one side of a '|'."
        raise ScenarioError(message)
    name, rest = atoms[0], atoms[1:]
    if given is None and not rest and _is_operand(name):
        return _operand(name, source)
    arguments = [_operand(atom, source) for atom in rest] + ([given] if given is not None else [])
    if name == "printf":
        return _printf(arguments, source)
    if name not in _FUNCTIONS:
        known = [*_FUNCTIONS, "printf", "$labels.NAME", "$value"]
        message = f"{{{{ {source} }}}}: {unknown_name('template function', name, known=known)}"
        raise ScenarioError(message)
    if len(arguments) != 1:
        message = f"{{{{ {source} }}}}: {name} takes one value and was given {len(arguments)}."
        raise ScenarioError(message)
    return _applied(_FUNCTIONS[name], arguments[0])


def _is_operand(atom: str) -> bool:
    return bool(atom.startswith('"') or _LABEL.fullmatch(atom) or _VALUE.fullmatch(atom))


def _operand(atom: str, source: str) -> Operand:
    if found := _LABEL.fullmatch(atom):
        name = found[1] or found[2]
        return lambda labels, _: labels.get(name, "")
    if _VALUE.fullmatch(atom):
        return lambda _, value: NO_VALUE if value is None else value
    if len(atom) > 1 and atom[0] == atom[-1] == '"':
        literal = re.sub(r'\\(["\\])', r"\1", atom[1:-1])
        return lambda _labels, _value: literal
    message = f"{{{{ {source} }}}}: {atom!r} cannot be read. Write $labels.NAME, $value or a text in double quotes."
    raise ScenarioError(message)


def _applied(function: Callable[[float], str], operand: Operand) -> Operand:
    def apply(labels: Mapping[str, str], value: float | None) -> Value:
        got = operand(labels, value)
        try:
            return got if got == NO_VALUE else function(float(got))
        except ValueError:
            return f"<error expanding template: {got!r} is not a number>"

    return apply


def _printf(arguments: list[Operand], source: str) -> Operand:
    if not arguments:
        message = f'{{{{ {source} }}}}: printf needs a format, such as printf "%.2f" $value.'
        raise ScenarioError(message)
    pattern, operands = arguments[0], arguments[1:]

    def apply(labels: Mapping[str, str], value: float | None) -> Value:
        values = iter([operand(labels, value) for operand in operands])
        return _VERB.sub(lambda verb: _formatted(verb[0], values), _written(pattern(labels, value)))

    return apply


def _formatted(verb: str, values: Iterator[Value]) -> str:
    if verb == "%%":
        return "%"
    got = next(values, None)
    if got is None:
        return f"%!{verb[-1]}(MISSING)"
    if verb[-1] in "sv":
        return (verb[:-1] + "s") % _written(got)
    return verb % got if isinstance(got, float) else f"%!{verb[-1]}(string={got})"
