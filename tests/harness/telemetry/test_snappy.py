from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.telemetry import PushRefused, snappy
from harness.telemetry.snappy import NotSnappy, unsnapped
from tests.harness.telemetry.payloads import snapped, varint

MUCH = 1 << 20


@settings(deadline=None)
@given(plain=st.binary(max_size=300) | st.lists(st.sampled_from([b"label", b"value", b"\n\x12"])).map(b"".join))
def test_block_gives_back_what_was_packed(plain: bytes) -> None:
    assert unsnapped(snapped(plain), max_bytes=MUCH) == plain


@pytest.mark.parametrize(
    ("block", "plain"),
    [
        (b"\x00", b""),
        (b"\x03\x08abc", b"abc"),
        (b"\x0a\x04ab" + bytes([4 << 2 | 1, 2]), b"ab" * 5),
        (
            varint(704) + bytes([61 << 2, 187, 2]) + bytes(range(7)) * 100 + bytes([2 << 5 | 1, 188]),
            bytes(range(7)) * 100 + bytes(range(4)),
        ),
        (b"\x06\x04ab" + bytes([3 << 2 | 2, 2, 0]), b"ab" * 3),
        (b"\x06\x04ab" + bytes([3 << 2 | 3, 1, 0, 0, 0]), b"abbbbb"),
        (
            varint(300) + bytes([60 << 2, 99]) + b"x" * 100 + bytes([61 << 2, 199, 0]) + b"y" * 200,
            b"x" * 100 + b"y" * 200,
        ),
        (varint(2) + bytes([62 << 2, 1, 0, 0]) + b"ab", b"ab"),
        (varint(2) + bytes([63 << 2, 1, 0, 0, 0]) + b"ab", b"ab"),
        (varint(2 + 2000) + b"\x04ab" + bytes([63 << 2 | 2, 2, 0]) * 31 + bytes([15 << 2 | 2, 2, 0]), b"ab" * 1001),
    ],
)
def test_block_of_every_kind_of_element_is_undone(block: bytes, plain: bytes) -> None:
    assert unsnapped(block, max_bytes=MUCH) == plain


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (b"", "its plain length does not end"),
        (b"\xff" * 9, "its plain length does not end"),
        (b"\x05\x08abc", "3 bytes come out, and it says 5"),
        (b"\x03\x08ab", "it ends within a stretch of 3 bytes"),
        (b"\x03\x08abc\x08abc", "damaged at byte 5: bytes follow after all 3 have come out"),
        (b"\x08\x04ab" + bytes([1, 3]), "it copies from 3 bytes back, where 2 have come out"),
        (b"\x08\x04ab" + bytes([1, 0]), "it copies from 0 bytes back"),
        (b"\x08\x04ab" + bytes([2, 1]), "it copies from 1 bytes back"),
        (b"\x02\xfc\x01", "it ends within a stretch"),
    ],
)
def test_block_that_is_damaged_is_refused_and_says_where(block: bytes, why: str) -> None:
    with pytest.raises(NotSnappy, match=why):
        unsnapped(block, max_bytes=MUCH)


@pytest.mark.parametrize("block", [varint(101) + bytes([60 << 2, 100]) + bytes(101), snapped(bytes(5000))])
def test_block_that_is_too_large_is_refused_as_that(block: bytes) -> None:
    with pytest.raises(PushRefused, match="larger than the 100 bytes") as refused:
        unsnapped(block, max_bytes=100)
    assert refused.value.status == 413


def test_bomb_is_undone_no_further_than_the_limit() -> None:
    bomb = varint(2**31) + b"\x00a" + bytes([63 << 2 | 2, 1, 0]) * 10_000
    with pytest.raises(PushRefused, match="larger than the 1000 bytes"):
        unsnapped(bomb, max_bytes=1000)


@given(noise=st.binary(max_size=60))
def test_block_of_noise_is_refused_or_undone_and_nothing_else(noise: bytes) -> None:
    with contextlib.suppress(PushRefused):
        assert len(unsnapped(noise, max_bytes=MUCH)) <= MUCH


@pytest.mark.parametrize("size", [0, 1, 59, 60, 127, 128, 300, 70_000])
def test_what_was_packed_comes_out_again(size: int) -> None:
    plain = bytes(range(256)) * 300
    assert unsnapped(snappy.snapped(plain[:size]), max_bytes=100_000) == plain[:size]
