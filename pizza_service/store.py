"""What the service keeps, in its own words: one method for each thing it asks of its database.

As in the real service several steps are several statements: only what deletes is a transaction.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from pizza_service.database import Database, Row
from pizza_service.errors import DatabaseError, DuplicateError, NoConnectionError
from pizza_service.javascript import JsonObject, leading_number, number_text, plain, text
from pizza_service.paging import Window
from pizza_service.schema import syntax_error


class Store:
    """The rows of one pizza service."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def menu(self) -> list[Row]:
        """Every pizza on offer."""
        rows = await self.database.rows("SELECT id, title, image, price, description FROM menu ORDER BY id")
        return [_priced(row) for row in rows]

    async def add_menu_item(self, item: JsonObject) -> None:
        """Offer another pizza."""
        await self.database.insert("menu", {name: item[name] for name in ("title", "description", "image", "price")})

    async def add_diner(self, *, name: object, email: object, password_hash: str) -> int:
        """Register a diner and return the new id; one e-mail address may have many users."""
        user = {"name": name, "email": email, "password": password_hash}
        user_id = await self.database.insert("user", user)
        await self._add_role(user_id, "diner")
        return user_id

    async def user(self, email: object) -> Row | None:
        """The first user of an e-mail address, password hash and roles included."""
        found = await self.database.rows(
            "SELECT id, name, email, password FROM user WHERE email = ? ORDER BY id", email
        )
        if not found:
            return None
        roles = await self.database.rows(
            "SELECT role, objectId FROM userRole WHERE userId = ? ORDER BY id", found[0]["id"]
        )
        return {**found[0], "roles": [_role(role) for role in roles]}

    async def update_user(self, user_id: float, changes: JsonObject) -> None:
        """Change some of a user's columns."""
        # The real service pastes these texts into its statement; a quote ends them, and the rest makes no sense.
        pasted = [f"{name}='{text(change)}'" for name, change in changes.items()]
        for number, value in enumerate(text(change) for change in changes.values()):
            if "'" in value:
                rest = ", ".join([value.partition("'")[2] + "'", *pasted[number + 1 :]])
                raise syntax_error(f"{rest} WHERE id={number_text(user_id)}")
        if changes and math.isnan(user_id):
            raise DatabaseError("Unknown column 'NaN' in 'WHERE'")
        if changes:
            await self.database.update("user", {name: text(change) for name, change in changes.items()}, row_id=user_id)

    async def remember_login(self, signature: str, *, user_id: int) -> None:
        """Put a token on the white list."""
        with suppress(DuplicateError):  # the same user, twice within a second: it is the same token
            await self.database.insert("auth", {"token": signature, "userId": user_id})

    async def is_logged_in(self, signature: str) -> bool:
        """Whether a token is on the white list."""
        return bool(await self.database.rows("SELECT userId FROM auth WHERE token = ?", signature))

    async def forget_login(self, signature: str) -> None:
        """Take a token off the white list."""
        await self.database.change(("DELETE FROM auth WHERE token = ?", (signature,)))

    async def orders(self, diner_id: int, window: Window) -> list[Row]:
        """Some of a diner's orders, the oldest first."""
        orders = await self.database.rows(
            "SELECT id, franchiseId, storeId, date FROM dinerOrder WHERE dinerId = ? ORDER BY id LIMIT ? OFFSET ?",
            diner_id,
            window.limit,
            window.offset,
        )
        for order in orders:
            order["date"] = order["date"].replace(" ", "T") + ".000Z"
            items = await self.database.rows(
                "SELECT id, menuId, description, price FROM orderItem WHERE orderId = ? ORDER BY id", order["id"]
            )
            order["items"] = [_priced(item) for item in items]
        return orders

    async def add_order(self, diner_id: int, order: JsonObject, *, now: float) -> int:
        """Write an order without its items and return the new id."""
        date = datetime.fromtimestamp(int(now), UTC).replace(tzinfo=None).isoformat(" ")
        place = {"franchiseId": order["franchiseId"], "storeId": order["storeId"]}
        return await self.database.insert("dinerOrder", {"dinerId": diner_id, **place, "date": date})

    async def add_order_item(self, order_id: int, item: JsonObject) -> None:
        """Write one item of an order; its pizza must be on the menu, its price may be anything."""
        wanted = item["menuId"]
        # MySQL compares a number with the number a text starts with.
        menu_id = leading_number(wanted) if isinstance(wanted, str) else wanted
        found = await self.database.rows("SELECT id FROM menu WHERE id = ?", menu_id)
        if not found:
            raise DatabaseError("No ID found")
        bought = {"menuId": found[0]["id"], "description": item["description"], "price": item["price"]}
        await self.database.insert("orderItem", {"orderId": order_id, **bought})

    async def undo_order(self, order_id: int) -> None:
        """Take an order and its items back."""
        await self.database.change(
            ("DELETE FROM orderItem WHERE orderId = ?", (order_id,)),
            ("DELETE FROM dinerOrder WHERE id = ?", (order_id,)),
        )

    async def franchises(self, pattern: str, window: Window) -> list[Row]:
        """The franchises whose name matches, ``%`` standing for any text."""
        return await self.database.rows(
            "SELECT id, name FROM franchise WHERE name LIKE ? ESCAPE ? ORDER BY UPPER(name) LIMIT ? OFFSET ?",
            pattern,
            "\\",
            window.limit,
            window.offset,
        )

    async def franchises_of(self, user_id: float) -> list[Row]:
        """The franchises a user runs."""
        return await self.database.rows(
            "SELECT id, name FROM franchise WHERE id IN "
            "(SELECT objectId FROM userRole WHERE role = 'franchisee' AND userId = ?) ORDER BY id",
            user_id,
        )

    async def stores(self, franchise_id: int) -> list[Row]:
        """The stores of a franchise."""
        return await self.database.rows("SELECT id, name FROM store WHERE franchiseId = ? ORDER BY id", franchise_id)

    async def franchise_admins(self, franchise_id: float) -> list[Row]:
        """Who runs a franchise."""
        return await self.database.rows(
            "SELECT u.id, u.name, u.email FROM userRole AS r JOIN user AS u ON u.id = r.userId "
            "WHERE r.objectId = ? AND r.role = 'franchisee' ORDER BY r.id",
            franchise_id,
        )

    async def store_revenues(self, franchise_id: float) -> list[Row]:
        """The stores of a franchise with all that was ever ordered there, orders that failed included."""
        rows = await self.database.rows(
            "SELECT s.id, s.name, ROUND(COALESCE(SUM(i.price), 0), 8) AS totalRevenue FROM store AS s "
            "LEFT JOIN dinerOrder AS o ON o.storeId = s.id LEFT JOIN orderItem AS i ON i.orderId = o.id "
            "WHERE s.franchiseId = ? GROUP BY s.id, s.name ORDER BY s.id",
            franchise_id,
        )
        return [{**row, "totalRevenue": plain(row["totalRevenue"])} for row in rows]

    async def add_franchise(self, name: object, *, admin_ids: Sequence[int]) -> int:
        """Found a franchise, name who runs it, and return the new id."""
        franchise_id = await self.database.insert("franchise", {"name": name})
        for admin_id in admin_ids:
            await self._add_role(admin_id, "franchisee", object_id=franchise_id)
        return franchise_id

    async def delete_franchise(self, franchise_id: float, *, roles: str) -> None:
        """Close a franchise with its stores; ``roles`` is a LIKE pattern for the roles that go with it."""
        try:
            await self.database.change(
                ("DELETE FROM store WHERE franchiseId = ?", (franchise_id,)),
                ("DELETE FROM userRole WHERE objectId = ? AND role LIKE ?", (franchise_id, roles)),
                ("DELETE FROM franchise WHERE id = ?", (franchise_id,)),
            )
        except NoConnectionError:
            raise
        except DatabaseError:
            raise DatabaseError("unable to delete franchise") from None

    async def add_store(self, franchise_id: float, *, name: object) -> int:
        """Open a store and return the new id."""
        return await self.database.insert("store", {"franchiseId": franchise_id, "name": name})

    async def delete_store(self, franchise_id: float, *, store_id: float) -> None:
        """Close a store; none of that id is no error."""
        await self.database.change(("DELETE FROM store WHERE franchiseId = ? AND id = ?", (franchise_id, store_id)))

    async def _add_role(self, user_id: int, role: str, *, object_id: int = 0) -> None:
        await self.database.insert("userRole", {"userId": user_id, "role": role, "objectId": object_id})


def _role(row: Row) -> JsonObject:
    return {"objectId": row["objectId"], "role": row["role"]} if row["objectId"] else {"role": row["role"]}


def _priced(row: Row) -> Row:
    row["price"] = plain(row["price"])
    return row
