"""The catalogue in words: what each fault hurts, takes and shows, read from the faults themselves.

Rules of this file: nothing is said here that a fault does not say. Its docstring begins with what it does, may go on
about it in further paragraphs, and ends with paragraphs that begin with `Cleanup:`, `Evidence:` or `Source:`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass

from harness.errors import ScenarioError, unknown_name
from harness.faults import CATALOGUE
from harness.faults.fault import Fault
from harness.faults.parameters import Parameter, parameters_of

LABELS = ("Cleanup", "Evidence", "Source")
"""What a paragraph of a fault's docstring may be headed by."""


@dataclass(frozen=True, slots=True)
class Described:
    """One fault, for whoever reads about it."""

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


def described() -> tuple[Described, ...]:
    """Describe every fault, in the order of the catalogue; one that goes by several names once for each."""
    return tuple(one for kind in CATALOGUE for one in variants(kind))


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
    """Give the fault of a name.

    Raises:
        ScenarioError: when the catalogue has none, with the one that was probably meant.
    """
    known = {one.name: one for one in described()}
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


def in_detail(one: Described) -> list[str]:
    """Give all there is to say about a fault."""
    said = (("a user sees", one.sees), ("evidence of a hit", one.evidence), ("healing", one.cleanup))
    facts = [(f"  {label}:", words) for label, words in (*said, ("source", one.source)) if words]
    lines = [f"{one.name}  ({one.target})", "", f"  with scenario.fault({one.written}):", ""]
    lines += [line for paragraph in one.about for line in (f"  {paragraph}", "")]
    lines += in_columns(facts)
    if one.parameters:
        rows = [(f"    {each.name}", each.meaning, each.range, f"default {each.default}") for each in one.parameters]
        lines += ["", "  parameters:", *in_columns(rows)]
    return lines


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
