"""A toxic's attributes as Toxiproxy's API spells them: bare numbers whose unit the field knows.

Inside, a time is a timedelta and a size says `_bytes`; bare integers in milliseconds, microseconds and KB/s exist here
and in what passes through here, nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from harness.errors import ScenarioError, unknown_name
from harness.faults.toxics.toxic import Toxic

Kind = TypeVar("Kind", bound=Toxic)
Metadata = Mapping[str, "Spelling"]


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the API writes one field of a toxic."""

    name: str
    """The attribute's name."""
    json: type
    """What its value is in JSON."""
    unit: timedelta | None = None
    """What one of it is, when it is a time."""
    is_ours: bool = False
    """Whether Toxiproxy has no such attribute; then it is shown only where it is set, so that old clients cope."""

    def value(self, given: object) -> object:
        """Read what the API was given.

        Raises:
            ScenarioError: when it is of the wrong kind, or longer than anybody waits.
        """
        try:
            value: Any = msgspec.convert(given, self.json)
            return value if self.unit is None else value * self.unit
        except msgspec.ValidationError as error:
            message = f"attribute {self.name!r} is {given!r}: {error}."
            raise ScenarioError(message) from error
        except OverflowError:
            message = f"attribute {self.name!r} is {given}: no toxic waits that long. Give less than 10**16."
            raise ScenarioError(message) from None


def milliseconds(name: str) -> Metadata:
    """Mark a field whose attribute is a whole number of milliseconds."""
    return {"spelling": Spelling(name, int, timedelta(milliseconds=1))}


def microseconds(name: str) -> Metadata:
    """Mark a field whose attribute is a whole number of microseconds."""
    return {"spelling": Spelling(name, int, timedelta(microseconds=1))}


def whole(name: str) -> Metadata:
    """Mark a field whose attribute is a whole number."""
    return {"spelling": Spelling(name, int)}


def fraction(name: str) -> Metadata:
    """Mark a field whose attribute is a number."""
    return {"spelling": Spelling(name, float)}


def text(name: str) -> Metadata:
    """Mark a field whose attribute is a text."""
    return {"spelling": Spelling(name, str)}


def ours(name: str, json: type) -> Metadata:
    """Mark a field whose attribute Toxiproxy does not have."""
    return {"spelling": Spelling(name, json, is_ours=True)}


def read(toxic: Kind, attributes: Mapping[str, object]) -> Kind:
    """Give the toxic with these attributes changed and all others as they were.

    Raises:
        ScenarioError: naming the attribute that is unknown, or is not what it must be.
    """
    known = {_spelling(declared).name: declared for declared in fields(toxic)}
    changed: dict[str, Any] = {}
    for name, given in attributes.items():
        if name not in known:
            raise ScenarioError(unknown_name(f"{toxic.type} attribute", name, known=known))
        changed[known[name].name] = _spelling(known[name]).value(given)
    return replace(toxic, **changed)


def written(toxic: Toxic) -> dict[str, Any]:
    """Give a toxic's attributes as the API shows them: all of Toxiproxy's, and ours where they are set."""
    shown: dict[str, Any] = {}
    for declared in fields(toxic):
        spelling, value = _spelling(declared), getattr(toxic, declared.name)
        if not (spelling.is_ours and value == declared.default):
            shown[spelling.name] = value // spelling.unit if spelling.unit else value
    return shown


def _spelling(declared: Field[Any]) -> Spelling:
    found: Spelling = declared.metadata["spelling"]
    return found
