"""What a new database holds: the admin, and if asked for the users, menu, franchise and store of the course."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from pizza_service.database import Database, FirstRows
from pizza_service.passwords import hash_password
from pizza_service.runtime import Runtime
from pizza_service.settings import Settings

_MENU = (
    ("Veggie", "A garden of delight", 0.0038),
    ("Pepperoni", "Spicy treat", 0.0042),
    ("Margarita", "Essential classic", 0.0042),
    ("Crusty", "A dry mouthed favorite", 0.0028),
    ("Charred Leopard", "For those with a darker side", 0.0099),
)


@dataclass(frozen=True, slots=True)
class _Account:
    name: str
    email: str
    password: str
    role: str
    franchise_id: int = 0


_ADMIN = _Account("常用名字", "a@jwt.com", "admin", "admin")
_COURSE = (
    _Account("pizza diner", "d@jwt.com", "diner", "diner"),
    _Account("pizza franchisee", "f@jwt.com", "franchisee", "diner"),
)


async def prepare(database: Database, settings: Settings, runtime: Runtime, *, with_course: bool = False) -> bool:
    """Make a new database ready; one that has its tables is left as it is.

    Args:
        database: The database.
        settings: Those of the service that will use it.
        runtime: Its source of chance, for the salts of passwords.
        with_course: Whether the course's users, menu, franchise and store go in too. On a new database the diner
            d@jwt.com is user 2, the franchisee f@jwt.com user 3, franchise and store are 1, the pizzas 1 to 5.

    Returns:
        Whether the database was new.

    Raises:
        DatabaseError: It cannot be written.
    """
    return await database.create(
        lambda: _first_rows(cost=settings.bcrypt_cost, rng=runtime.random, with_course=with_course)
    )


def _first_rows(*, cost: int, rng: random.Random, with_course: bool) -> FirstRows:
    accounts = (_ADMIN, *_COURSE) if with_course else (_ADMIN,)
    rows: list[tuple[str, dict[str, object]]] = []
    for user_id, account in enumerate(accounts, start=1):
        password = hash_password(account.password, cost=cost, rng=rng)
        rows.append(("user", {"name": account.name, "email": account.email, "password": password}))
        rows.append(("userRole", {"userId": user_id, "role": account.role, "objectId": 0}))
    return [*rows, *_course()] if with_course else rows


def _course() -> Sequence[tuple[str, dict[str, object]]]:
    pizzas = (
        ("menu", {"title": title, "description": description, "image": f"pizza{number}.png", "price": price})
        for number, (title, description, price) in enumerate(_MENU, start=1)
    )
    return (
        *pizzas,
        ("franchise", {"name": "pizzaPocket"}),
        ("userRole", {"userId": 3, "role": "franchisee", "objectId": 1}),
        ("store", {"franchiseId": 1, "name": "SLC"}),
    )
