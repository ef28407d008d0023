"""The documentation knows what there is: every module, fault, setting and remedy."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

from harness.checks import CHECKS
from harness.checks.check import Check
from harness.cli import app
from harness.faults import CATALOGUE
from harness.faults.toxics import TOXICS
from harness.settings import Settings
from harness.stacks.remedies import REMEDIES
from tests.fault_reference import PAGE as FAULTS
from tests.fault_reference import page
from tests.house import ROOT, complaints, tracked
from tests.reference import PAGES, REFERENCE

PACKAGES = ("harness", "fake_factory", "pizza_service", "scenarios")
WHATS_HERE = ROOT / "docs" / "whats-here.md"
SHOWN = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
"""What a page shows as it is typed."""

TYPED = re.compile(r"\bpizza-chaos ([a-z][a-z-]*(?: [a-z]+)?)([^`|;&#\n]*(?:\\\n[^`|;&#\n]*)*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def modules() -> list[Path]:
    return [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def test_house_rules_are_kept() -> None:
    assert complaints() == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_and_stands_in_whats_here(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    if name.endswith("__init__.py") and not path.read_text().strip():
        return
    assert docstring, f"{name} has no docstring"
    assert f"`{name}`" in WHATS_HERE.read_text(), f"{name} is missing: run `python -m tests.whats_here`"


def test_whats_here_names_nothing_that_is_gone() -> None:
    known = {str(path.relative_to(ROOT)) for path in modules()}
    named = set(re.findall(r"`((?:harness|fake_factory|pizza_service|scenarios)/[\w/]+\.py)`", WHATS_HERE.read_text()))
    assert named - known == set()


@pytest.mark.parametrize("fault", [kind().name for kind in CATALOGUE])
def test_every_fault_has_its_section(fault: str) -> None:
    assert re.search(rf"^## .*\b{fault}\b", FAULTS.read_text(), re.MULTILINE)


@pytest.mark.parametrize("toxic", [kind.type for kind in TOXICS])
def test_every_toxic_stands_among_the_faults(toxic: str) -> None:
    assert f"\n| `{toxic}` | `OnLink(" in FAULTS.read_text()


def test_reference_of_faults_says_what_the_faults_say() -> None:
    assert FAULTS.read_text() == page(), "the page is out of date: run `python -m tests.fault_reference`"


@pytest.mark.parametrize("file", PAGES)
def test_reference_says_what_the_code_says(file: str) -> None:
    assert (REFERENCE / file).read_text() == PAGES[file](), "the page is out of date: run `python -m tests.reference`"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_reference_of_checks_gives_the_arguments_that_there_are(check: Callable[..., Check]) -> None:
    row = re.search(rf"^\| `{check.__name__}\((.*?)\)` \|", (REFERENCE / "checks.md").read_text(), re.MULTILINE)
    assert row, f"{check.__name__} has no row"
    said = [argument.split("=")[0].strip() for argument in re.split(r",(?![^(]*\))", row[1]) if argument.strip()]
    assert ["history", *said] == list(inspect.signature(check).parameters)


@pytest.mark.parametrize("setting", [field.name.replace("_", "-") for field in fields(Settings)])
def test_every_setting_has_its_row(setting: str) -> None:
    assert f"| `{setting}` |" in (ROOT / "docs/reference/settings.md").read_text()


@pytest.mark.parametrize("remedy", REMEDIES)
def test_every_remedy_has_its_row(remedy: str) -> None:
    assert f"| `{remedy}` |" in (ROOT / "docs/reference/scenarios.md").read_text()


def _options(path: str, command: Any) -> Iterator[tuple[str, set[str]]]:
    yield path, {"--help"}.union(*(parameter.opts + parameter.secondary_opts for parameter in command.params))
    for name, below in getattr(command, "commands", {}).items():
        yield from _options(f"{path} {name}".strip(), below)


OPTIONS = dict(_options("", typer.main.get_command(app)))
"""Those of each command."""


@pytest.mark.parametrize("page", [*tracked("README.md"), *tracked("docs/*.md")], ids=lambda page: page.stem)
def test_page_shows_only_commands_and_options_that_there_are(page: Path) -> None:
    wrong = []
    for shown in SHOWN.findall(page.read_text()):
        for words, rest in TYPED.findall(shown):
            name = words if words in OPTIONS else words.split()[0]
            wrong += [f"{words}: no such command"] if name not in OPTIONS else []
            wrong += [f"{name} {each}" for each in OPTION.findall(rest) if each not in OPTIONS.get(name, ())]
    assert wrong == []
