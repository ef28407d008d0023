"""A fault's settings: what each means and may be, said once, for the check and for the reference page alike."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from datetime import timedelta
from typing import Any

from harness.durations import duration, spoken
from harness.errors import ScenarioError

Metadata = Mapping[str, "Allowed"]


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a parameter means and may be."""

    meaning: str
    """In a few words, with the unit."""
    range: str
    """What is allowed, as people write it."""
    complaint: Callable[[Any], str]
    """Given a value: what is wrong with it, or ""."""
    choices: tuple[str, ...] = ()
    """The words it is one of; empty for all else."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a fault, for whoever reads about it."""

    name: str
    meaning: str
    """In a few words, with the unit."""
    range: str
    """What is allowed."""
    default: str
    """As it would be written in a scenario."""
    choices: tuple[str, ...] = ()
    """The words it is one of; empty for all else."""
    attribute: str = ""
    """What the control API calls it; "" for what is no toxic's."""
    unit: str = ""
    """What one of it is there; "" where that needs no word."""


def one_of(meaning: str, *values: str) -> Metadata:
    """Mark a field that is one of some words."""
    said = ", ".join(f"`{value}`" for value in values)
    return {"allowed": Allowed(meaning, said, lambda given: "" if given in values else _near(given, values), values)}


def between(meaning: str, least: float, most: float) -> Metadata:
    """Mark a field that is a number in a range, both ends included."""

    def complaint(given: object) -> str:
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        return "" if is_number and least <= float(str(given)) <= most else "it is not a number in that range."

    return _marked(meaning, f"{least:g} to {most:g}", complaint)


def lasting(meaning: str, least: timedelta, most: timedelta) -> Metadata:
    """Mark a field that is a duration in a range, both ends included."""

    def complaint(given: str | timedelta) -> str:
        try:
            return "" if least <= duration(given) <= most else "it is out of that range."
        except ScenarioError as error:
            return str(error)

    return _marked(meaning, f"{spoken(least)} to {spoken(most)}", complaint)


def instance_of(meaning: str, kind: type, *, said: str) -> Metadata:
    """Mark a field that holds something of a kind."""
    return _marked(meaning, said, lambda given: "" if isinstance(given, kind) else f"it is a {type(given).__name__}.")


def check(fault: Any) -> None:  # noqa: ANN401 - every fault, each a dataclass of its own
    """Look at each parameter of a fault that has just been made.

    Raises:
        ScenarioError: naming the fault, the parameter, the value and what is allowed.
    """
    for declared, allowed in _declared(type(fault)):
        value = getattr(fault, declared.name)
        if complaint := allowed.complaint(value):
            message = f"{type(fault).__name__}: {declared.name} is {value!r}; {complaint} Allowed: {allowed.range}."
            raise ScenarioError(message)


def parameters_of(kind: type) -> tuple[Parameter, ...]:
    """List the parameters of a kind of fault, in the order in which they are given."""
    return tuple(
        Parameter(declared.name, allowed.meaning, allowed.range, _written(declared.default), allowed.choices)
        for declared, allowed in _declared(kind)
    )


def _declared(kind: Any) -> list[tuple[Field[Any], Allowed]]:  # noqa: ANN401 - a dataclass
    return [(declared, declared.metadata["allowed"]) for declared in fields(kind) if "allowed" in declared.metadata]


def _written(value: Any) -> str:  # noqa: ANN401 - whatever a parameter is
    """Write a value as a scenario would: a toxic by what of it is not as always."""
    if isinstance(value, timedelta):
        return f"timedelta(seconds={value.total_seconds():g})"
    if isinstance(value, str):
        return f'"{value}"'
    if not is_dataclass(value):
        return repr(value)
    given = {declared.name: getattr(value, declared.name) for declared in fields(value)}
    unusual = [declared.name for declared in fields(value) if given[declared.name] != declared.default]
    return f"{type(value).__name__}({', '.join(f'{name}={_written(given[name])}' for name in unusual)})"


def _near(given: object, values: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(str(given), values, n=1)
    return f"did you mean {near[0]!r}?" if near else "it is none of these."


def _marked(meaning: str, said: str, complaint: Callable[[Any], str]) -> Metadata:
    return {"allowed": Allowed(meaning, said, complaint)}
