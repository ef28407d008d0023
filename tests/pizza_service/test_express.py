import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Scope

from pizza_service.express import _etag
from tests.pizza_service.kit import Site

CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, PUT, DELETE",
    "access-control-allow-headers": "Content-Type, Authorization",
    "access-control-allow-credentials": "true",
}
JSON = {"Content-Type": "application/json"}


def test_reply_carries_the_headers_of_express(site: Site) -> None:
    reply = site.ask("GET", "/")
    digest = base64.b64encode(hashlib.sha1(reply.content).digest()).decode()[:27]
    assert dict(reply.headers) == {
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(reply.content)),
        "x-powered-by": "Express",
        "etag": f'W/"{len(reply.content):x}-{digest}"',
        "connection": "keep-alive",
        "keep-alive": "timeout=5",
        **CORS,
    }


def test_reply_to_a_client_that_closes_does_not_promise_to_stay(site: Site) -> None:
    reply = site.ask("GET", "/", headers={"Connection": "close"})
    assert "keep-alive" not in reply.headers
    assert "connection" not in reply.headers


def test_etag_of_an_empty_object_is_that_of_the_node_package() -> None:
    assert _etag(b"{}") == b'W/"2-vyGp6PvFo4RvsFtPoIWeCReyIC8"'


def test_origin_is_echoed(site: Site) -> None:
    reply = site.ask("GET", "/nowhere", headers={"Origin": "https://pizza.test"})
    assert reply.headers["access-control-allow-origin"] == "https://pizza.test"


@pytest.mark.parametrize("known", ["{}", "W/{}", 'W/"other", W/{}', "*"])
def test_get_with_a_known_etag_answers_304_without_body(site: Site, known: str) -> None:
    etag = site.ask("GET", "/").headers["etag"].removeprefix("W/")
    reply = site.ask("GET", "/", headers={"If-None-Match": known.format(etag)})
    assert (reply.status_code, reply.content) == (304, b"")
    assert "content-type" not in reply.headers
    assert reply.headers["etag"] == f"W/{etag}"


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "/", {"If-None-Match": '"other"'}),
        ("GET", "/", {"If-None-Match": "*", "Cache-Control": "no-cache"}),
        ("GET", "/nowhere", {"If-None-Match": "*"}),
        ("PUT", "/api/docs", {"If-None-Match": "*"}),
    ],
)
def test_conditional_request_that_cannot_be_spared_gets_its_body(
    site: Site, method: str, path: str, more: dict[str, str]
) -> None:
    assert site.ask(method, path, headers=more).content


@pytest.mark.parametrize("path", ["/api/order/menu", "/API/Order/MENU", "/api/order/menu/", "/Api/oRDER/menu/"])
def test_path_matches_in_any_case_with_or_without_slash(site: Site, path: str) -> None:
    assert len(site.ask("GET", path).json()) == 5


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("POST", "/"),
        ("OPTIONS", "/"),
        ("OPTIONS", "/nowhere"),
        ("GET", "/api"),
        ("GET", "/api/auth"),
        ("PATCH", "/api/order"),
        ("GET", "/api/order//menu"),
        ("GET", "/api/%6frder/menu"),
        ("GET", "/api/order/%zz"),
    ],
)
def test_unknown_endpoint_answers_404(site: Site, method: str, path: str) -> None:
    reply = site.ask(method, path)
    assert (reply.status_code, reply.text) == (404, '{"message":"unknown endpoint"}')
    assert CORS.items() <= dict(reply.headers).items()


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/order", "GET,HEAD,POST"),
        ("/api/auth", "POST,PUT,DELETE"),
        ("/api/order/menu", "GET,HEAD,PUT"),
        ("/api/user/me", "GET,HEAD,PUT,DELETE"),
        ("/api/franchise/1", "GET,HEAD,DELETE"),
    ],
)
def test_options_of_a_routed_path_names_its_methods(site: Site, path: str, allowed: str) -> None:
    reply = site.ask("OPTIONS", path)
    assert (reply.status_code, reply.text, reply.headers["allow"]) == (200, allowed, allowed)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"


def test_head_is_get_without_body(site: Site) -> None:
    get, head = site.ask("GET", "/api/order/menu"), site.ask("HEAD", "/api/order/menu")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers


@pytest.mark.parametrize("path", ["/api/franchise/%zz", "/api/franchise/%", "/api/franchise/%ff"])
def test_bad_escape_in_a_parameter_answers_400(site: Site, path: str) -> None:
    # A client of our own: httpx would mend the path.
    status, body = site.run(_raw(site, path))
    assert status == 400
    assert f"Failed to decode param '{path.rpartition('/')[2]}'".encode() in body


