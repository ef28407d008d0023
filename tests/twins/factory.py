"""What a factory is asked: every endpoint of it, by vendor, administrator and nobody, rightly and wrongly."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from tests.twins.conversation import Step, shape

JSON = {"Content-Type": "application/json"}
ALICE, BOB = "alice", "bob"
DINER = {"id": 719, "name": "j", "email": "j@jwt.com"}
ITEM = {"menuId": 1, "description": "Veggie", "price": 0.0038}
ORDER = {"diner": DINER, "order": {"items": [ITEM], "storeId": "5", "franchiseId": 4, "id": 278}}
PIZZA = itemgetter("jwt")


def key_of(vendor_id: str) -> Callable[[Any], str]:
    """Find a vendor's key in the list of all vendors."""
    return lambda vendors: next(str(vendor["apiKey"]) for vendor in vendors if vendor["id"] == vendor_id)


def ours(vendors: Any) -> object:
    """Leave out vendors that a program comes with."""
    return [vendor for vendor in vendors if vendor["id"] in (ALICE, BOB)]


def report_path(body: Any) -> str:
    """Find where a problem is reported, whatever host the URL names."""
    return "/api/support/" + str(body["reportUrl"]).partition("/api/support/")[2]


def chaos(kind: str) -> tuple[Step, ...]:
    """Ask for chaos, order before and after it has begun, report it, and report it again."""
    return (
        Step(f"PUT /api/vendor/chaos/{kind}", {}, by=ALICE),
        Step("GET /api/vendor", by=ALICE),
        Step("POST /api/order", ORDER, by=ALICE),
        Step("POST /api/order", ORDER, by=ALICE, before=ALICE, keeps={"report": report_path}),
        Step("POST /api/order", {}, by=ALICE, keeps={"report": report_path}),
        Step("GET /api/support/{alice}/report/wrong"),
        Step("GET {report}"),
        Step("GET {report}"),
        Step("GET /api/vendor", by=ALICE),
    )


MANNERS = (
    Step("GET /"),
    Step("GET /API/Vendor/Nobody/"),
    Step("HEAD /.well-known/jwks.json"),
    Step("GET /.well-known/jwks.json"),
    Step("POST /.well-known/jwks.json", {}),
    Step("GET /api/docs", hears=shape),
    Step("OPTIONS /api/vendor"),
    Step("OPTIONS /api/order"),
    Step("OPTIONS /nowhere"),
    Step("GET /api/vendor", headers={"Origin": "http://pizza.test"}),
    Step("POST /api/order", raw="{bad", headers=JSON),
    Step("POST /api/order", raw="5", headers=JSON),
    Step("POST /api/order", raw=f'{{"diner":"{"x" * 103_000}"}}', headers=JSON),
    Step("GET /api/vendor/%zz"),
)
"""The manners that all its answers have."""

VENDORS = (
    Step("POST /api/vendor", {"name": "nameless"}),
    Step("POST /api/vendor", {"id": ALICE, "name": "Alice", "gitHubUrl": "https://github.com/a", "secret": 1}),
    Step("POST /api/vendor", {"id": ALICE, "name": "Alice"}),
    Step("POST /api/vendor", {"id": BOB, "name": "Bob", "email": "bob@jwt.com", "phone": "1"}),
    Step("GET /api/vendor/alice"),
    Step("GET /api/vendor/nobody"),
    Step("GET /api/vendor"),
    Step("GET /api/vendor", by="wrong key"),
    Step("GET /api/admin/vendors"),
    Step("GET /api/admin/vendors", by="admin", keeps={ALICE: key_of(ALICE), BOB: key_of(BOB)}, hears=ours),
    Step("GET /api/admin/vendors", by=ALICE),
    Step("GET /api/vendor", by=ALICE),
    Step("PUT /api/vendor", {"name": "Alice"}, by=ALICE),
    Step("PUT /api/vendor", {"id": BOB, "name": "x"}, by=ALICE),
    Step("PUT /api/vendor", {"id": "nobody", "name": "x"}, by="admin"),
    Step("PUT /api/vendor", {"id": ALICE, "website": "https://pizza.test", "gitHubUrl": None}, by=ALICE),
    Step("PUT /api/vendor", {"id": BOB, "phone": None}, by="admin"),
    Step("POST /api/vendor/code", {"id": "nobody"}),
    Step("POST /api/vendor/code", {}),
    Step("POST /api/vendor/auth", {"id": ALICE, "code": "wrong"}),
    Step("POST /api/vendor/auth", {}),
)
"""Vendors, and their keys."""

PARTNERS = (
    Step("POST /api/vendor/connect", {}, by=ALICE),
    Step("POST /api/vendor/connect", {"purpose": 5}, by=ALICE),
    Step("POST /api/vendor/connect", {"purpose": "test"}),
    Step("POST /api/vendor/connect", {"purpose": "test"}, by=ALICE),
    Step("POST /api/vendor/connect", {"purpose": "test"}, by=BOB),
    Step("GET /api/vendor", by=ALICE),
    Step("PUT /api/vendor/connect", {}, by=ALICE),
    Step("PUT /api/vendor/connect", {"id": BOB, "purpose": "test", "rating": 4}, by=ALICE),
    Step("GET /api/vendor", by=ALICE),
    Step("DELETE /api/admin/vendor", {"id": BOB, "deleteType": "connection", "purpose": "test"}, by="admin"),
    Step("GET /api/vendor", by=ALICE),
)
"""Connections between vendors."""

