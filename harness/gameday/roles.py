"""Who may do what on a game day, and the token that says who somebody is.

Rules of this file: a token is compared in constant time and is never written anywhere but in the link that is handed
out; what is not listed for a role is forbidden to it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody is on a game day."""

    FACILITATOR = "facilitator"
    """Knows the cause, injects faults, gives hints, ends it."""
    RESPONDER = "responder"
    """Carries the pager, and sees only what on-call would see."""
    OBSERVER = "observer"
    """Sees what a responder sees, and touches nothing."""


EVERYBODY = frozenset(Role)
PLAYERS = frozenset({Role.FACILITATOR, Role.RESPONDER})
FACILITATOR = frozenset({Role.FACILITATOR})
RESPONDER = frozenset({Role.RESPONDER})

MAY: Mapping[str, frozenset[Role]] = {
    "look": EVERYBODY,
    "note": PLAYERS,
    "acknowledge": RESPONDER,
    "escalate": RESPONDER,
    "dismiss": RESPONDER,
    "remedy": RESPONDER,
    "tool": RESPONDER,
    "search": RESPONDER,
    "inject": FACILITATOR,
    "heal": FACILITATOR,
    "hint": FACILITATOR,
    "cancel": FACILITATOR,
    "diners": FACILITATOR,
    "pause": FACILITATOR,
    "resume": FACILITATOR,
    "speed": FACILITATOR,
    "jump": FACILITATOR,
    "lever": FACILITATOR,
    "abort": FACILITATOR,
    "reflect": PLAYERS,
}
"""Every action, and who may take it."""


def may(role: Role | None, action: str) -> bool:
    """Say whether somebody may take an action; who is nobody may do nothing, and what is not listed nobody may do."""
    return role is not None and role in MAY.get(action, frozenset())


class Tokens:
    """One token a role, made anew for each game day."""

    def __init__(self) -> None:
        self._by_role = {role: secrets.token_urlsafe(24) for role in Role}

    def of(self, role: Role) -> str:
        """Give the token that makes somebody this."""
        return self._by_role[role]

    def role_of(self, token: str) -> Role | None:
        """Say what a token makes somebody, in a time that does not depend on how much of it is right."""
        found = None
        for role, known in self._by_role.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                found = role
        return found
