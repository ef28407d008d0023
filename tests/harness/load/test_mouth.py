import os
from collections.abc import Iterator

import msgspec
import pytest

from harness.load.mouth import Mouth


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def heard(end: int) -> list[object]:
    return [msgspec.json.decode(line) for line in os.read(end, 1 << 22).splitlines()]


def test_mouth_says_one_line_a_message(pipe: tuple[int, int]) -> None:
    mouth = Mouth(pipe[1])
    mouth.say({"ready": True})
    mouth.say({"diners": 3})
    assert heard(pipe[0]) == [{"ready": True}, {"diners": 3}]


def test_mouth_that_nobody_hears_never_waits_and_tells_afterwards_what_it_dropped(pipe: tuple[int, int]) -> None:
    mouth = Mouth(pipe[1])
    for number in range(60_000):
        mouth.say({"number": number, "text": "x" * 40})
    first = heard(pipe[0])
    mouth.say({"ready": True})
    notice, last = heard(pipe[0])
    assert last == {"ready": True}
    assert notice == {"dropped": 60_000 - len(first)}
    mouth.say({"ready": True})
    assert heard(pipe[0]) == [{"ready": True}]


def test_mouth_that_is_cut_off_within_a_line_goes_on_where_it_was(pipe: tuple[int, int]) -> None:
    mouth = Mouth(pipe[1])
    long = {"text": "x" * 3_000_000}
    mouth.say(long)
    said = os.read(pipe[0], 1 << 22)
    mouth.say({"ready": True})
    while len(said) < 3_000_000:
        said += os.read(pipe[0], 1 << 22)
        mouth.say({"ready": True})
    said += os.read(pipe[0], 1 << 22)
    assert [msgspec.json.decode(line) for line in said.splitlines()][:2] == [long, {"ready": True}]


def test_mouth_whose_parent_is_gone_is_silent() -> None:
    read, write = os.pipe()
    mouth = Mouth(write)
    os.close(read)
    mouth.say({"ready": True})
    os.close(write)
