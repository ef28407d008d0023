"""A short soak; `make soak` is the long one."""

from __future__ import annotations

import pytest

from tests.soak import HARMS, NOTHING, soak

pytestmark = pytest.mark.slow

SHORT = ["the history truncated"]


def test_harness_that_is_hurt_itself_is_never_green_by_accident_and_leaks_nothing() -> None:
    said: list[str] = []
    chosen = [NOTHING, *(harm for harm in HARMS if harm.name in SHORT)]
    assert len(chosen) == 1 + len(SHORT)
    assert soak(iter(chosen), seed=5, seconds=300, say=said.append) == (), "\n".join(said)
    assert len(said) == len(chosen)
