import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from pizza_service.settings import Flaw
from tests.pizza_service.conftest import OpenSite
from tests.pizza_service.kit import SETTINGS, Site, answer_with, fail_with, say_nothing

REPORT_URL = "http://factory.test/api/support/vendor-key/report/azaaz47q"
UNDEFINED_PARAMETER = "Bind parameters must not contain undefined. To pass SQL NULL specify JS null"
ITEM = {"menuId": 1, "description": "Veggie", "price": 0.05}


def test_menu_of_the_course_is_listed_by_id(site: Site) -> None:
    assert site.ask("GET", "/api/order/menu").text == (
        '[{"id":1,"title":"Veggie","image":"pizza1.png","price":0.0038,"description":"A garden of delight"},'
        '{"id":2,"title":"Pepperoni","image":"pizza2.png","price":0.0042,"description":"Spicy treat"},'
        '{"id":3,"title":"Margarita","image":"pizza3.png","price":0.0042,"description":"Essential classic"},'
        '{"id":4,"title":"Crusty","image":"pizza4.png","price":0.0028,"description":"A dry mouthed favorite"},'
        '{"id":5,"title":"Charred Leopard","image":"pizza5.png","price":0.0099,'
        '"description":"For those with a darker side"}]'
    )


def test_menu_in_database_trouble_answers_500(site: Site) -> None:
    site.database.trouble = "Too many connections"
    reply = site.ask("GET", "/api/order/menu")
    assert (reply.status_code, reply.json()["message"]) == (500, "Too many connections")


def test_add_to_menu_by_admin_answers_whole_menu(site: Site) -> None:
    pizza = {"title": "Student", "description": "No sauce", "image": "pizza9.png", "price": 2}
    reply = site.ask("PUT", "/api/order/menu", pizza, token=site.sign_in_admin())
    assert reply.status_code == 200
    assert len(reply.json()) == 6
    assert reply.text.endswith('{"id":6,"title":"Student","image":"pizza9.png","price":2,"description":"No sauce"}]')


def test_add_to_menu_by_diner_answers_403_with_stack(site: Site) -> None:
    reply = site.ask("PUT", "/api/order/menu", {}, token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (403, "unable to add menu item")
    assert "stack" in reply.json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price": "abc"}, "Incorrect decimal value: 'abc' for column `pizza`.`menu`.`price` at row 1"),
        ({"price": 100}, "Out of range value for column 'price' at row 1"),
        ({"price": "1x"}, "Data truncated for column 'price' at row 1"),
        ({"title": None}, "Column 'title' cannot be null"),
        ({"image": "i" * 1025}, "Data too long for column 'image' at row 1"),
    ],
)
def test_add_to_menu_what_the_table_cannot_hold_answers_500(
    site: Site, change: dict[str, object], message: str
) -> None:
    pizza = {"title": "Student", "description": "No sauce", "image": "pizza9.png", "price": 0.1, **change}
    reply = site.ask("PUT", "/api/order/menu", pizza, token=site.sign_in_admin())
    assert (reply.status_code, reply.json()["message"]) == (500, message)


def test_add_to_menu_missing_field_answers_500(site: Site) -> None:
    reply = site.ask("PUT", "/api/order/menu", {"title": "Student"}, token=site.sign_in_admin())
    assert (reply.status_code, reply.json()["message"]) == (500, UNDEFINED_PARAMETER)


def test_order_made_answers_order_and_jwt(site: Site) -> None:
    order = {"extra": {"kept": [1.5]}, "franchiseId": 1, "storeId": 1, "items": [{**ITEM, "note": "hot"}]}
    reply = site.ask("POST", "/api/order", order, token=site.sign_in())
    assert reply.status_code == 200
    assert reply.text == (
        '{"order":{"extra":{"kept":[1.5]},"franchiseId":1,"storeId":1,'
        '"items":[{"menuId":1,"description":"Veggie","price":0.05,"note":"hot"}],"id":1},"jwt":"good.pizza.jwt"}'
    )


def test_order_is_sent_to_the_factory_with_diner_and_key(site: Site) -> None:
    site.order(site.sign_in(), 1)
    (request,) = site.upstream.orders
    assert (request.method, str(request.url)) == ("POST", "http://factory.test/api/order")
    assert request.headers["authorization"] == "Bearer vendor-key"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {
        "diner": {"id": 2, "name": "pizza diner", "email": "d@jwt.com"},
        "order": {"franchiseId": 1, "storeId": 1, "items": [ITEM], "id": 1},
    }


