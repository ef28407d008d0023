"""What diners need of a service that has just come up: an administrator makes a menu, a franchise and a store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from harness.errors import HarnessError
from harness.load.browser import signed
from harness.load.diners import stores_in
from harness.stacks.services.node.configuration import ADMIN, DINER, FRANCHISEE

MENU = (
    ("Veggie", "A garden of delight", 0.0038),
    ("Pepperoni", "Spicy treat", 0.0042),
    ("Margarita", "Essential classic", 0.0042),
    ("Crusty", "A dry mouthed favorite", 0.0028),
    ("Charred Leopard", "For those with a darker side", 0.0099),
)

TRIES = 8
"""Times that the administrator tries to log in: a new service makes that account some time after it listens."""

SECONDS_BETWEEN_TRIES = 0.4

ANSWERS_WITHIN_SECONDS = 10.0


def seed(url: str, *, make_admin: Callable[[], str], signing_key: str = "") -> None:
    """Give a service what the course's data script gives it.

    Args:
        url: where it is reached.
        make_admin: makes an administrator by the service's own script, where it comes without one; says how that went.
        signing_key: what bodies are signed with; "" where the service wants no signature.

    Raises:
        HarnessError: naming the request that failed, and the answer.
    """
    with httpx.Client(base_url=url, timeout=ANSWERS_WITHIN_SECONDS, trust_env=False) as http:
        _Administrator(http, signing_key).seed(make_admin)


class _Administrator:
    def __init__(self, http: httpx.Client, signing_key: str) -> None:
        self._http = http
        self._key = signing_key

    def seed(self, make_admin: Callable[[], str]) -> None:
        said = ""
        if not self._log_in():
            said = make_admin()
            self._log_in()
        if "Authorization" not in self._http.headers:
            self._fail("log in as administrator", self._send("PUT", "/api/auth", ADMIN), also=said)
        for person in (DINER, FRANCHISEE):
            self._register(person)
        # Some forks come with the course's data: what is there is left as it is.
        if not self._look("/api/order/menu"):
            self._make_menu()
        if not stores_in(self._look("/api/franchise?page=0&limit=10&name=*")):
            self._open_store()

    def _make_menu(self) -> None:
        for number, (title, description, price) in enumerate(MENU, start=1):
            dish = {"title": title, "description": description, "image": f"pizza{number}.png", "price": price}
            self._do("put a pizza on the menu", "PUT", "/api/order/menu", dish)

    def _open_store(self) -> None:
        franchise = {"name": "pizzaPocket", "admins": [{"email": FRANCHISEE["email"]}]}
        made = self._do("make a franchise", "POST", "/api/franchise", franchise)
        store = {"franchiseId": made["id"], "name": "SLC"}
        self._do("open a store", "POST", f"/api/franchise/{made['id']}/store", store)

    def _log_in(self) -> bool:
        for _ in range(TRIES):
            reply = self._send("PUT", "/api/auth", {"email": ADMIN["email"], "password": ADMIN["password"]})
            if reply.is_success:
                self._http.headers["Authorization"] = f"Bearer {_read(reply)['token']}"
                return True
            if reply.status_code == httpx.codes.TOO_MANY_REQUESTS:
                return False
            threading.Event().wait(SECONDS_BETWEEN_TRIES)
        return False

    def _register(self, person: Mapping[str, str]) -> None:
        """Make an account; one that is there already, as a fork's own start made it, must be theirs."""
        reply = self._send("POST", "/api/auth", person)
        if not reply.is_success and not self._send("PUT", "/api/auth", person).is_success:
            self._fail("register a user", reply)

    def _look(self, path: str) -> object:
        return _json(self._send("GET", path))

    def _do(self, what: str, method: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        reply = self._send(method, path, body)
        if not reply.is_success:
            self._fail(what, reply)
        return _read(reply)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        sent = signed(body, key=self._key) if self._key and body is not None else body
        try:
            return self._http.request(method, path, json=sent)
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


def _read(reply: httpx.Response) -> Mapping[str, Any]:
    body = _json(reply)
    return body if isinstance(body, Mapping) else {}
