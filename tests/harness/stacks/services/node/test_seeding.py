"""An administrator's errands at a service, which is played by a handler of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import jwt
import msgspec
import pytest

from harness.errors import HarnessError
from harness.stacks.services.node import seeding
from harness.stacks.services.node.configuration import ADMIN, SECRET
from harness.stacks.services.node.seeding import MENU, OWN_ADMIN, TRIES, WaysIn, seed

Body = dict[str, Any]


class Service:
    """Plays a service: notes what it was asked, and answers well unless told otherwise."""

    def __init__(self, *, signs: bool = False, admin_from: int = 1) -> None:
        self.asked: list[tuple[str, str, Body, str]] = []
        self.answers: dict[str, httpx.Response] = {}
        self._signs = signs
        self._admin_from = admin_from
        self._log_ins = 0
        self.cookies: list[str] = []
        self.session: dict[str, str] = {}
        self.who: Callable[[Body], Body] = lambda _: {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = msgspec.json.decode(request.content) if request.content else {}
        if self._signs and body:
            if "signature" not in body:
                return httpx.Response(418, json={"message": "a teapot"})
            body = {
                **body["body"],
                "signed": jwt.decode(body["signature"], SECRET, algorithms=["HS256"]) == body["body"],
            }
        token = request.headers.get("Authorization", "")
        self.cookies.append(request.headers.get("Cookie", ""))
        self.asked.append((request.method, request.url.path, body, token))
        answer = self.answers.get(f"{request.method} {request.url.path}")
        return answer or self._good(request.method, request.url.path, body)

    def _good(self, method: str, path: str, body: Body) -> httpx.Response:
        if (method, path) == ("PUT", "/api/auth"):
            self._log_ins += 1
            if self._log_ins < self._admin_from:
                return httpx.Response(404, json={"message": "unknown user"})
            return httpx.Response(200, json={"token": "the-admin", **self.who(body)}, headers=self.session)
        if method == "GET":
            return httpx.Response(200, json=[])
        if path == "/api/order/menu":
            return httpx.Response(200, json=[{"id": 1}])
        return httpx.Response(200, json={"id": 7, **body})


@pytest.fixture
def seed_it(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(seeding, "SECONDS_BETWEEN_TRIES", 0.0)
    client = httpx.Client

    def run(
        service: Service,
        *,
        make_admin: Callable[[Mapping[str, str]], str] = lambda _: "",
        promote: Callable[[str], str] = lambda _: "",
        signing_key: str = "",
    ) -> None:
        transport = httpx.MockTransport(service)
        monkeypatch.setattr(httpx, "Client", lambda **settings: client(**settings, transport=transport))
        seed("http://service", ways=WaysIn((ADMIN,), make_admin, promote), signing_key=signing_key)

    return run


def test_seed_makes_users_menu_franchise_and_store_as_administrator(seed_it: Callable[..., None]) -> None:
    service = Service()
    seed_it(service)
    done = [(method, path) for method, path, _, _ in service.asked if method != "GET"]
    menu = [("PUT", "/api/order/menu")] * len(MENU)
    shop = [("POST", "/api/franchise"), ("POST", "/api/franchise/7/store")]
    assert done == [("PUT", "/api/auth"), ("POST", "/api/auth"), ("POST", "/api/auth"), *menu, *shop]
    assert {token for *_, token in service.asked[1:]} == {"Bearer the-admin"}


def test_seed_tries_again_while_the_administrator_is_not_there_yet(seed_it: Callable[..., None]) -> None:
    service = Service(admin_from=4)
    seed_it(service)
    assert [path for _, path, _, _ in service.asked][-1] == "/api/franchise/7/store"


def test_seed_has_an_administrator_made_where_the_service_comes_without_one(seed_it: Callable[..., None]) -> None:
    service, made = Service(admin_from=TRIES + 1), list[int]()

    def make_admin(person: Mapping[str, str]) -> str:
        assert person == OWN_ADMIN
        made.append(len(service.asked))
        return "created user"

    seed_it(service, make_admin=make_admin)
    assert made == [TRIES]


def test_seed_signs_every_body_where_a_service_wants_that(seed_it: Callable[..., None]) -> None:
    service = Service(signs=True)
    seed_it(service, signing_key=SECRET)
    assert [path for _, path, _, _ in service.asked][-1] == "/api/franchise/7/store"
    assert all(body["signed"] for method, _, body, _ in service.asked if method != "GET")


def test_seed_that_nobody_lets_in_is_an_error_with_the_answer_and_what_the_script_said(
    seed_it: Callable[..., None],
) -> None:
    with pytest.raises(HarnessError, match=r"cannot log in as administrator.*PUT /api/auth.*404 'unknown user'. no DB"):
        seed_it(Service(admin_from=99), make_admin=lambda _: "no DB")


def test_seed_that_is_refused_names_the_errand_and_the_answer(seed_it: Callable[..., None]) -> None:
    service = Service()
    service.answers["POST /api/franchise"] = httpx.Response(500, text="<h1>Duplicate</h1>")
    with pytest.raises(HarnessError, match=r"cannot make a franchise.*POST /api/franchise was answered 500 '<h1>Dup"):
        seed_it(service)


def test_seed_takes_users_that_are_there_already_when_they_can_log_in(seed_it: Callable[..., None]) -> None:
    service = Service()
    service.answers["POST /api/auth"] = httpx.Response(409, json={"message": "Email already in use"})
    seed_it(service)
    assert [path for _, path, _, _ in service.asked][-1] == "/api/franchise/7/store"


def test_seed_leaves_a_menu_and_a_store_that_are_there_already(seed_it: Callable[..., None]) -> None:
    service = Service()
    service.answers["GET /api/order/menu"] = httpx.Response(200, json=[{"id": 1}])
    franchises = [{"id": 1, "name": "pizzaPocket", "stores": [{"id": 1, "name": "SLC"}]}]
    service.answers["GET /api/franchise"] = httpx.Response(200, json={"franchises": franchises})
    seed_it(service)
    assert {path for method, path, _, _ in service.asked if method != "GET"} == {"/api/auth"}


def test_seed_gives_up_at_once_where_log_ins_are_limited(seed_it: Callable[..., None]) -> None:
    service = Service()
    service.answers["PUT /api/auth"] = httpx.Response(429, json={"message": "too many"})
    with pytest.raises(HarnessError, match="429 'too many'"):
        seed_it(service)
    assert [method for method, *_ in service.asked] == ["PUT", "PUT", "POST", "PUT", "PUT"]


def test_seed_has_whoever_registered_made_administrator_where_the_script_cannot(seed_it: Callable[..., None]) -> None:
    service, promoted = Service(), list[str]()

    def roles(body: Body) -> Body:
        return {"user": {"roles": [{"role": "Admin" if body["email"] in promoted else "diner"}]}}

    service.who = roles

    def promote(email: str) -> str:
        promoted.append(email)
        return "made"

    seed_it(service, promote=promote)
    assert promoted == [OWN_ADMIN["email"]]
    assert service.asked[-1][1:2] == ("/api/franchise/7/store",)


def test_seed_goes_by_the_cookie_where_a_reply_carries_no_token(seed_it: Callable[..., None]) -> None:
    service = Service()
    service.who, service.session = (
        lambda _: {"token": None},
        {"Set-Cookie": "token=the-cookie; Path=/; Secure; HttpOnly"},
    )
    seed_it(service)
    assert service.asked[-1][1:2] == ("/api/franchise/7/store",)
    assert {token for *_, token in service.asked} == {""}
    assert service.cookies == ["", *["token=the-cookie"] * (len(service.asked) - 1)]


def test_seed_that_gets_no_session_at_all_is_an_error_that_says_so(seed_it: Callable[..., None]) -> None:
    service = Service()
    service.who = lambda _: {"token": None}
    with pytest.raises(HarnessError, match="carries neither a token nor a cookie"):
        seed_it(service)


def test_seed_registers_with_a_stronger_password_where_the_short_one_is_refused(seed_it: Callable[..., None]) -> None:
    service = Service()
    good = service._good

    def strict(method: str, path: str, body: Body) -> httpx.Response:
        if path == "/api/auth" and body["password"] in ("diner", "franchisee"):
            return httpx.Response(400, json={"message": "password too short"})
        return good(method, path, body)

    service._good = strict  # type: ignore[method-assign]
    seed_it(service)
    registered = [
        body["password"] for method, path, body, _ in service.asked if (method, path) == ("POST", "/api/auth")
    ]
    assert registered == ["diner", OWN_ADMIN["password"], "franchisee", OWN_ADMIN["password"]]


@pytest.mark.parametrize("made", [{"id": 7}, {"franchise": {"id": 7, "name": "pizzaPocket"}, "message": "made"}])
def test_seed_opens_the_store_of_the_franchise_that_was_made_however_that_is_told(
    seed_it: Callable[..., None], made: Body
) -> None:
    service = Service()
    service.answers["POST /api/franchise"] = httpx.Response(201, json=made)
    seed_it(service)
    assert service.asked[-1][1:3] == ("/api/franchise/7/store", {"franchiseId": 7, "name": "SLC"})


def test_seed_that_is_not_told_which_franchise_was_made_names_the_answer(seed_it: Callable[..., None]) -> None:
    service = Service()
    service.answers["POST /api/franchise"] = httpx.Response(200, json={"message": "made"})
    with pytest.raises(HarnessError, match=r"cannot tell which franchise was made.*200 'made'"):
        seed_it(service)
