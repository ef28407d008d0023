"""``/api/docs``: the fifteen endpoints the real service describes, in our words.

What it leaves out is left out here too: ``GET /api/user`` and ``DELETE /api/user/:id`` exist and are not listed, and
deleting a franchise is said to need a token, which it does not.
"""

import json

from pizza_service.javascript import JsonObject

_ADMIN = {"id": 1, "name": "常用名字", "email": "a@jwt.com", "roles": [{"role": "admin"}]}
_DINER = {"id": 2, "name": "pizza diner", "email": "d@jwt.com", "roles": [{"role": "diner"}]}
_FRANCHISEE = {"id": 3, "name": "pizza franchisee", "email": "f@jwt.com"}
_FRANCHISE = {
    "id": 1,
    "name": "pizzaPocket",
    "admins": [_FRANCHISEE],
    "stores": [{"id": 1, "name": "SLC", "totalRevenue": 0}],
}
_PIZZA = {"id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden of delight"}
_ITEM = {"menuId": 1, "description": "Veggie", "price": 0.0038}
_ORDER = {"franchiseId": 1, "storeId": 1, "items": [_ITEM]}
_OLD_ORDER = {
    "id": 1,
    "franchiseId": 1,
    "storeId": 1,
    "date": "2024-12-01T20:24:00.000Z",
    "items": [{"id": 1, **_ITEM}],
}
_TOKEN = "tttttt"  # noqa: S105 - stands for a token


def _endpoint(method: str, path: str, description: str, **known: object) -> JsonObject:
    needs_token = {"requiresAuth": True} if known.get("token") else {}
    example = _curl(method, path, sent=known.get("sent"), with_token=bool(needs_token))
    return {
        "method": method,
        "path": path,
        **needs_token,
        "description": description,
        "example": example,
        "response": known["response"],
    }


def _curl(method: str, path: str, *, sent: object, with_token: bool) -> str:
    for name in ("userId", "franchiseId", "storeId"):
        path = path.replace(f":{name}", "1")
    words = ["curl", "-X", method, f"'localhost:3000{path}'"]
    if with_token:
        words += ["-H", f"'Authorization: Bearer {_TOKEN}'"]
    if sent is not None:
        words += ["-H", "'Content-Type: application/json'", "-d", f"'{json.dumps(sent, ensure_ascii=False)}'"]
    return " ".join(words)


ENDPOINTS = (
    _endpoint(
        "POST",
        "/api/auth",
        "Make an account and sign in",
        sent={"name": "pizza diner", "email": "d@jwt.com", "password": "diner"},
        response={"user": _DINER, "token": _TOKEN},
    ),
    _endpoint(
        "PUT",
        "/api/auth",
        "Sign in",
        sent={"email": "a@jwt.com", "password": "admin"},
        response={"user": _ADMIN, "token": _TOKEN},
    ),
    _endpoint("DELETE", "/api/auth", "Sign out", token=True, response={"message": "logout successful"}),
    _endpoint("GET", "/api/user/me", "Tell who the token belongs to", token=True, response=_ADMIN),
    _endpoint(
        "PUT",
        "/api/user/:userId",
        "Change a name, an e-mail address or a password",
        token=True,
        sent={"name": "常用名字", "email": "a@jwt.com", "password": "admin"},
        response={"user": _ADMIN, "token": _TOKEN},
    ),
    _endpoint("GET", "/api/order/menu", "Show the menu", response=[_PIZZA]),
    _endpoint(
        "PUT",
        "/api/order/menu",
        "Put a pizza on the menu",
        token=True,
        sent={key: value for key, value in _PIZZA.items() if key != "id"},
        response=[_PIZZA],
    ),
    _endpoint(
        "GET",
        "/api/order",
        "Show what the diner has ordered",
        token=True,
        response={"dinerId": 2, "orders": [_OLD_ORDER], "page": 1},
    ),
    _endpoint(
        "POST",
        "/api/order",
        "Order pizzas",
        token=True,
        sent=_ORDER,
        response={"order": {**_ORDER, "id": 1}, "jwt": "1111111111"},
    ),
    _endpoint(
        "GET",
        "/api/franchise?page=0&limit=10&name=*",
        "List franchises",
        response={"franchises": [_FRANCHISE], "more": True},
    ),
    _endpoint("GET", "/api/franchise/:userId", "List what a user runs", token=True, response=[_FRANCHISE]),
    _endpoint(
        "POST",
        "/api/franchise",
        "Found a franchise",
        token=True,
        sent={"name": "pizzaPocket", "admins": [{"email": "f@jwt.com"}]},
        response={"name": "pizzaPocket", "admins": [_FRANCHISEE], "id": 1},
    ),
    _endpoint(
        "DELETE",
        "/api/franchise/:franchiseId",
        "Close a franchise",
        token=True,
        response={"message": "franchise deleted"},
    ),
    _endpoint(
        "POST",
        "/api/franchise/:franchiseId/store",
        "Open a store",
        token=True,
        sent={"franchiseId": 1, "name": "SLC"},
        response={"id": 1, "name": "SLC", "totalRevenue": 0},
    ),
    _endpoint(
        "DELETE",
        "/api/franchise/:franchiseId/store/:storeId",
        "Close a store",
        token=True,
        response={"message": "store deleted"},
    ),
)
"""What the service says it answers, in the order it says it."""
