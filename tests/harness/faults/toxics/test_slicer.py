from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from harness.faults.toxics import Slicer
from harness.faults.toxics.toxic import Drop, Pass
from harness.links.commands import Write
from harness.testing.toxics import check_toxic, play
from tests.harness.faults.toxics.moments import moment


def sizes_of(slicer: Slicer, size: int) -> list[int | None]:
    return [command.size_bytes for command in slicer.on_data(moment(size)) if isinstance(command, Pass | Drop)]


@pytest.mark.parametrize("variation", [0, 900, 5000])
def test_slicer_keeps_every_promise(variation: int) -> None:
    check_toxic(Slicer(1000, variation, timedelta(milliseconds=30)))


def test_slicer_without_variation_halves_until_small_enough() -> None:
    assert sizes_of(Slicer(100), 1000) == [62, 63] * 8


def test_slicer_with_variation_cuts_by_chance_within_bounds() -> None:
    sizes = sizes_of(Slicer(100, 50), 100_000)
    assert sum(size or 0 for size in sizes) == 100_000
    assert len(set(sizes)) > 20
    assert all(size is not None and 0 < size <= 150 for size in sizes)


def test_slicer_leaves_short_data_whole() -> None:
    assert sizes_of(Slicer(100, 50), 150) == [150]


def test_slicer_of_nothing_sends_single_bytes() -> None:
    assert sizes_of(Slicer(), 5) == [1] * 5


def test_slicer_pauses_between_slices_and_pieces() -> None:
    played = play([Slicer(2, 0, timedelta(seconds=1))], [(10.0, b"abcd"), (10.5, b"ef")])
    assert played.commands == [(10.0, Write(b"ab")), (11.0, Write(b"cd")), (12.0, Write(b"ef"))]
    assert all(later[0] - earlier[0] == 1 for earlier, later in pairwise(played.commands))
