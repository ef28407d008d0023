"""The example in the package's own docstring, as a reader would copy it."""

from __future__ import annotations

import asyncio
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import harness.testing
from tests.harness.testing.applications import reply

ROOT = Path(__file__).parents[3]


async def patient_service(_scope: Any, receive: Any, send: Any) -> None:
    """Wait ten seconds for a factory that says nothing, then give up."""
    await receive()
    await asyncio.sleep(10)  # noqa: TID251 - on a virtual loop
    await reply(send, b"", status=504)


def test_example_of_the_docstring_runs_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    documentation = harness.testing.__doc__ or ""
    example = documentation[documentation.index("    import httpx") : documentation.index("Ten seconds")]
    service = ModuleType("my_service")
    service.app = patient_service  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_service", service)
    named: dict[str, Any] = {}
    exec(textwrap.dedent(example), named)
    named["test_order_at_a_silent_factory_is_given_up_after_ten_seconds"]()


def test_every_public_name_is_documented() -> None:
    undocumented = [
        name
        for name in harness.testing.__all__
        if name not in {"Application", "Headers"} and not getattr(harness.testing, name).__doc__
    ]
    assert undocumented == []


def test_examples_of_the_how_to_run_as_they_are_written() -> None:
    page = (ROOT / "docs" / "how-to" / "test-your-service.md").read_text()
    examples = dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", page, flags=re.DOTALL))
    assert set(examples) == {"pizza_window.py", "test_pizza_window.py", "test_pizza_wire.py"}
    window, tests = ModuleType("pizza_window"), ModuleType("test_pizza_window")
    exec(examples["pizza_window.py"], vars(window))
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "pizza_window", window)
        exec(examples["test_pizza_window.py"], vars(tests))
        names = [name for name in vars(tests) if name.startswith("test_")]
        assert len(names) == 3
        for name in names:
            getattr(tests, name)()


def test_example_on_wires_runs_as_it_is_written() -> None:
    page = (ROOT / "docs" / "how-to" / "test-your-service.md").read_text()
    found = re.search(r"<!-- file: test_pizza_wire.py -->\n```python\n(.*?)```", page, flags=re.DOTALL)
    assert found is not None
    tests = ModuleType("test_pizza_wire")
    exec(found[1], vars(tests))
    names = [name for name in vars(tests) if name.startswith("test_")]
    assert len(names) == 2
    for name in names:
        getattr(tests, name)()


def test_how_to_names_every_tool_that_is_public() -> None:
    page = (ROOT / "docs" / "how-to" / "test-your-service.md").read_text()
    plumbing = {"Address", "Application", "Connection", "Exchange", "Headers", "Request", "Seal"}
    assert [name for name in harness.testing.__all__ if name not in plumbing and f"`{name}" not in page] == []