async def _raw(site: Site, path: str) -> tuple[int, bytes]:
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await site.app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{bad", "Expected property name or '}' in JSON at position 1"),
        (b'"text"', 'Unexpected token \'"\', ""text"" is not valid JSON'),
        (b"null", "Unexpected token 'n', \"null\" is not valid JSON"),
        (b" 5", "Unexpected token '5', \" 5\" is not valid JSON"),
        (b"  ", "Unexpected end of JSON input"),
        (b"[1,", "Unexpected end of JSON input"),
        (b"[" * 5000, "Unexpected end of JSON input"),
    ],
)
def test_body_that_is_no_json_answers_400_without_cors(site: Site, content: bytes, message: str) -> None:
    reply = site.ask("PUT", "/api/auth", content=content, headers=JSON)
    assert (reply.status_code, reply.json()["message"]) == (400, message)
    assert set(reply.json()) == {"message", "stack"}
    assert reply.headers["x-powered-by"] == "Express"
    assert not CORS.keys() & reply.headers.keys()


def test_body_at_the_limit_is_read_and_one_byte_more_answers_413(site: Site) -> None:
    body = b'{"name":"' + b"x" * (100 * 1024 - 11) + b'"}'
    assert site.ask("POST", "/api/auth", content=body, headers=JSON).status_code == 400
    reply = site.ask("POST", "/api/auth", content=body + b" ", headers=JSON)
    assert (reply.status_code, reply.json()["message"]) == (413, "request entity too large")
    assert not CORS.keys() & reply.headers.keys()


@pytest.mark.parametrize(("declared", "read"), [({}, 101), ({"Content-Length": "1024000"}, 0)])
def test_body_over_the_limit_is_not_read_to_its_end(site: Site, declared: dict[str, str], read: int) -> None:
    taken = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield b" " * 1024

    reply = site.ask("POST", "/api/auth", content=chunks(), headers={**JSON, **declared})
    assert (reply.status_code, reply.json()["message"]) == (413, "request entity too large")
    assert taken == read


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("order?page=1&page=2", "Undeclared variable: NaN"),
        ("order?page[x]=1", "Undeclared variable: NaN"),
        ("franchise?name=a&name=b", "nameFilter.replace is not a function"),
        ("franchise?name[]=a", "nameFilter.replace is not a function"),
    ],
)
def test_query_key_given_twice_or_with_brackets_is_no_text(site: Site, query: str, message: str) -> None:
    reply = site.ask("GET", f"/api/{query}", token=site.sign_in())
    assert (reply.status_code, reply.json()["message"]) == (500, message)


def test_query_key_given_once_with_brackets_is_the_number_that_it_holds(site: Site) -> None:
    reply = site.ask("GET", "/api/order?page[]=2", token=site.sign_in())
    assert (reply.status_code, reply.json()["page"]) == (200, ["2"])


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"email":"a@jwt.com"}', "text/plain"),
        (b'{"email":"a@jwt.com"}', "application/vnd.api+json"),
        (b"{bad", "text/plain"),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b'["email"]', "application/json"),
    ],
)
def test_body_of_another_kind_counts_as_empty(site: Site, content: bytes, content_type: str) -> None:
    reply = site.ask("POST", "/api/auth", content=content, headers={"Content-Type": content_type})
    assert (reply.status_code, reply.json()["message"]) == (400, "name, email, and password are required")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON ; charset=utf-8"])
@pytest.mark.parametrize(
    "content", [b'{"email":"a@jwt.com"}', b' \n{"email":"a@jwt.com"} ', b'\xef\xbb\xbf{"email":"a@jwt.com"}']
)
def test_body_of_json_is_read(site: Site, content: bytes, content_type: str) -> None:
    assert site.ask("PUT", "/api/auth", content=content, headers={"Content-Type": content_type}).status_code == 200


def test_body_too_deep_for_us_answers_400(site: Site) -> None:
    reply = site.ask("PUT", "/api/auth", content=b"[" * 40_000 + b"]" * 40_000, headers=JSON)
    assert (reply.status_code, reply.json()["message"]) == (400, "Maximum call stack size exceeded")


def test_order_as_deep_as_can_be_read_is_echoed(site: Site) -> None:
    token = site.sign_in()
    for depth in (10, 100, 400, 700, 900, 950, 1000):
        deep = b"[" * depth + b"]" * depth
        order = b'{"franchiseId":1,"storeId":1,"items":[],"deep":%s}' % deep
        reply = site.ask("POST", "/api/order", content=order, headers=JSON, token=token)
        assert reply.status_code == 200 or reply.json()["message"] == "Maximum call stack size exceeded"


def test_client_that_leaves_while_sending_gets_no_answer(site: Site) -> None:
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": "PUT",
        "path": "/api/auth",
        "raw_path": b"/api/auth",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "http_version": "1.1",
    }

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def leave() -> None:
        async with asyncio.timeout(1):
            await site.app(scope, receive, send)

    site.run(leave())
    assert sent == []


def test_json_text_leaves_other_alphabets_as_they_are(site: Site) -> None:
    assert "常用名字" in site.ask("PUT", "/api/auth", {"email": "a@jwt.com"}).text
