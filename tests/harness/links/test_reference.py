"""The reference page of links names what there is."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from harness.faults.toxics import TOXICS, Toxic
from harness.links import Links, control_app
from tests.harness.links.sockets import on_both_loops

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "links.md").read_text()


@pytest.mark.parametrize("kind", TOXICS, ids=lambda kind: kind.type)
def test_reference_names_every_toxic_and_each_of_its_attributes(kind: type[Toxic]) -> None:
    assert f"| `{kind.type}`" in PAGE
    for declared in fields(kind):
        assert f"`{declared.metadata['spelling'].name}`" in PAGE


@on_both_loops
async def test_reference_names_every_route() -> None:
    async with Links() as links:
        for route in control_app(links).routes:
            assert f"{route.path}`" in PAGE  # type: ignore[attr-defined]
