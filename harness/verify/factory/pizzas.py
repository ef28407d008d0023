"""The contract of pizzas: signed with the published key, saying what was ordered, and verified by the factory."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import jwt

from harness.verify.factory.conversation import Answer, Ask, Case, ContractBroken, Talk, Terms
from harness.verify.factory.orders import an_order, ordering, pizza_of

KEY_SET = Ask("GET", "/.well-known/jwks.json")
ISSUER = "cs329.click"
KEEPS_SECONDS = 24 * 3600
"""From `iat` to `exp`, both in the token's header, where the real factory has them."""

INVALID = {"message": "invalid"}


@dataclass(frozen=True, slots=True)
class Pizza:
    """A pizza whose signature was checked."""

    header: dict[str, Any]
    """What the factory says of the token."""
    payload: Any
    """What it says of the order."""


def verified(token: str, keys: Answer) -> Pizza:
    """Check a pizza against the published keys.

    Raises:
        ContractBroken: when no such key has signed it.
    """
    try:
        header = jwt.get_unverified_header(token)
        key = next(key for key in keys.must_be(200)["keys"] if key["kid"] == header["kid"])
        payload = jwt.PyJWS().decode(token, jwt.PyJWK(key, algorithm="RS256"), algorithms=["RS256"])
        return Pizza(header, json.loads(payload))
    except (StopIteration, KeyError, TypeError):
        message = f"the pizza names no key of {KEY_SET}: {token[:60]}..."
    except (jwt.PyJWTError, ValueError) as error:
        message = f"the pizza is not signed by a key of {KEY_SET} with RS256: {error}: {token[:60]}..."
    raise ContractBroken(message)


def _key_set(_: Terms) -> Talk:
    answer = yield KEY_SET
    keys = answer.must_be(200).get("keys")
    answer.must(isinstance(keys, list) and keys, "there must be at least one key")
    for key in keys or ():
        answer.must(isinstance(key, dict) and key.get("kty") == "RSA", "each key must be of type RSA")
        answer.must(all(isinstance(key.get(name), str) for name in ("kid", "n", "e")), "a key must have kid, n and e")
        answer.must(key.keys().isdisjoint({"d", "p", "q"}), "a published key must hold nothing that is secret")


def _signed(terms: Terms) -> Talk:
    verified(pizza_of((yield ordering(terms))), (yield KEY_SET))


def _says_what_was_ordered(terms: Terms) -> Talk:
    order = yield ordering(terms, 2)
    payload = _payload(pizza_of(order))
    vendor = payload.get("vendor")
    order.must(isinstance(vendor, dict) and vendor.get("id"), "a pizza must name its vendor")
    order.must({**payload, "vendor": None} == {**an_order(2), "vendor": None}, "a pizza must say just what was ordered")


def _says_when(terms: Terms) -> Talk:
    order = yield ordering(terms)
    header = _header(pizza_of(order))
    times = (header.get("iat"), header.get("exp"))
    order.must(header.get("iss") == ISSUER, f"its header must name the issuer {ISSUER}, not {header.get('iss')!r}")
    order.must(all(isinstance(time, int) for time in times), "the header must hold iat and exp, whole seconds")
    order.must(header["exp"] - header["iat"] == KEEPS_SECONDS, "a pizza must keep for a day")


def _own_pizza(terms: Terms) -> Talk:
    token = pizza_of((yield ordering(terms)))
    answer = yield Ask("POST", "/api/order/verify", {"jwt": token})
    said = answer.must_be(200)
    answer.must(said.get("message") == "valid", "the factory must call its own pizza valid")
    answer.must(said.get("payload") == _payload(token), "and repeat what it says")


def _forged_pizza(terms: Terms) -> Talk:
    header, payload, signature = pizza_of((yield ordering(terms))).split(".")
    theirs = _encoded({**_payload(f"{header}.{payload}.{signature}"), "vendor": {"id": "somebody else"}})
    unsigned = f"{_encoded({'alg': 'none'})}.{payload}."
    for token in (f"{header}.{theirs}.{signature}", unsigned, "dead.beef.", 7, None):
        answer = yield Ask("POST", "/api/order/verify", {"jwt": token} if token is not None else {})
        answer.must_be(403, INVALID)


def _header(token: str) -> dict[str, Any]:
    return _decoded(token, 0)


def _payload(token: str) -> dict[str, Any]:
    return _decoded(token, 1)


def _decoded(token: str, part: int) -> dict[str, Any]:
    try:
        text = token.split(".")[part]
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (IndexError, ValueError) as error:
        raise ContractBroken(f"the pizza is no token that can be read: {error}: {token[:60]}...") from error
    if not isinstance(found, dict) or token.count(".") != 2:
        raise ContractBroken(f"the pizza is no token: {token[:60]}...")
    return found


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


CASES = (
    Case("key set can be read", "pizzas", _key_set),
    Case("pizza is signed with the key set", "pizzas", _signed),
    Case("pizza says what was ordered", "pizzas", _says_what_was_ordered),
    Case("pizza says who issued it, and keeps for a day", "pizzas", _says_when),
    Case("own pizza is verified", "pizzas", _own_pizza),
    Case("forged pizza is refused", "pizzas", _forged_pizza),
)
