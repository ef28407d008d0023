"""The example in the package's own docstring, as a reader would copy it."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from types import ModuleType
from typing import Any

import pytest

import harness.testing
from tests.harness.testing.applications import reply


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
