import pytest

from harness.alerting.promql import Labels
from harness.alerting.promql.labels import NO_LABELS

ORDERS = Labels({"status": "500", "__name__": "orders_total", "path": "/api"})


def test_labels_in_another_order_are_equal_and_share_a_hash() -> None:
    other = Labels([("path", "/api"), ("status", "500"), ("__name__", "orders_total")])
    assert other == ORDERS
    assert hash(ORDERS) == hash(other)


def test_labels_compared_with_a_plain_mapping_are_equal() -> None:
    assert ORDERS == {"__name__": "orders_total", "path": "/api", "status": "500"}
    assert ORDERS != {"__name__": "orders_total"}


def test_labels_with_an_empty_value_do_not_have_it() -> None:
    assert Labels({"path": "", "status": "200"}) == Labels({"status": "200"})


def test_labels_without_their_name_keep_the_rest_and_are_made_once() -> None:
    assert ORDERS.nameless == {"path": "/api", "status": "500"}
    assert ORDERS.nameless is ORDERS.nameless
    assert ORDERS.nameless.nameless is ORDERS.nameless


def test_labels_kept_dropped_and_replaced_leave_the_original_alone() -> None:
    assert ORDERS.keep({"path"}) == {"path": "/api"}
    assert ORDERS.without({"path", "__name__"}) == {"status": "500"}
    assert ORDERS.replacing("status", "").replacing("job", "pizza") == {
        "__name__": "orders_total",
        "path": "/api",
        "job": "pizza",
    }
    assert len(ORDERS) == 3


def test_labels_asked_for_one_that_is_absent_give_nothing() -> None:
    assert ORDERS.value("job") == ""
    assert ORDERS.get("job") is None
    with pytest.raises(KeyError, match="job"):
        ORDERS["job"]


def test_labels_as_text_read_like_a_selector() -> None:
    assert str(ORDERS) == 'orders_total{path="/api",status="500"}'
    assert str(Labels({"__name__": "up"})) == "up"
    assert str(NO_LABELS) == "{}"
    assert str(Labels({"a": 'say "\\"\n'})) == '{a="say \\"\\\\\\"\\n"}'
