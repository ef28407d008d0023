"""The service's tables, and what MySQL in strict mode makes of a value that is written into a column.

Databases that do not check as MySQL does check with ``Column.accept`` first, so that a client reads the same message.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal

from pizza_service.errors import DatabaseError
from pizza_service.javascript import UNDEFINED, leading_number, number_text, plain

_INT_LIMIT = 2**31
_BIGGEST = 2**63
_DECIMAL_PLACES = Decimal("0.00000001")
_DECIMAL_LIMIT = 100
"""DECIMAL(10,8) has two digits before the point."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; none may be NULL."""

    kind: Literal["int", "text", "decimal", "date"]
    """INT, VARCHAR or TEXT, DECIMAL(10,8), DATETIME."""
    longest: int = 255
    """Characters a text may have."""
    references: str | None = None
    """The table whose ``id`` it names, when the database watches over that."""

    def accept(self, value: object, *, table: str, name: str) -> str | int | float:
        """Turn a value into what the column keeps.

        Raises:
            DatabaseError: The value does not fit; the message is MySQL's.
        """
        if type(value) is str and self.kind == "text" and len(value) <= self.longest:
            return value
        if type(value) is int and self.kind == "int" and -_INT_LIMIT < value < _INT_LIMIT:
            return value
        value = bindable(value)
        if value is None:
            raise DatabaseError(f"Column '{name}' cannot be null")
        if self.kind in ("text", "date"):
            return self._text(value, name=name)
        kind = "integer" if self.kind == "int" else "decimal"
        amount = _amount(value, kind=kind, place=(table, name))
        whole = amount.to_integral_value(ROUND_HALF_UP) if self.kind == "int" else _to_places(amount)
        limit = _INT_LIMIT if self.kind == "int" else _DECIMAL_LIMIT
        if whole is None or abs(whole) >= limit:
            raise DatabaseError(f"Out of range value for column '{name}' at row 1")
        return int(whole) if self.kind == "int" else float(whole)

    def _text(self, value: str | float, *, name: str) -> str:
        text = value if isinstance(value, str) else number_text(value)
        if len(text) > self.longest:
            raise DatabaseError(f"Data too long for column '{name}' at row 1")
        return text


TABLES: Mapping[str, Mapping[str, Column]] = {
    "auth": {"token": Column("text", 512), "userId": Column("int")},
    "user": {"name": Column("text"), "email": Column("text"), "password": Column("text")},
    "menu": {
        "title": Column("text"),
        "image": Column("text", 1024),
        "price": Column("decimal"),
        "description": Column("text", 65535),
    },
    "franchise": {"name": Column("text")},
    "store": {"franchiseId": Column("int", references="franchise"), "name": Column("text")},
    "userRole": {"userId": Column("int", references="user"), "role": Column("text"), "objectId": Column("int")},
    "dinerOrder": {
        "dinerId": Column("int"),
        "franchiseId": Column("int"),
        "storeId": Column("int"),
        "date": Column("date", 19),
    },
    "orderItem": {
        "orderId": Column("int", references="dinerOrder"),
        "menuId": Column("int"),
        "description": Column("text"),
        "price": Column("decimal"),
    },
}
"""Columns by table; every table but ``auth``, whose key is the token, also has an ``id`` that counts up."""

UNIQUE = {"auth": "token", "franchise": "name"}
"""The column of a table that holds no value twice."""

INDEXED = {"user": "email", "userRole": "objectId", "dinerOrder": "dinerId", "orderItem": "orderId"}
"""The column of a table that rows are looked up by."""


def bindable(value: object) -> str | int | float | None:
    """A value as MySQL's driver sends it: true as 1.

    Raises:
        DatabaseError: The value is undefined, or a list or an object, which the driver sends as JSON to a MariaDB that
            does not know such parameters.
    """
    kind = type(value)
    if kind is str or (kind is int and -_BIGGEST < value < _BIGGEST):  # type: ignore[operator]  # as most are
        return value  # type: ignore[return-value]
    if value is UNDEFINED:
        raise DatabaseError("Bind parameters must not contain undefined. To pass SQL NULL specify JS null")
    if isinstance(value, (dict, list)):
        raise DatabaseError("Incorrect arguments to mysqld_stmt_execute")
    if isinstance(value, int):
        return int(value) if abs(value) < _BIGGEST else float(value)
    if value is None or isinstance(value, (str, float)):
        return value
    raise TypeError(f"{value!r} is nothing that JSON holds, so it cannot be a parameter of a statement")


def syntax_error(near: str) -> DatabaseError:
    """MySQL's answer to a statement that client input has spoiled."""
    return DatabaseError(
        "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version "
        f"for the right syntax to use near '{near}' at line 1"
    )


def foreign_key_error(table: str) -> DatabaseError:
    """MySQL's answer to a row that names a row which is not there."""
    name, target = next((name, column.references) for name, column in TABLES[table].items() if column.references)
    return DatabaseError(
        f"Cannot add or update a child row: a foreign key constraint fails (`pizza`.`{table}`, "
        f"CONSTRAINT `{table}_ibfk_1` FOREIGN KEY (`{name}`) REFERENCES `{target}` (`id`))"
    )


def _amount(value: str | float, *, kind: str, place: tuple[str, str]) -> Decimal:
    table, name = place
    if not isinstance(value, str):
        return Decimal(repr(plain(value))) if math.isfinite(value) else Decimal("Infinity")
    try:
        amount = Decimal(value.strip())
        if amount.is_finite() and value.isascii() and "_" not in value:  # Decimal takes more than SQL does
            return amount
    except InvalidOperation:
        if leading_number(value) is not None:
            raise DatabaseError(f"Data truncated for column '{name}' at row 1") from None
    raise DatabaseError(f"Incorrect {kind} value: '{value}' for column `pizza`.`{table}`.`{name}` at row 1")


def _to_places(amount: Decimal) -> Decimal | None:
    # Decimal cannot hold more than 28 digits, and more than two before the point are too many anyway.
    return amount.quantize(_DECIMAL_PLACES, ROUND_HALF_UP) if abs(amount) < _DECIMAL_LIMIT else None
