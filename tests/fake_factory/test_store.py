from fake_factory.chaos import Chaos, ChaosType
from fake_factory.store import Store, Vendor


def a_store(*ids: str) -> Store:
    store = Store()
    for vendor_id in ids:
        store.put_vendor(Vendor(vendor_id, f"key-{vendor_id}", {"id": vendor_id}))
    return store


def partner(store: Store, vendor_id: str, purpose: str = "p") -> object:
    vendor = store.vendor(vendor_id)
    assert vendor is not None
    connections = store.profile(vendor)["connections"]
    assert isinstance(connections, dict)
    return connections[purpose]["id"] if purpose in connections else "not connected"


def test_connect_pairs_two_and_leaves_the_third_waiting() -> None:
    store = a_store("a", "b", "c")
    for vendor_id in ("b", "a", "c"):
        store.connect(vendor_id, "p", now=0)
    assert [partner(store, vendor_id) for vendor_id in ("a", "b", "c")] == ["b", "a", None]


def test_connect_for_another_purpose_pairs_nobody() -> None:
    store = a_store("a", "b")
    store.connect("a", "p", now=0)
    store.connect("b", "q", now=0)
    assert (partner(store, "a"), partner(store, "b", "q")) == (None, None)


def test_connect_again_keeps_the_partner() -> None:
    store = a_store("a", "b", "c")
    for vendor_id in ("a", "b", "c", "a"):
        store.connect(vendor_id, "p", now=0)
    assert partner(store, "a") == "b"


def test_remove_of_a_vendor_takes_all_that_is_about_it() -> None:
    store = a_store("a", "b")
    store.connect("a", "p", now=0)
    store.connect("b", "p", now=0)
    store.set_admin("a", is_admin=True)
    store.set_code("a", "code")
    store.set_chaos("a", Chaos(ChaosType.FAIL, "code", 0, 0))
    store.remove_vendor("a")
    assert store.vendor_with_key("key-a") is None
    assert (store.is_admin("a"), store.code("a"), store.chaos("a")) == (False, None, None)
    assert partner(store, "b") == "not connected"


def test_rate_of_somebody_else_changes_nothing() -> None:
    store = a_store("a", "b")
    store.connect("a", "p", now=0)
    store.connect("b", "p", now=0)
    store.rate("a", "c", "p", rating=5)
    vendor = store.vendor("a")
    assert vendor is not None
    assert '"rating": 0' in str(store.profile(vendor)).replace("'", '"')
