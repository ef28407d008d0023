from __future__ import annotations

import pytest

from harness.telemetry import PushRefused
from harness.telemetry.protobuf import message_types, parsed
from tests.harness.telemetry.payloads import field

TYPES = message_types(
    "shop",
    {
        "Order": {"items": (1, "repeated Item"), "note": (3, "string")},
        "Item": {"price": (1, "double"), "count": (2, "int64")},
    },
)


def test_message_is_decoded_as_it_was_described() -> None:
    body = field(1, field(1, 1.5) + field(2, 2)) + field(1, field(2, -1)) + field(3, "soon") + field(9, "unlisted")
    order = parsed(TYPES["Order"], body, what="order")
    assert [(item.price, item.count) for item in order.items] == [(1.5, 2), (0.0, -1)]
    assert order.note == "soon"


def test_message_that_is_damaged_is_refused_and_says_what_it_should_be() -> None:
    with pytest.raises(PushRefused, match="order: "):
        parsed(TYPES["Order"], field(3, "soon")[:-1], what="order")
