"""What a link may be asked for and refuses, with the HTTP status and the words of Toxiproxy."""

from __future__ import annotations

from harness.errors import HarnessError

BAD_BODY = "bad request body: "
"""How a refusal of a request body begins."""


class Refused(HarnessError):
    """Raised instead of doing what was asked of the links.

    Args:
        message: why, as the API's caller reads it.
        status: the HTTP status of that answer.
    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


def bad_body(why: str) -> Refused:
    """Refuse a request body that does not mean anything."""
    return Refused(f"{BAD_BODY}{why}", status=400)


def missing_field(name: str) -> Refused:
    """Refuse a request body that lacks something."""
    return Refused(f"missing required field: {name}", status=400)


def bad_stream() -> Refused:
    """Refuse a toxic's direction."""
    return Refused("stream was invalid, can be either upstream or downstream", status=400)


def bad_toxic_type() -> Refused:
    """Refuse a toxic that nobody has written."""
    return Refused("invalid toxic type", status=400)


def no_such_proxy() -> Refused:
    """Refuse to deal with a link that is not there."""
    return Refused("proxy not found", status=404)


def no_such_toxic() -> Refused:
    """Refuse to deal with a toxic that is not there."""
    return Refused("toxic not found", status=404)


def proxy_exists() -> Refused:
    """Refuse a second link of the same name."""
    return Refused("proxy already exists", status=409)


def toxic_exists() -> Refused:
    """Refuse a second toxic of the same name on a link, whatever its direction."""
    return Refused("toxic already exists", status=409)


def cannot_listen(why: str) -> Refused:
    """Refuse to listen at an address, in the words of Go's net package."""
    return Refused(f"listen tcp{why}", status=500)
