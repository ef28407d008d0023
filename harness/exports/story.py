"""A scenario that is written by a program, for people to read and go on with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import timedelta
from typing import Any

NOON = timedelta(hours=12)
"""When every such scenario begins."""


@dataclass(slots=True)
class Story:
    """The body of a scenario, as far as it is written."""

    length: timedelta
    """From its beginning."""
    lines: list[str] = field(default_factory=list)
    expectations: list[str] = field(default_factory=list)
    names: dict[str, set[str]] = field(default_factory=dict)
    """What must be imported, by module."""
    depth: int = 1
    """Of indentation."""

    def say(self, line: str) -> None:
        """Write a line."""
        self.lines.append(f"{'    ' * self.depth}{line}")

    def play(self, length: timedelta) -> None:
        """Let time pass."""
        if length:
            self.say(f"scenario.play({span(length)})")
            self.length += length

    def expect(self, operations: Sequence[str], since: timedelta, until: timedelta) -> None:
        """Expect steady state in a window, and that diners succeed at these operations."""
        names, window = self.names.setdefault("harness.checks", set()), f"{time(since)}, {time(until)}"
        names.add("steady_state")
        self.expectations.append(f"    scenario.expect(steady_state, {window}, requests_at_least=10)")
        if operations:
            names.add("operations_work")
            words = ", ".join(f'"{operation}"' for operation in operations)
            self.expectations.append(f"    scenario.expect(operations_work, [{words}], {window})")

    def code(self, value: object) -> str:
        """Write a value as a scenario does, and note what must be imported for it."""
        if isinstance(value, timedelta):
            self.names.setdefault("datetime", set()).add("timedelta")
            return f"timedelta(milliseconds={value / timedelta(milliseconds=1):g})"
        if not is_dataclass(value):
            return f'"{value}"' if isinstance(value, str) else repr(value)
        module = "harness.faults.toxics" if ".toxics." in type(value).__module__ else "harness.faults"
        self.names.setdefault(module, set()).add(type(value).__name__)
        given = [
            f"{one.name}={self.code(getattr(value, one.name))}"
            for one in fields(value)
            if one.init and getattr(value, one.name) != _usual(one)
        ]
        return f"{type(value).__name__}({', '.join(given)})"

    def text(self, title: str, *, name: str, believes: str, mark: str) -> str:
        """Give the whole file.

        Args:
            title: what the file is, in a sentence.
            name: of the test, in any characters.
            believes: the hypothesis.
            mark: what the marker says besides when it begins.
        """
        function = re.sub(r"\W+", "_", name.lower()).strip("_") or "experiment"
        head = [f'"""{prose(title)}."""', "", *self._imports(), "", ""]
        return "\n".join(
            [
                *head,
                f'@pytest.mark.chaos(begins="2024-12-01 {time(timedelta())[1:6]} UTC"{mark})',
                f"def test_{function}(scenario: Scenario, diners: Diners) -> None:",
                f'    """{prose(believes)}."""',
                *self.expectations,
                "    diners.arrive(8)",
                *self.lines,
                "",
            ]
        )

    def _imports(self) -> list[str]:
        names = {**self.names, "harness.scenario": {"Diners", "Scenario"}}
        standard = [f"from datetime import {name}" for name in names.pop("datetime", set())]
        ours = [f"from {module} import {', '.join(sorted(found))}" for module, found in sorted(names.items())]
        return [*standard, *([""] if standard else []), "import pytest", "", *ours]


def prose(text: str) -> str:
    """Make a text fit for a line between quotes, without its full stop."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split()).rstrip(".")


def time(since: timedelta) -> str:
    """Say a time of day, so long after the beginning."""
    seconds = round((NOON + since).total_seconds())
    return f'"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"'


def span(length: timedelta) -> str:
    """Say a duration."""
    return f'"{length.total_seconds():g}s"'


def _usual(declared: Field[Any]) -> object:
    return declared.default if declared.default_factory is MISSING else declared.default_factory()
