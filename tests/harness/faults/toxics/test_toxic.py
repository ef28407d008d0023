from __future__ import annotations

from harness.faults.toxics import TOXICS
from harness.faults.toxics.toxic import AT_ONCE
from tests.harness.faults.toxics.moments import moment


def test_toxics_have_names_of_their_own() -> None:
    assert sorted(toxic.type for toxic in TOXICS) == sorted({toxic.type for toxic in TOXICS})


def test_moment_since_is_the_later_of_arrival_and_of_being_free() -> None:
    assert moment(1, arrived=5.0, free=AT_ONCE).since == 5.0
    assert moment(1, arrived=5.0, free=7.0).since == 7.0
