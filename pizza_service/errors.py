"""What a handler may raise.

HttpError              the client gets the message, a stack and a status
  DatabaseError        the database refused, or cannot be reached; the message is the database's own
    DuplicateError     a row with that key is there already
    NoConnectionError  the database let nobody in, so no step of the work was begun
"""


class HttpError(Exception):
    """An error thrown in a handler: the client reads its message."""

    def __init__(self, message: str, *, status: int = 500) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class DatabaseError(HttpError):
    """The database refused, or cannot be reached; the message is the database's own."""


class DuplicateError(DatabaseError):
    """A row with that key is there already."""


class NoConnectionError(DatabaseError):
    """The database let nobody in, so no step of the work was begun."""
