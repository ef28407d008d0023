"""A toxic's attributes as Toxiproxy's API spells them: bare numbers whose unit the field knows.

Inside, a time is a timedelta and a size says `_bytes`; bare integers in milliseconds, microseconds and KB/s exist here
and in what passes through here, nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.durations import duration, spoken
from harness.errors import ScenarioError, unknown_name

if TYPE_CHECKING:
    from harness.faults.toxics.toxic import Toxic

Kind = TypeVar("Kind", bound="Toxic")
Metadata = Mapping[str, "Spelling"]
Duration = timedelta | Any
"""A time; a scenario may write it as a text such as "2s", and finds a timedelta."""

_TIMES = {"ms": timedelta(milliseconds=1), "µs": timedelta(microseconds=1)}
_KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "True or False"}


@dataclass(frozen=True, slots=True)
class Spelling:
    """What one field of a toxic means and may be, and how the API writes it."""

    name: str
    """The attribute's name."""
    json: type
    """What its value is in JSON."""
    meaning: str
    """In a few words."""
    unit: str = ""
    """What one of it is in the API; "" where that needs no word."""
    least: float | None = None
    """The least it may be; None for what is no number."""
    most: float | None = None
    """The most it may be; None where there is no such."""
    choices: tuple[str, ...] = ()
    """The words it is one of; empty for all else."""
    said: str = ""
    """What is allowed of a text, where that is not any."""
    is_ours: bool = False
    """Whether Toxiproxy has no such attribute; then it is shown only where it is set, so that old clients cope."""

    @property
    def step(self) -> timedelta | None:
        """What one of it is, when it is a time."""
        return _TIMES.get(self.unit)

    @property
    def range(self) -> str:
        """What is allowed, as people write it."""
        if self.choices:
            return ", ".join(f"`{choice}`" for choice in self.choices)
        if self.least is None:
            return _KINDS[bool] if self.json is bool else self.said or "any text"
        least = f"{self.least:g} {self.unit}".strip()
        return f"{least} or more" if self.most is None else f"{least} to {self.most:g}"

    def value(self, given: object) -> object:
        """Read what the API was given.

        Raises:
            ScenarioError: when it is of the wrong kind, or longer than anybody waits.
        """
        try:
            value: Any = msgspec.convert(given, self.json)
            return value if self.step is None else value * self.step
        except msgspec.ValidationError as error:
            message = f"attribute {self.name!r} is {given!r}: {error}."
            raise ScenarioError(message) from error
        except OverflowError:
            message = f"attribute {self.name!r} is {given}: no toxic waits that long. Give less than 10**16."
            raise ScenarioError(message) from None

    def settled(self, given: Any) -> Any:  # noqa: ANN401 - whatever a scenario wrote
        """Take what a scenario was given; a time may be a text such as "2s".

        Raises:
            ScenarioError: when it is of the wrong kind.
        """
        if self.step is not None:
            return duration(given)
        kinds = (int, float) if self.json is float else self.json
        if not isinstance(given, kinds) or (isinstance(given, bool) and self.json is not bool):
            message = f"it is not {_KINDS[self.json]}."
            raise ScenarioError(message)
        return given

    def allows(self, value: Any) -> bool:  # noqa: ANN401 - of the field's own kind
        """Say whether a value of the right kind is in range."""
        if self.least is None:
            return not self.choices or value in self.choices
        most = math.inf if self.most is None else self.most
        amount: float = value if self.step is None else value / self.step
        return self.least <= amount <= most


def milliseconds(name: str, meaning: str) -> Metadata:
    """Mark a field whose attribute is a whole number of milliseconds."""
    return {"spelling": Spelling(name, int, meaning, unit="ms", least=0)}


def microseconds(name: str, meaning: str) -> Metadata:
    """Mark a field whose attribute is a whole number of microseconds."""
    return {"spelling": Spelling(name, int, meaning, unit="µs", least=0)}


