"""What a service is asked: every endpoint of it, by diner, franchisee, admin and nobody, rightly and wrongly."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from tests.twins.conversation import Step, shape

TOKEN = itemgetter("token")
JSON = {"Content-Type": "application/json"}
ADMIN = {"email": "a@jwt.com", "password": "admin"}
DINER = {"name": "pizza diner", "email": "d@jwt.com", "password": "diner"}
FRANCHISEE = {"name": "pizza franchisee", "email": "f@jwt.com", "password": "franchisee"}
VEGGIE = {"title": "Veggie", "description": "A garden of delight", "image": "pizza1.png", "price": 0.0038}
ITEM = {"menuId": 1, "description": "Veggie", "price": 0.05}
LONG = "x" * 256


def order(*items: object, **more: object) -> dict[str, Any]:
    """Give an order of these items at the only store."""
    return {"franchiseId": 1, "storeId": 1, "items": list(items), **more}


MANNERS = (
    Step("GET /"),
    Step("GET /API/Order/MENU/"),
    Step("HEAD /api/order/menu"),
    Step("POST /", {}),
    Step("GET /api/docs", hears=shape),
    Step("PATCH /api/docs/more", hears=shape),
    Step("GET /nowhere"),
    Step("GET /api/user/5"),
    Step("OPTIONS /api/order"),
    Step("OPTIONS /api/auth"),
    Step("OPTIONS /api/franchise/1/store"),
    Step("OPTIONS /nowhere"),
    Step("GET /api/order/menu", headers={"Origin": "http://pizza.test"}),
    Step("GET /", headers={"If-None-Match": "*"}),
    Step("PUT /api/auth", raw="{bad", headers=JSON),
    Step("PUT /api/auth", raw='"text"', headers=JSON),
    Step("PUT /api/auth", raw="[]", headers=JSON),
    Step("POST /api/auth", raw="{}", headers={"Content-Type": "text/plain"}),
    Step("PUT /api/auth", raw=f'{{"email":"{"x" * 103_000}"}}', headers=JSON),
    Step("GET /api/franchise/%zz"),
)
"""The manners that all its answers have."""

PEOPLE = (
    Step("POST /api/auth", DINER, keeps={"diner": TOKEN}),
    Step("POST /api/auth", FRANCHISEE, keeps={"franchisee": TOKEN}),
    Step("PUT /api/auth", ADMIN, keeps={"admin": TOKEN}),
    Step("POST /api/auth", {"name": "x", "email": "x@jwt.com"}),
    Step("POST /api/auth", {"name": "x", "email": "x@jwt.com", "password": 5}),
    Step("POST /api/auth", {"name": LONG, "email": "x@jwt.com", "password": "x"}),
    Step("POST /api/auth", {**DINER, "name": "second", "roles": [{"role": "admin"}]}, keeps={"second": TOKEN}),
    Step("PUT /api/auth", {"email": "d@jwt.com", "password": "wrong"}),
    Step("PUT /api/auth", {"email": "nobody@jwt.com", "password": "x"}),
    Step("PUT /api/auth", {"password": "x"}),
    Step("PUT /api/auth", {"email": "d@jwt.com"}),
    Step("PUT /api/auth", {"email": None, "password": "x"}),
    Step("PUT /api/auth", {"email": ["d@jwt.com"], "password": "x"}),
    Step("GET /api/user/me", by="diner"),
    Step("GET /api/user/me"),
    Step("GET /api/user/me", by="a.bad.token"),
    Step("GET /api/user", by="diner"),
    Step("GET /api/user"),
    Step("DELETE /api/user/2", by="diner"),
    Step("PUT /api/user/2", {"name": "new name", "email": "d@jwt.com"}, by="diner", keeps={"renamed": TOKEN}),
    Step("GET /api/user/me", by="diner"),
    Step("GET /api/user/me", by="renamed"),
    Step("PUT /api/user/3", {"email": "d@jwt.com"}, by="diner"),
    Step("PUT /api/user/2", {"name": "pizza diner"}, by="diner"),
    Step("PUT /api/user/99", {"email": "nobody@jwt.com"}, by="admin"),
    Step("PUT /api/user/2", {"name": "O'Brien", "email": "d@jwt.com"}, by="diner"),
    Step("PUT /api/user/2", {"email": "d@jwt.com", "name": "pizza diner", "password": "diner"}, by="admin"),
    Step("DELETE /api/auth", by="second"),
    Step("DELETE /api/auth", by="second"),
)
"""Users, and who they are."""

MENU = (
    Step("GET /api/order/menu"),
    Step("PUT /api/order/menu", VEGGIE),
    Step("PUT /api/order/menu", VEGGIE, by="diner"),
    Step("PUT /api/order/menu", VEGGIE, by="admin"),
    Step("PUT /api/order/menu", {"title": "Bare"}, by="admin"),
    Step("PUT /api/order/menu", {**VEGGIE, "price": "abc"}, by="admin"),
    Step("PUT /api/order/menu", {**VEGGIE, "price": 100}, by="admin"),
    Step("PUT /api/order/menu", {**VEGGIE, "title": None}, by="admin"),
    Step("PUT /api/order/menu", {**VEGGIE, "title": LONG}, by="admin"),
    Step("PUT /api/order/menu", {**VEGGIE, "title": "常用", "price": "0.5"}, by="admin"),
    Step("GET /api/order/menu"),
)
"""What is on offer."""

FRANCHISES = (
    Step("GET /api/franchise"),
    Step("POST /api/franchise", {"name": "pizzaPocket", "admins": [{"email": "f@jwt.com"}]}),
    Step("POST /api/franchise", {"name": "pizzaPocket", "admins": [{"email": "f@jwt.com"}]}, by="diner"),
    Step("POST /api/franchise", {"name": "pizzaPocket", "admins": [{"email": "f@jwt.com"}]}, by="admin"),
    Step("POST /api/franchise", {"name": "pizzaPocket", "admins": [{"email": "f@jwt.com"}]}, by="admin"),
    Step("POST /api/franchise", {"name": "lost", "admins": [{"email": "nobody@jwt.com"}]}, by="admin"),
    Step("POST /api/franchise", {"name": "alone"}, by="admin"),
    Step("POST /api/franchise", {"admins": []}, by="admin"),
    Step("POST /api/franchise", {"name": "zebra", "admins": []}, by="admin"),
    Step("POST /api/franchise", {"name": "a_b", "admins": []}, by="admin"),
    Step("PUT /api/auth", {"email": "f@jwt.com", "password": "franchisee"}, keeps={"franchisee": TOKEN}),
    Step("POST /api/franchise/1/store", {"name": "SLC"}),
    Step("POST /api/franchise/1/store", {"name": "SLC"}, by="diner"),
    Step("POST /api/franchise/1/store", {"name": "SLC"}, by="franchisee"),
    Step("POST /api/franchise/1/store", {}, by="franchisee"),
    Step("POST /api/franchise/99/store", {"name": "SLC"}, by="franchisee"),
    Step("POST /api/franchise/99/store", {"name": "SLC"}, by="admin"),
    Step("POST /api/franchise/1/store", {"name": "Provo"}, by="admin"),
    Step("GET /api/franchise?page=0&limit=1&name=*"),
    Step("GET /api/franchise?page=1&limit=2&name=*"),
    Step("GET /api/franchise?limit=3"),
    Step("GET /api/franchise?name=pizza*"),
    Step("GET /api/franchise?name=pizza"),
    Step("GET /api/franchise?name=a\\_b"),
    Step("GET /api/franchise?page=abc"),
    Step("GET /api/franchise?limit=abc"),
    Step("GET /api/franchise?page=-1"),
    Step("GET /api/franchise", by="admin"),
    Step("GET /api/franchise/3", by="franchisee"),
    Step("GET /api/franchise/3", by="diner"),
    Step("GET /api/franchise/3", by="admin"),
    Step("GET /api/franchise/abc", by="admin"),
    Step("GET /api/franchise/3"),
    Step("DELETE /api/franchise/1/store/2"),
    Step("DELETE /api/franchise/1/store/2", by="diner"),
    Step("DELETE /api/franchise/1/store/2", by="franchisee"),
    Step("DELETE /api/franchise/1/store/99", by="admin"),
)
"""Franchises and stores."""

ORDERS = (
    Step("GET /api/order", by="diner"),
    Step("GET /api/order"),
    Step("POST /api/order", order(ITEM)),
    Step("POST /api/order", order(ITEM, {**ITEM, "price": -1}, note="ring twice"), by="diner"),
    Step("POST /api/order", order({**ITEM, "menuId": "1x"}), by="diner"),
    Step("POST /api/order", order({**ITEM, "menuId": 99}), by="diner"),
    Step("POST /api/order", order({"menuId": 1}), by="diner"),
    Step("POST /api/order", order({**ITEM, "description": LONG}), by="diner"),
    Step("POST /api/order", {"franchiseId": 1, "storeId": 1}, by="diner"),
    Step("POST /api/order", order(ITEM, franchiseId="text"), by="diner"),
    Step("POST /api/order", {"items": [ITEM]}, by="diner"),
    Step("POST /api/order", order(ITEM, franchiseId=77, storeId=88), by="diner"),
    Step("POST /api/order", order(ITEM), by="diner", before="fail"),
    Step("POST /api/order", order(ITEM), by="diner", before="badjwt"),
    Step("POST /api/order", order(ITEM), by="diner", before="none"),
    *([Step("POST /api/order", order(ITEM), by="diner")] * 4),
    Step("GET /api/order", by="diner"),
    Step("GET /api/order?page=2", by="diner"),
    Step("GET /api/order?page=9", by="diner"),
    Step("GET /api/order?page=0", by="diner"),
    Step("GET /api/order?page=abc", by="diner"),
    Step("GET /api/franchise", by="admin"),
)
"""Orders, those that fail included."""

CORNERS = (
    *(Step(f"OPTIONS {path}") for path in ("/", "/api/user/me", "/api/user/1", "/api/order/menu", "/api/franchise/1")),
    *(Step(f"HEAD {path}") for path in ("/", "/nowhere", "/api/user/me", "/api/franchise")),
    *(
        Step("POST /api/auth", raw=raw, headers=JSON)
        for raw in (
            "", " ", "null", "5", '{"a":1,}', '{"a":1} x', "{'a':1}", '{"a":', '{"a":01}', '{"a":"\\x"}', '{"a" 1}',
        )
    ),
    *(
        Step("POST /api/auth", raw='{"name":"x"}', headers={**JSON, **headers})
        for headers in (
            {"Content-Type": "application/json; charset=utf-8"},
            {"Content-Type": "application/json; charset=latin1"},
            {"Content-Type": "application/json; charset=utf-16"},
            {"Content-Type": "APPLICATION/JSON"},
            {"Content-Type": "application/vnd.api+json"},
            {"Content-Encoding": "gzip"},
            {"Content-Encoding": "br2"},
        )
    ),
    *(
        Step("POST /api/auth", {"name": name, "email": "e@jwt.com", "password": "p"})
        for name in ("", 0, True, 3.5, ["n"])
    ),
    *(Step("PUT /api/auth", {"email": email, "password": "p"}) for email in ("", 5, True, "E@JWT.COM")),
    *(Step("GET /api/user/me", headers={"Authorization": said}) for said in ("", "Bearer", "Bearer a", "Bearer ..x")),
    *(Step(f"PUT /api/user/{number}", {"email": "d@jwt.com"}, by="admin") for number in ("abc", "2x")),
    *(
        Step(f"GET /api/franchise?{query}")
        for query in (
            "limit=0", "limit=-1", "page=1.5", "page=", "limit=", "name=", "name=%25", "name=a&name=b", "name[x]=1",
            "page[]=1", "limit=%205", "page=0x1",
        )
    ),
    Step("POST /api/franchise", {"name": "corner", "admins": "f@jwt.com"}, by="admin"),
    Step("POST /api/franchise", {"name": "corner", "admins": [{}]}, by="admin"),
    Step("POST /api/franchise", {"name": "corner", "admins": [None]}, by="admin"),
    Step("POST /api/franchise", {"name": "corner", "admins": {}}, by="admin"),
    Step("POST /api/franchise/abc/store", {"name": "s"}, by="admin"),
    *(
        Step("PUT /api/order/menu", {**VEGGIE, "price": price}, by="admin")
        for price in (-1, "", None, "1e1", " 2 ", "2x")
    ),
    *(
        Step("POST /api/order", order(item), by="diner")
        for item in ("text", None, 5, {**ITEM, "menuId": None}, {**ITEM, "menuId": 1.4}, {**ITEM, "price": "x"})
    ),
    *(Step(f"GET /api/order?page={page}", by="diner") for page in ("-1", "1.5", "", "1&page=2")),
)  # fmt: skip
"""What nobody sends but by mistake."""

END = (
    Step("DELETE /api/franchise/99"),
    Step("DELETE /api/franchise/abc"),
    Step("DELETE /api/franchise/1"),
    Step("GET /api/franchise"),
    Step("DELETE /api/franchise/0"),
    Step("PUT /api/auth", ADMIN),
)
"""What anybody may destroy."""

STEPS = (*MANNERS, *PEOPLE, *MENU, *FRANCHISES, *ORDERS, *CORNERS, *END)

GONE = "the database is gone"

WITHOUT_DATABASE = (
    Step("GET /", before=GONE),
    Step("GET /api/docs", hears=shape),
    Step("GET /api/order/menu"),
    Step("GET /api/franchise"),
    Step("POST /api/auth", DINER),
    Step("PUT /api/auth", ADMIN),
    Step("GET /api/user/me", by="diner"),
    Step("GET /api/order", by="diner"),
    Step("POST /api/order", order(ITEM), by="diner"),
    Step("DELETE /api/auth", by="diner"),
    Step("DELETE /api/franchise/1"),
)
"""What is left of a service whose database server has ended; what it said before, it was asked in `STEPS`."""

STEPS_ON_A_SERVER = (*STEPS, *WITHOUT_DATABASE)
