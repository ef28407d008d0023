"""What diners need of a service that has just come up: an administrator makes a menu, a franchise and a store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import httpx

from harness.errors import HarnessError
from harness.load.browser import signed
from harness.load.diners import stores_in
from harness.stacks.services.node.configuration import DINER, FRANCHISEE

MENU = (
    ("Veggie", "A garden of delight", 0.0038),
    ("Pepperoni", "Spicy treat", 0.0042),
    ("Margarita", "Essential classic", 0.0042),
    ("Crusty", "A dry mouthed favorite", 0.0028),
    ("Charred Leopard", "For those with a darker side", 0.0099),
)

OWN_ADMIN = {"name": "pizza chaos", "email": "pizza.chaos@jwt.com", "password": "Pizza-4dmin!"}
"""The administrator that is made where nobody can log in as the service's own; its password suits every policy."""

TRIES = 5
"""Times that the administrator tries to log in: a new service makes that account some time after it listens."""

SECONDS_BETWEEN_TRIES = 0.5

ANSWERS_WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class WaysIn:
    """How to become administrator of a service, in the order in which they are tried."""

    known: Sequence[Mapping[str, str]]
    """E-mail and password of who may be its administrator."""
    by_script: Callable[[Mapping[str, str]], str]
    """Makes one with the service's own script; says how that went."""
    by_database: Callable[[str], str]
    """Makes one of whoever has registered with this e-mail; says how that went."""


def seed(url: str, *, ways: WaysIn, signing_key: str = "") -> None:
    """Give a service what the course's data script gives it.

    Args:
        url: where it is reached.
        ways: to become its administrator.
        signing_key: what bodies are signed with; "" where the service wants no signature.

    Raises:
        HarnessError: naming the request that failed, and the answer.
    """
    with httpx.Client(base_url=url, timeout=ANSWERS_WITHIN_SECONDS, trust_env=False) as http:
        _Administrator(http, signing_key).seed(ways)


class _Administrator:
    def __init__(self, http: httpx.Client, signing_key: str) -> None:
        self._http = http
        self._key = signing_key
        self._session: dict[str, str] = {}

    def seed(self, ways: WaysIn) -> None:
        self._become_administrator(ways)
        for person in (DINER, FRANCHISEE):
            self._register(person)
        # Some forks come with the course's data: what is there is left as it is.
        if not self._look("/api/order/menu"):
            self._make_menu()
        if not stores_in(self._look("/api/franchise?page=0&limit=10&name=*")):
            self._open_store()

    def _become_administrator(self, ways: WaysIn) -> None:
        if self._log_in(*ways.known, tries=TRIES):
            return
        said = [ways.by_script(OWN_ADMIN)]
        if self._log_in(OWN_ADMIN):
            return
        self._send("POST", "/api/auth", OWN_ADMIN)
        said.append(ways.by_database(OWN_ADMIN["email"]))
        if not self._log_in(OWN_ADMIN):
            self._fail("log in as administrator", self._send("PUT", "/api/auth", ways.known[0]), also=" ".join(said))

    def _make_menu(self) -> None:
        for number, (title, description, price) in enumerate(MENU, start=1):
            dish = {"title": title, "description": description, "image": f"pizza{number}.png", "price": price}
            self._do("put a pizza on the menu", "PUT", "/api/order/menu", dish)

    def _open_store(self) -> None:
        franchise = {"name": "pizzaPocket", "admins": [{"email": FRANCHISEE["email"]}]}
        made = self._do("make a franchise", "POST", "/api/franchise", franchise)
        number = _number(_read(made))
        if number is None:
            self._fail("tell which franchise was made", made)
        self._do("open a store", "POST", f"/api/franchise/{number}/store", {"franchiseId": number, "name": "SLC"})

    def _log_in(self, *people: Mapping[str, str], tries: int = 1) -> bool:
        for number in range(tries):
            if number:
                threading.Event().wait(SECONDS_BETWEEN_TRIES)
            for person in people:
                reply = self._send("PUT", "/api/auth", {key: person[key] for key in ("email", "password")})
                if reply.is_success and _is_administrator(reply):
                    self._keep_session(reply)
                    return True
                if reply.status_code == httpx.codes.TOO_MANY_REQUESTS:
                    return False
        return False

    def _keep_session(self, reply: httpx.Response) -> None:
        """Go on as who has just logged in: with the token of the reply, or with its cookies."""
        token, cookies = _read(reply).get("token"), dict(reply.cookies.items())
        if not token and not cookies:
            self._fail("keep the administrator's session", reply, also="It carries neither a token nor a cookie.")
        self._session = {"Authorization": f"Bearer {token}"} if token else {}
        if cookies:
            self._session["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def _register(self, person: Mapping[str, str]) -> None:
        """Make an account, unless there is one; where its short password is refused, it gets another."""
        stronger = {**person, "password": OWN_ADMIN["password"]}
        asked = (("POST", person), ("PUT", person), ("POST", stronger))
        replies = (self._send(method, "/api/auth", body) for method, body in asked)
        refused = list(takewhile(lambda reply: not reply.is_success, replies))
        if len(refused) == len(asked):
            self._fail("register a user", refused[0])

    def _look(self, path: str) -> object:
        return _json(self._send("GET", path))

    def _do(self, what: str, method: str, path: str, body: Mapping[str, Any]) -> httpx.Response:
        reply = self._send(method, path, body)
        if not reply.is_success:
            self._fail(what, reply)
        return reply

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        sent = signed(body, key=self._key) if self._key and body is not None else body
        try:
            # Its own cookies would be those of whoever registered last, and none that want HTTPS.
            self._http.cookies.clear()
            return self._http.request(method, path, json=sent, headers=self._session)
        except httpx.HTTPError as error:
            message = f"the service did not answer {method} {path} while its menu was made: {error}."
            raise HarnessError(message) from error

    def _fail(self, what: str, reply: httpx.Response, *, also: str = "") -> None:
        read = _read(reply)
        said = str(read.get("message", "")) or reply.text[:200]
        message = (
            f"cannot {what} at the service: {reply.request.method} {reply.request.url.path} was answered "
            f"{reply.status_code} {said!r}. {also}".strip()
        )
        raise HarnessError(message)


def _json(reply: httpx.Response) -> object:
    try:
        return reply.json()
    except ValueError:
        return None


def _is_administrator(reply: httpx.Response) -> bool:
    """Say whether who has logged in is one; a service that does not tell is believed."""
    user = _read(reply).get("user")
    roles = user.get("roles") if isinstance(user, Mapping) else None
    return not roles or "admin" in str(roles).lower()


def _number(made: Mapping[str, Any]) -> object:
    """Give the number of what was made, which some services wrap once more: `{"franchise": {"id": 1}}`."""
    if "id" in made:
        return made["id"]
    inside = (part["id"] for part in made.values() if isinstance(part, Mapping) and "id" in part)
    return next(inside, None)


def _read(reply: httpx.Response) -> Mapping[str, Any]:
    body = _json(reply)
    return body if isinstance(body, Mapping) else {}
