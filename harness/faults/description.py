"""The catalogue in words: what each fault and each toxic hurts, takes and shows, read from themselves.

Rules of this file: nothing is said here that a fault does not say. Its docstring begins with what it does, may go on
about it in further paragraphs, and ends with paragraphs that begin with `Cleanup:`, `Evidence:` or `Source:`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from harness.errors import ScenarioError, unknown_name
from harness.faults import CATALOGUE
from harness.faults.fault import Fault
from harness.faults.parameters import Parameter, parameters_of
from harness.faults.toxics import Toxic
from harness.faults.toxics.attributes import spelling_of
from harness.faults.toxics.examples import EXAMPLES
from harness.faults.toxics.http_toxic import HttpToxic

LABELS = ("Cleanup", "Evidence", "Source")
"""What a paragraph of a fault's docstring may be headed by."""


@dataclass(frozen=True, slots=True)
class Described:
    """One fault or toxic, for whoever reads about it."""

    name: str
    """Its name in the history: `factory_hang`."""
    written: str
    """How a scenario writes it: `FactoryMisbehaves("hang")`."""
    target: str
    """Which box or arrow it hurts."""
    sees: str
    """What a user will see."""
    about: tuple[str, ...]
    """What it does, a paragraph each."""
    cleanup: str
    """How it is healed, where that takes more than the end of the block."""
    evidence: str
    """What proves that it hit something."""
    source: str
    """Where the facts behind it stand."""
    parameters: tuple[Parameter, ...]
    """What it takes, in order."""
    kind: str = "fault"
    """`fault`, or `toxic` for what the fault `on_link` puts on a link, and so does the control API."""


def described() -> tuple[Described, ...]:
    """Describe every fault, in the order of the catalogue; one that goes by several names once for each."""
    return tuple(one for kind in CATALOGUE for one in variants(kind))


def described_toxics() -> tuple[Described, ...]:
    """Describe every toxic."""
    return tuple(_described_toxic(toxic) for toxic in EXAMPLES)


def variants(kind: type[Fault]) -> tuple[Described, ...]:
    """Describe a kind of fault, once for each name that it goes by."""
    parameters = parameters_of(kind)
    first = parameters[0] if parameters else None
    named = {choice: kind(**{first.name: choice}).name for choice in first.choices} if first else {}
    if len(set(named.values())) <= 1:
        given = ", ".join(f"{each.name}={each.default}" for each in parameters)
        return (_described(kind(), written=f"{kind.__name__}({given})", parameters=parameters),)
    return tuple(
        _described(kind(**{first.name: choice}), written=f'{kind.__name__}("{choice}")', parameters=parameters)
        for choice in named
        if first
    )


def each_of(kind: type[Fault]) -> tuple[Fault, ...]:
    """Make a fault of a kind, once for each name that it goes by."""
    first = next(iter(parameters_of(kind)), None)
    made = [kind(**{first.name: choice}) for choice in first.choices] if first else []
    return tuple(made) if len({fault.name for fault in made}) > 1 else (kind(),)


def seen_by_choice(kind: type[Fault]) -> dict[str, str]:
    """Give what a user sees for each word that the first parameter may be, where that makes a difference."""
    parameters = parameters_of(kind)
    choices = parameters[0].choices if parameters else ()
    seen = {choice: kind(**{parameters[0].name: choice}).sees for choice in choices}
    return seen if len(set(seen.values())) > 1 else {}


def find(name: str) -> Described:
    """Give the fault of a name, or else the toxic.

    Raises:
        ScenarioError: when the catalogue has none, with the one that was probably meant.
    """
    known = {one.name: one for one in (*described_toxics(), *described())}
    if name not in known:
        raise ScenarioError(unknown_name("fault", name, known=known))
    return known[name]