ORDERS = (
    Step("POST /api/order", ORDER),
    Step("POST /api/order", {"order": ORDER["order"]}, by=ALICE),
    Step("POST /api/order", {"diner": DINER, "order": {}}, by=ALICE),
    Step("POST /api/order", {"diner": DINER, "order": {"items": None}}, by=ALICE),
    Step("POST /api/order", ORDER, by=ALICE, keeps={"pizza": PIZZA}),
    Step("POST /api/order", {"diner": DINER, "order": {"items": [ITEM] * 20}}, by=ALICE),
    Step("POST /api/order", {"diner": DINER, "order": {"items": [ITEM] * 21}}, by=ALICE),
    Step("POST /api/order/verify", {"jwt": "{pizza}"}),
    Step("POST /api/order/verify", {"jwt": "bad"}),
    Step("POST /api/order/verify", {"jwt": 5}),
    Step("POST /api/order/verify", {}),
)
"""Orders without chaos."""

CHAOS = (
    Step("PUT /api/vendor/chaos/none", {}, by=ALICE),
    Step("PUT /api/vendor/chaos/fail", {}),
    *chaos("fail"),
    *chaos("badjwt"),
    Step("PUT /api/vendor/chaos/throttle", {}, by=ALICE),
    Step("POST /api/order", ORDER, by=ALICE, before=ALICE, keeps={"report": report_path}),
    Step("GET {report}"),
    Step("PUT /api/vendor/chaos/fail", {}, by=ALICE),
    Step("DELETE /api/admin/vendor", {"id": ALICE, "deleteType": "chaos"}, by="admin"),
    Step("GET /api/vendor", by=ALICE),
    Step("GET /api/support/unknown/report/code"),
    Step("POST /api/support/unknown/report/code", {}),
    Step("GET /api/support/unknown/report"),
)
"""Chaos from its beginning to its report."""

REST = (
    Step("POST /api/badge/alice/my-badge?label=Tests&value=99%25&color=%2300ff00", {}),
    Step("POST /api/badge/al-ice/my-badge?label=Tests&value=99%25&color=%2300ff00", {}, by=ALICE),
    Step("GET /api/badge/alice/mybadge"),
    Step("GET /api/badge/alice/unknown"),
    Step("POST /api/log", {"message": "x"}),
    Step("POST /api/log", {"message": "x"}, by=ALICE),
    Step("PUT /api/log", {"message": "x"}, by=ALICE),
    Step("PUT /api/log", {"message": "heard"}, by="admin"),
    Step("POST /api/log", {"message": "x"}, by=ALICE),
    Step("PUT /api/admin/role", {"roles": ["admin"]}, by="admin"),
    Step("PUT /api/admin/role", {"id": BOB, "roles": ["admin"]}, by=ALICE),
    Step("PUT /api/admin/role", {"id": BOB, "roles": ["vendor", "admin"]}, by="admin"),
    Step("PUT /api/admin/role", {"id": BOB, "roles": ["vendor"]}, by="admin"),
    Step("PUT /api/admin/role", {"id": "nobody", "roles": ["vendor"]}, by="admin"),
    Step("DELETE /api/admin/vendor", {"id": ALICE}, by="admin"),
    Step("DELETE /api/admin/vendor", {"id": "nobody", "deleteType": "all"}, by="admin"),
    Step("DELETE /api/admin/vendor", {"id": ALICE, "deleteType": "all"}, by=BOB),
    Step("DELETE /api/admin/vendor", {"id": ALICE, "deleteType": "all"}, by="admin"),
    Step("GET /api/vendor", by=ALICE),
    Step("GET /api/vendor/alice"),
)
"""Badges, logs and administration."""

CORNERS = (
    *(
        Step(f"OPTIONS {path}")
        for path in (
            "/", "/api/order/verify", "/api/vendor/x", "/api/vendor/chaos/fail", "/api/support/a/report/b",
            "/api/admin/vendor", "/api/badge/a/b", "/api/log", "/.well-known/jwks.json",
        )
    ),
    *(Step(f"HEAD {path}") for path in ("/.well-known/jwks.json", "/api/badge/a/b")),
    *(Step(f"GET {path}") for path in ("/api/order/verify", "/api/vendor/a/b", "/api/support/a", "/api/badge/a")),
    *(Step("POST /api/order/verify", raw=raw, headers=JSON) for raw in ("", "null", "[]", '{"a":1,}')),
    Step("POST /api/order/verify", {"jwt": 5}),
    Step("POST /api/order/verify", {"jwt": {}}),
    Step("POST /api/order/verify", {"jwt": "a.b.c"}),
    Step("POST /api/order/verify", {"jwt": "x" * 500}),
    *(
        Step("POST /api/order/verify", raw="{}", headers={**JSON, **headers})
        for headers in (
            {"Content-Encoding": "gzip"},
            {"Content-Encoding": "nope"},
            {"Content-Type": "application/json; charset=latin1"},
        )
    ),
    *(Step("GET /api/vendor", headers={"Authorization": said}) for said in ("Bearer", "Basic abc")),
    *(
        Step("POST /api/vendor", {"id": vendor_id})
        for vendor_id in ("", 5, None, ["a"], "corner", "CORNER", "corner ", "x" * 300)
    ),
    *(Step(f"GET /api/vendor/{vendor_id}") for vendor_id in ("corner", "Corner", "%20", "%C3%A9")),
    *(Step("POST /api/vendor/auth", sent) for sent in ({"id": "corner"}, {"id": "corner", "code": 5}, {})),
    *(Step("POST /api/vendor/code", sent) for sent in ({}, {"id": "nobody"})),
)  # fmt: skip
"""What nobody sends but by mistake."""

STEPS = (*MANNERS, *VENDORS, *PARTNERS, *ORDERS, *CHAOS, *REST, *CORNERS)