def test_order_under_factory_chaos_answers_link(site: Site) -> None:
    site.upstream.make = answer_with(200, {"jwt": "deadbeef", "reportUrl": REPORT_URL})
    reply = site.order(site.sign_in())
    assert reply.status_code == 200
    assert list(reply.json()) == ["order", "followLinkToEndChaos", "jwt"]
    assert reply.json()["followLinkToEndChaos"] == REPORT_URL


@pytest.mark.parametrize("status", [401, 500, 503])
@pytest.mark.parametrize(
    ("factory", "body"),
    [
        (
            {"message": "chaos monkey", "reportUrl": REPORT_URL},
            f'{{"message":"Failed to fulfill order at factory","followLinkToEndChaos":"{REPORT_URL}"}}',
        ),
        ({"message": "oven is full"}, '{"message":"Failed to fulfill order at factory"}'),
    ],
)
def test_order_refused_by_the_factory_answers_500_without_stack(
    site: Site, status: int, factory: object, body: str
) -> None:
    site.upstream.make = answer_with(status, factory)
    reply = site.order(site.sign_in())
    assert (reply.status_code, reply.text) == (500, body)


@pytest.mark.parametrize(
    ("change", "message", "orders", "items"),
    [
        ({"items": None}, "order.items is not iterable", 1, 0),
        ({"items": {}}, "order.items is not iterable", 1, 0),
        ({"items": [None]}, "Cannot read properties of null (reading 'menuId')", 1, 0),
        ({"items": ["pizza"]}, UNDEFINED_PARAMETER, 1, 0),
        ({"items": [ITEM, {**ITEM, "menuId": 99}]}, "No ID found", 1, 1),
        ({"items": [{**ITEM, "menuId": "abc"}]}, "No ID found", 1, 0),
        ({"items": [{"menuId": 1, "price": 1}]}, UNDEFINED_PARAMETER, 1, 0),
        ({"items": [{"menuId": 1, "description": "x"}]}, UNDEFINED_PARAMETER, 1, 0),
        ({"items": [{**ITEM, "description": "x" * 256}]}, "Data too long for column 'description' at row 1", 1, 0),
        (
            {"franchiseId": "abc"},
            "Incorrect integer value: 'abc' for column `pizza`.`dinerOrder`.`franchiseId` at row 1",
            0,
            0,
        ),
    ],
)
def test_order_impossible_answers_500_and_leaves_rows(
    site: Site, change: dict[str, object], message: str, orders: int, items: int
) -> None:
    order = {"franchiseId": 1, "storeId": 1, "items": [ITEM], **change}
    reply = site.ask("POST", "/api/order", order, token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (500, message)
    assert (len(site.rows("dinerOrder")), len(site.rows("orderItem"))) == (orders, items)
    assert site.upstream.orders == []


@pytest.mark.parametrize("missing", ["franchiseId", "storeId"])
def test_order_without_place_answers_500_and_writes_nothing(site: Site, missing: str) -> None:
    order = {"franchiseId": 1, "storeId": 1, "items": [ITEM]}
    del order[missing]
    reply = site.ask("POST", "/api/order", order, token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (500, UNDEFINED_PARAMETER)
    assert site.rows("dinerOrder") == []


def test_order_without_items_key_answers_500(site: Site) -> None:
    reply = site.ask("POST", "/api/order", {"franchiseId": 1, "storeId": 1}, token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (500, "order.items is not iterable")


def test_order_of_no_items_goes_to_the_factory(site: Site) -> None:
    reply = site.ask("POST", "/api/order", {"franchiseId": 1, "storeId": 1, "items": []}, token=site.sign_in())
    assert reply.status_code == 200
    assert len(site.upstream.orders) == 1


def test_order_of_odd_but_legal_values_passes(site: Site) -> None:
    items = [{"menuId": "1x", "description": "x", "price": -3}]
    reply = site.ask("POST", "/api/order", {"franchiseId": "77", "storeId": 88, "items": items}, token=site.sign_in())
    assert reply.status_code == 200
    assert reply.json()["order"] == {"franchiseId": "77", "storeId": 88, "items": items, "id": 1}
    assert [(row["menuId"], row["price"]) for row in site.rows("orderItem")] == [(1, -3)]


def test_history_of_one_order_is_exact(site: Site) -> None:
    token = site.sign_in()
    site.order(token, 1)
    assert site.ask("GET", "/api/order", token=token).text == (
        '{"dinerId":2,"orders":[{"id":1,"franchiseId":1,"storeId":1,"date":"2024-12-01T12:24:00.000Z",'
        '"items":[{"id":1,"menuId":1,"description":"Veggie","price":0.05}]}],"page":1}'
    )


def test_history_of_eleven_orders_has_two_pages(site: Site) -> None:
    token = site.sign_in()
    for _ in range(11):
        site.order(token)
    first = site.ask("GET", "/api/order", token=token).json()
    second = site.ask("GET", "/api/order?page=2", token=token).json()
    assert [order["id"] for order in first["orders"]] == list(range(1, 11))
    assert ([order["id"] for order in second["orders"]], second["page"]) == ([11], "2")
    assert site.ask("GET", "/api/order?page=3", token=token).json() == {"dinerId": 2, "orders": [], "page": "3"}


def test_history_page_that_is_no_number_answers_500(site: Site) -> None:
    reply = site.ask("GET", "/api/order?page=abc", token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (500, "Undeclared variable: NaN")


def test_failed_order_stays_in_history_and_revenue(site: Site) -> None:
    site.upstream.make = answer_with(500, {"message": "chaos monkey"})
    token = site.sign_in()
    for _ in range(3):
        site.order(token, price=0.5)
    assert len(site.ask("GET", "/api/order", token=token).json()["orders"]) == 3
    franchises = site.ask("GET", "/api/franchise", token=site.sign_in_admin()).json()["franchises"]
    assert franchises[0]["stores"][0]["totalRevenue"] == 1.5


@pytest.mark.parametrize(
    "make",
    [
        answer_with(500, {"message": "chaos monkey"}),
        answer_with(502, "<html>"),
        fail_with(httpx.ConnectError("refused")),
        say_nothing,
    ],
)
def test_failed_order_mended_leaves_no_rows(open_site: OpenSite, make: object) -> None:
    site = open_site(fix=Flaw.ORDER_WRITTEN_FIRST)
    token = site.sign_in()
    site.upstream.make, good = make, site.upstream.make  # type: ignore[assignment]
    assert site.order(token).status_code == 500
    assert (site.rows("dinerOrder"), site.rows("orderItem")) == ([], [])
    site.upstream.make = good
    assert site.order(token).json()["order"]["id"] == 2
    assert len(site.rows("dinerOrder")) == 1


def test_impossible_order_mended_leaves_no_rows(open_site: OpenSite) -> None:
    site = open_site(fix=Flaw.ORDER_WRITTEN_FIRST)
    reply = site.order(site.sign_in(), 1, 99)
    assert reply.json()["message"] == "No ID found"
    assert (site.rows("dinerOrder"), site.rows("orderItem")) == ([], [])


def test_failed_order_mended_tells_of_the_factory_when_rows_cannot_be_taken_back(open_site: OpenSite) -> None:
    site = open_site(fix=Flaw.ORDER_WRITTEN_FIRST)
    token = site.sign_in()

    async def lose_the_database(_: httpx.Request) -> httpx.Response:
        site.database.trouble = "gone"
        return httpx.Response(500, json={})

    site.upstream.make = lose_the_database
    assert site.order(token).json() == {"message": "Failed to fulfill order at factory"}


def test_order_at_a_silent_factory_waits_300_seconds(site: Site) -> None:
    token = site.sign_in()
    site.upstream.make = say_nothing
    started = site.runtime.monotonic()
    reply = site.order(token)
    assert (reply.status_code, reply.json()["message"]) == (500, "fetch failed")
    assert site.runtime.monotonic() - started == 300


def test_order_at_a_silent_factory_mended_answers_504_soon(open_site: OpenSite) -> None:
    patient = replace(SETTINGS, patience=timedelta(seconds=2.5))
    site = open_site(patient, fix=Flaw.NO_FACTORY_TIMEOUT)
    token = site.sign_in()
    site.upstream.make = say_nothing
    started = site.runtime.monotonic()
    reply = site.order(token)
    assert (reply.status_code, reply.json()["message"]) == (504, "The pizza factory was silent for 2.5 s")
    assert site.runtime.monotonic() - started == 2.5
