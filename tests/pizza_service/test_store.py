from pizza_service.paging import Window
from pizza_service.store import Store
from tests.pizza_service.kit import STARTED_AT, Site


def test_franchises_pattern_with_a_backslash_takes_the_next_character_as_it_is(site: Site) -> None:
    store = Store(site.database)
    for name in ("a_b", "acb"):
        site.run(store.add_franchise(name, admin_ids=[]))
    assert [row["name"] for row in site.run(store.franchises(r"a\_b", Window(0, 10)))] == ["a_b"]
    assert [row["name"] for row in site.run(store.franchises("a_b", Window(0, 10)))] == ["acb", "a_b"]


def test_store_revenues_of_many_small_prices_add_up_exactly(site: Site) -> None:
    store = Store(site.database)
    order_id = site.run(store.add_order(2, {"franchiseId": 1, "storeId": 1}, now=STARTED_AT))
    for _ in range(10):
        site.run(store.add_order_item(order_id, {"menuId": 1, "description": "x", "price": 0.1}))
    assert site.run(store.store_revenues(1)) == [{"id": 1, "name": "SLC", "totalRevenue": 1}]


def test_undo_order_leaves_other_orders(site: Site) -> None:
    store = Store(site.database)
    for _ in range(2):
        order_id = site.run(store.add_order(2, {"franchiseId": 1, "storeId": 1}, now=STARTED_AT))
        site.run(store.add_order_item(order_id, {"menuId": 1, "description": "x", "price": 0.1}))
    site.run(store.undo_order(2))
    assert [order["id"] for order in site.run(store.orders(2, Window(0, 10)))] == [1]
    assert [item["orderId"] for item in site.rows("orderItem")] == [1]