def whole(name: str, meaning: str, *, unit: str = "", least: int = 0, most: int | None = None) -> Metadata:
    """Mark a field whose attribute is a whole number."""
    return {"spelling": Spelling(name, int, meaning, unit=unit, least=least, most=most)}


def share(name: str, meaning: str) -> Metadata:
    """Mark a field whose attribute is a number from 0 to 1."""
    return {"spelling": Spelling(name, float, meaning, least=0, most=1)}


def text(name: str, meaning: str, *, choices: tuple[str, ...] = (), said: str = "") -> Metadata:
    """Mark a field whose attribute is a text; what `said` says of it, its toxic checks."""
    return {"spelling": Spelling(name, str, meaning, choices=choices, said=said)}


def ours(name: str, json: type, meaning: str) -> Metadata:
    """Mark a field whose attribute Toxiproxy does not have."""
    return {"spelling": Spelling(name, json, meaning, is_ours=True)}


def settle(toxic: Toxic) -> None:
    """Look at the settings of a toxic that has just been made, and turn durations that are texts into what they say.

    Toxiproxy takes any number, so of its own toxics the API does too; what scenarios write, `refuse_out_of_range` sees.

    Raises:
        ScenarioError: naming the toxic, the setting, the value and what is allowed.
    """
    for declared in fields(toxic):
        given = getattr(toxic, declared.name)
        try:
            object.__setattr__(toxic, declared.name, spelling_of(declared).settled(given))
        except ScenarioError as error:
            raise complaint(toxic, declared.name, str(error)) from None
    if toxic.is_ours:
        refuse_out_of_range(toxic)


def refuse_out_of_range(toxic: Toxic) -> None:
    """Refuse settings that can have no effect, or not the one that was meant.

    Raises:
        ScenarioError: naming the toxic, the setting, the value and what is allowed.
    """
    for declared in fields(toxic):
        spelling, value = spelling_of(declared), getattr(toxic, declared.name)
        if spelling.allows(value):
            continue
        if spelling.choices:
            raise ScenarioError(unknown_name(f"{toxic.type} {spelling.name}", value, known=spelling.choices))
        raise complaint(toxic, declared.name, "it is out of that range.")


def complaint(toxic: Toxic, name: str, why: str) -> ScenarioError:
    """Say that a setting of a toxic cannot be what it is."""
    spelling = next(spelling_of(declared) for declared in fields(toxic) if declared.name == name)
    said = name if name == spelling.name else f"{name} (in the API: {spelling.name})"
    value = getattr(toxic, name)
    written_value = spoken(value) if isinstance(value, timedelta) else repr(value)
    message = f"{type(toxic).__name__}: {said} is {written_value}; {why} Allowed: {spelling.range}."
    return ScenarioError(message)


def read(there: Kind | type[Kind], attributes: Mapping[str, object]) -> Kind:
    """Give a toxic with these attributes, and all others as they were, or, of a type, as they are by default.

    Raises:
        ScenarioError: naming the attribute that is unknown, or is not what it must be.
    """
    known = {spelling_of(declared).name: declared for declared in fields(there)}
    changed: dict[str, Any] = {}
    for name, given in attributes.items():
        if name not in known:
            raise ScenarioError(unknown_name(f"{there.type} attribute", name, known=known))
        changed[known[name].name] = spelling_of(known[name]).value(given)
    return there(**changed) if isinstance(there, type) else replace(there, **changed)


def written(toxic: Toxic) -> dict[str, Any]:
    """Give a toxic's attributes as the API shows them: all of Toxiproxy's, and ours where they are set."""
    shown: dict[str, Any] = {}
    for declared in fields(toxic):
        spelling, value = spelling_of(declared), getattr(toxic, declared.name)
        if not (spelling.is_ours and value == declared.default):
            shown[spelling.name] = value // spelling.step if spelling.step else value
    return shown


def spelling_of(declared: Field[Any]) -> Spelling:
    """Give what a toxic says of one of its fields."""
    found: Spelling = declared.metadata["spelling"]
    return found