def in_columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Write rows so that each column is as wide as its longest word."""
    kept = list(rows)
    widths = [max(map(len, column)) for column in zip(*kept, strict=True)]
    return ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in kept]


def as_table() -> list[str]:
    """Give the catalogue, a line a fault."""
    heads = ("FAULT", "TARGET", "A USER SEES")
    return in_columns([heads, *((one.name, one.target, one.sees) for one in described())])


def toxics_as_table() -> list[str]:
    """Give the toxics, a line each."""
    heads = ("TOXIC", "WHAT IT DOES TO A LINK, FOR INSTANCE")
    return in_columns([heads, *((one.name, one.sees) for one in described_toxics())])


def in_detail(one: Described) -> list[str]:
    """Give all there is to say about a fault or a toxic."""
    said = (("a user sees", one.sees), ("evidence of a hit", one.evidence), ("healing", one.cleanup))
    facts = [(f"  {label}:", words) for label, words in (*said, ("source", one.source)) if words]
    lines = [f"{one.name}  ({one.target})", "", f"  with scenario.fault({one.written}):", ""]
    lines += [line for paragraph in one.about for line in (f"  {paragraph}", "")]
    lines += in_columns(facts)
    if one.parameters:
        rows = [
            (f"    {each.name}", each.meaning, each.range, f"default {each.default}", in_the_api(each))
            for each in one.parameters
        ]
        lines += ["", "  parameters:", *in_columns(rows)]
    return lines


def in_the_api(parameter: Parameter) -> str:
    """Say what the control API calls a toxic's setting, and in which unit; "" for a fault's."""
    if not parameter.attribute:
        return ""
    return f"in the API {parameter.attribute}" + (f", in {parameter.unit}" if parameter.unit else "")


def settings_of(kind: type[Toxic]) -> tuple[Parameter, ...]:
    """List the settings of a kind of toxic, in the order in which they are given."""
    spelled = ((declared, spelling_of(declared)) for declared in fields(kind))
    return tuple(
        Parameter(each.name, said.meaning, said.range, _written(each.default), said.choices, said.name, said.unit)
        for each, said in spelled
    )


def _described_toxic(toxic: Toxic) -> Described:
    given = {declared.name: getattr(toxic, declared.name) for declared in fields(toxic)}
    unusual = [declared.name for declared in fields(toxic) if given[declared.name] != declared.default]
    made = f"{type(toxic).__name__}({', '.join(f'{name}={_written(given[name])}' for name in unusual)})"
    return Described(
        name=toxic.type,
        written=f"OnLink(toxic={made})",
        target="link",
        sees=toxic.sees,
        about=tuple(" ".join(part.split()) for part in (inspect.getdoc(toxic) or "").split("\n\n")),
        cleanup="",
        evidence="each reply that it spoilt"
        if isinstance(toxic, HttpToxic)
        else "each connection to which it did something",
        source="",
        parameters=settings_of(type(toxic)),
        kind="toxic",
    )


def _written(value: Any) -> str:  # noqa: ANN401 - whatever a setting is
    """Write a toxic's setting as a scenario would."""
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return f'"{seconds * 1000:g}ms"' if 0 < seconds < 1 else f'"{seconds:g}s"'
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _described(fault: Fault, *, written: str, parameters: tuple[Parameter, ...]) -> Described:
    paragraphs = [" ".join(part.split()) for part in (inspect.getdoc(fault) or "").split("\n\n")]
    labelled = {label: _under(f"{label}: ", inspect.getdoc(fault) or "") for label in LABELS}
    return Described(
        name=fault.name,
        written=written,
        target=fault.target,
        sees=fault.sees,
        about=tuple(part for part in paragraphs if not part.startswith(tuple(f"{label}: " for label in LABELS))),
        cleanup=labelled["Cleanup"],
        evidence=labelled["Evidence"],
        source=labelled["Source"],
        parameters=parameters,
    )


def _under(heading: str, docstring: str) -> str:
    """Give what a docstring says under a heading, on one line; "" when it has none."""
    words: list[str] = []
    for line in docstring.splitlines():
        if line.startswith(heading):
            words.append(line.removeprefix(heading))
        elif words and line.startswith(" "):
            words.append(line.strip())
        elif words:
            break
    return " ".join(words)
