"""The reference page knows each step, each case and each option."""

from __future__ import annotations

import re

import pytest
import typer.main

from harness.cli import app
from harness.verify.doctor import NEEDS
from harness.verify.factory.properties import PROPERTIES as TRIED
from harness.verify.factory.suite import CASES, CHAOS_CASES, PROPERTIES
from harness.verify.findings import Standing
from harness.verify.latent import latent_faults
from harness.verify.layers import PAGE_STEP, RULES_STEP
from harness.verify.walk import STEPS
from tests.harness.verify.site import console
from tests.house import ROOT

PAGE = (ROOT / "docs/reference/verify.md").read_text()
NAMES = (
    *(step for step, _ in (*STEPS, RULES_STEP, PAGE_STEP)),
    *(found.step for found in latent_faults(console("127.0.0.1:1"))),
    *(case.name for case in (*CASES, *CHAOS_CASES)),
    *(name for name, _ in PROPERTIES),
    *Standing,
)


@pytest.mark.parametrize("name", NAMES)
def test_reference_names_every_step_and_case(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("command", ["verify", "verify-factory"])
def test_reference_names_every_option(command: str) -> None:
    found = typer.main.get_command(app)
    assert isinstance(found, typer.core.TyperGroup)
    options = [option for parameter in found.commands[command].params for option in parameter.opts]
    for option in options:
        assert not option.startswith("--") or option in PAGE


def test_properties_are_told_without_hypothesis_as_they_are_tried_with_it() -> None:
    assert tuple((each.name, each.section) for each in TRIED) == PROPERTIES


def test_reference_tells_what_the_doctor_looks_for() -> None:
    words = set(re.findall(r"\w+", PAGE.lower()))
    assert {need.program for need in NEEDS} - words <= {"mariadbd", "chromium"}
