"""How idle clients are spread over processes that may have only so many files open."""

from __future__ import annotations

import pytest

from benchmarks.idle import shares


@pytest.mark.parametrize(
    ("wanted", "files", "spread"),
    [
        (10_000, 20_060, [10_000]),
        (10_000, 20_059, [5_000, 5_000]),
        (10_000, 20_000, [5_000, 5_000]),
        (10_000, 8_060, [3_334, 3_333, 3_333]),
        (3, 62, [1, 1, 1]),
    ],
)
def test_shares_are_as_few_and_as_even_as_the_limit_of_files_allows(wanted: int, files: int, spread: list[int]) -> None:
    assert shares(wanted, files=files) == spread


def test_shares_with_no_files_for_anybody_end_the_program_saying_so() -> None:
    with pytest.raises(SystemExit, match="may have 61 files open"):
        shares(1, files=61)
