"""Writes the reference pages that say what the code says: commands, events, and the table of settings.

Run it with `python -m tests.reference` after adding or changing one of them; to say more, say it in the code. Faults
have a page of their own (`tests/fault_reference.py`), and so have modules (`tests/whats_here.py`).
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import msgspec
import typer

from harness import settings
from harness.cli import app
from harness.events import AnyEvent, Event
from harness.settings import Settings
from tests.house import ROOT

REFERENCE = ROOT / "docs" / "reference"
OURS = {"at", "steady", "seq"}
"""Fields that every event has."""

COMMANDS = """\
# Commands

What `pizza-chaos COMMAND --help` says; `python -m tests.reference` writes this page. Exit codes are the same
everywhere: 0 all is well, 1 something was found, 2 nothing may be concluded.

`pizza-chaos --install-completion` teaches your shell (bash, zsh, fish or PowerShell) to complete commands and options;
`--show-completion` prints what it would install.
"""

EVENTS = """\
# Events

Every line of a history is one event: a flat JSON object whose `kind` says which. Each has `at` (incident time, ISO 8601
with a zone), `steady` (seconds that never leap, see [steady time](../decisions/0001-steady-time.md)) and `seq` (its
place, from 0; the report calls it line `seq` + 1). A field that has its usual value is left out. Durations end in
`_seconds`. `python -m tests.reference` writes this page from `harness/events`.
"""

BEGINS, ENDS = "<!-- python -m tests.reference: begins -->\n", "<!-- python -m tests.reference: ends -->\n"


def commands_page() -> str:
    """Write the page of commands, those below others after them."""
    root: Any = typer.main.get_command(app)
    return "\n".join([COMMANDS, *_commands("pizza-chaos", root)])


def _commands(path: str, group: Any) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(f"{path} {name}", command)
            continue
        arguments = [each for each in command.params if each.opts[0][0] != "-"]
        yield f"## {path} {name}\n"
        yield f"```sh\n{path} {name} {' '.join([*map(_shown, arguments), '[OPTIONS]'])}\n```\n"
        yield f"{inspect.cleandoc(command.help)}\n"
        if command.params:
            yield "| argument or option | meaning | default |\n|---|---|---|"
            yield from map(_row, command.params)
            yield ""


def _shown(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _row(parameter: Any) -> str:
    meaning, _, said = _in_a_cell(parameter.help or "").partition(" [default: ")
    is_said = parameter.default not in (None, "", False) and not callable(parameter.default)
    default = said.rstrip("]") or (f"`{parameter.default}`" if is_said else "required" if parameter.required else "")
    name = f"`{parameter.opts[0]}`" if parameter.opts[0][0] == "-" else f"`{parameter.name.upper()}`"
    environment = f" (or `${parameter.envvar}`)" if getattr(parameter, "envvar", None) else ""
    return f"| {name}{environment} | {meaning} | {default} |"


def events_page() -> str:
    """Write the page of events, in the order in which they are told of."""
    return "\n".join([EVENTS, *map(_event, get_args(AnyEvent))])


def _event(kind: type[Event]) -> str:
    meanings = _meanings(inspect.getmodule(kind))[kind.__name__]
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    names = [field.name for field in info.fields if field.name not in OURS]
    told = [f"`{name}`: {meanings[name]}" if name in meanings else f"`{name}`" for name in names]
    lines = "".join(f"- {line}\n" for line in told)
    return f"## {info.tag}\n\n{inspect.cleandoc(kind.__doc__ or '')}\n" + (f"\n{lines}" if lines else "")


def settings_page() -> str:
    """Write the page of settings: its table anew, and all else as it stands."""
    page = (REFERENCE / "settings.md").read_text()
    meanings = _meanings(settings)["Settings"]
    rows = [
        f"| `{field.name.replace('_', '-')}` | {_default(field.default)} | {meanings[field.name]} |"
        for field in fields(Settings)
    ]
    table = "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])
    return f"{page.split(BEGINS)[0]}{BEGINS}{table}\n{ENDS}{page.split(ENDS)[1]}"


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value != "" else ""


def _meanings(module: Any) -> dict[str, dict[str, str]]:
    """Read the docstring under each field of each class of a module."""
    tree = ast.parse(Path(module.__file__).read_text())
    return {node.name: dict(_documented(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _documented(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            assert isinstance(field.target, ast.Name)
            yield field.target.id, _in_a_cell(str(below.value.value))


def _in_a_cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", r"\|")


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "events.md": events_page,
    "settings.md": settings_page,
}

if __name__ == "__main__":
    for file, page in PAGES.items():
        (REFERENCE / file).write_text(page())
