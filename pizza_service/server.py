"""The address of a MySQL or MariaDB server, as the command line gives it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

PASSWORD_VARIABLE = "PIZZA_DATABASE_PASSWORD"  # noqa: S105 - the name of a variable
"""Environment variable with the user's password, which a list of processes thus does not show."""

CONNECT_LIMIT_SECONDS = 60.0
"""How long the real service waits for a server to let it in."""

_SCHEMES = ("mysql", "mariadb")


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, and who asks it."""

    host: str
    """Its name or address."""
    port: int
    """Where it listens."""
    user: str
    """Must be allowed to create databases, for the service creates its own."""
    database: str
    """The service's own."""
    password: str = field(default="", repr=False)
    """In clear."""

    @classmethod
    def read(cls, url: str, environment: Mapping[str, str]) -> Self:
        """Read ``mysql://USER@HOST[:PORT][/DATABASE]``; the password is in PIZZA_DATABASE_PASSWORD.

        Raises:
            ValueError: It is no such address, or holds a password.
        """
        parts = urlsplit(url)
        if parts.password is not None:
            raise ValueError(f"a password stands in the address, where everybody sees it; set {PASSWORD_VARIABLE}")
        database = parts.path.removeprefix("/") or "pizza"
        if parts.scheme not in _SCHEMES or not (parts.hostname and parts.username and database.isidentifier()):
            raise ValueError(f"{url!r} names no database; write it like mysql://pizza@127.0.0.1:3306/pizza")
        password = environment.get(PASSWORD_VARIABLE, "")
        return cls(parts.hostname, parts.port or 3306, unquote(parts.username), database, password)
