"""Diners' tokens: JWTs signed with HS256 that never expire.

Written out rather than taken from a library, because JWT libraries read the wall clock to judge ``iat``,
and a token of incident time would be refused.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from pizza_service.javascript import JsonObject, parse_json, to_json


@dataclass(frozen=True, slots=True)
class User:
    """Who a token says its bearer is, as of the day it was issued."""

    claims: JsonObject
    """The token's payload, in its own key order."""

    @property
    def id(self) -> int:
        """The user's id."""
        return int(self.claims["id"])

    @property
    def is_admin(self) -> bool:
        """Whether the user may do anything."""
        return any(role["role"] == "admin" for role in self.claims["roles"])


def sign(user: JsonObject, *, secret: str, now: float) -> str:
    """Make the token of a user; the same user gets the same token twice in one second."""
    signed = f"{_HEADER}.{_encode(to_json({**user, 'iat': int(now)}))}"
    return f"{signed}.{_signature(signed, secret)}"


@lru_cache(maxsize=1024)
def verify(token: str, *, secret: str) -> User | None:
    """Say whose token this is; None when nobody signed it with this secret."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_signature(signed, secret).encode(), signature.encode()):
        return None
    _, _, payload = signed.partition(".")
    return User(parse_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()))


def signature_of(token: str) -> str:
    """The third part of a token, the only one the white list keeps; empty when there is none."""
    parts = token.split(".")
    return parts[2] if len(parts) > 2 else ""


@lru_cache(maxsize=1024)
def _signature(signed: str, secret: str) -> str:
    return _encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


_HEADER = _encode(to_json({"alg": "HS256", "typ": "JWT"}))
