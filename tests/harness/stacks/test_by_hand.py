import pytest

from harness.load.outcomes import Reply
from harness.stacks.by_hand import purchase


def test_purchase_ends_at_a_menu_without_a_pizza() -> None:
    steps = purchase("Ada")
    assert next(steps).operation == "register"
    assert steps.send(Reply("ok", 200, {"token": "t"})).operation == "look at the menu"
    with pytest.raises(StopIteration):
        steps.send(Reply("ok", 200, []))


def test_purchase_orders_the_first_pizza_on_the_menu() -> None:
    steps = purchase("Ada")
    next(steps)
    steps.send(Reply("ok", 200, {"token": "t"}))
    order = steps.send(Reply("ok", 200, [{"id": 7, "title": "Veggie", "price": 0.0038}]))
    assert order.body == {
        "franchiseId": 1,
        "storeId": 1,
        "items": [{"menuId": 7, "description": "Veggie", "price": 0.0038}],
    }
