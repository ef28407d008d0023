import asyncio
import json

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from fake_factory.body import BODY_LIMIT_BYTES
from fake_factory.express import Call, Express, Reply, Route, json_reply
from tests.fake_factory.twin import VENDOR, Twin

JSON = {"Content-Type": "application/json"}
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, PUT, DELETE",
    "access-control-allow-headers": "Content-Type, Authorization",
    "access-control-allow-credentials": "true",
}


def cors_of(reply: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name.startswith("access-control-")}


def test_json_reply_is_compact_utf8_and_carries_the_headers_of_express(twin: Twin) -> None:
    twin.send("PUT", "/api/vendor", headers=VENDOR, json={"id": "local-vendor", "name": "常用名字"})
    reply = twin.send("GET", "/api/vendor", headers=VENDOR)
    assert '"name":"常用名字",' in reply.text
    assert dict(reply.headers) == {
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(reply.content)),
        "etag": reply.headers["etag"],
        "x-powered-by": "Express",
        "connection": "keep-alive",
        "keep-alive": "timeout=5",
        **CORS,
    }


def test_etag_is_the_one_express_computes(twin: Twin) -> None:
    # Both as the etag library of Express gives them for "" and for the 404 body.
    assert twin.send("POST", "/api/log").headers["etag"] == 'W/"0-2jmj7l5rSw0yVb/vlWAYkK/YBwk"'
    assert twin.send("GET", "/nowhere").headers["etag"] == 'W/"1e-59A/NCH+9MJFCUwKQlWqeEk2Rww"'


@pytest.mark.parametrize("shape", ["{}", "W/{}", '"other", {}', "*"])
def test_get_with_the_etag_at_hand_is_304_without_a_body(twin: Twin, shape: str) -> None:
    tag = twin.send("GET", "/api/docs").headers["etag"]
    reply = twin.send("GET", "/api/docs", headers={"If-None-Match": shape.format(tag.removeprefix("W/"))})
    assert (reply.status_code, reply.content) == (304, b"")
    assert "content-type" not in reply.headers
    assert (reply.headers["etag"], cors_of(reply)) == (tag, CORS)


def test_get_with_another_etag_or_no_cache_is_answered_in_full(twin: Twin) -> None:
    tag = twin.send("GET", "/api/docs").headers["etag"]
    for headers in ({"If-None-Match": '"other"'}, {"If-None-Match": tag, "Cache-Control": "no-cache"}):
        assert twin.send("GET", "/api/docs", headers=headers).status_code == 200


def test_error_with_its_etag_at_hand_is_answered_in_full(twin: Twin) -> None:
    assert twin.send("GET", "/nowhere", headers={"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize("path", ["/api/docs", "/API/Docs", "/api/docs/", "/API/DOCS/"])
def test_path_in_any_case_with_or_without_slash_is_found(twin: Twin, path: str) -> None:
    assert twin.send("GET", path).status_code == 200


def test_placeholder_keeps_its_case_and_its_escapes_are_undone(twin: Twin) -> None:
    twin.send("POST", "/api/vendor", json={"id": "Pi/zza"})
    assert twin.send("GET", "/api/vendor/Pi%2Fzza").json() == {"exists": True}
    assert twin.send("GET", "/api/vendor/Pi%2fzz").json() == {"exists": False}


def test_ids_that_the_database_takes_for_the_same_are(twin: Twin) -> None:
    twin.send("POST", "/api/vendor", json={"id": "Pizza"})
    assert twin.send("GET", "/api/vendor/piZZA%20").json() == {"exists": True}
    assert twin.send("POST", "/api/vendor", json={"id": "pizza "}).status_code == 409


@pytest.mark.parametrize(
    ("vendor_id", "message"),
    [
        (["a"], "Incorrect arguments to mysqld_stmt_execute"),
        ("x" * 256, "Data too long for column 'netId' at row 1"),
    ],
)
def test_id_that_the_database_refuses_is_a_500(twin: Twin, vendor_id: object, message: str) -> None:
    reply = twin.send("POST", "/api/vendor", json={"id": vendor_id})
    assert (reply.status_code, reply.json()) == (500, {"message": message})


def test_path_that_no_router_has_tells_nobody_its_methods(twin: Twin) -> None:
    assert twin.send("OPTIONS", "/.well-known/jwks.json").status_code == 404


@pytest.mark.parametrize(
    ("path", "quoted"), [("/api/vendor/%zz", "%zz"), ("/api/vendor/%ff", "%ff"), ("/nowhere/%zz", "/nowhere/%zz")]
)
def test_broken_escape_in_a_path_is_a_500(twin: Twin, path: str, quoted: str) -> None:
    status, reply = raw_exchange(twin, path)
    assert (status, reply) == (500, {"message": f"Failed to decode param '{quoted}'"})


def raw_exchange(twin: Twin, raw_path: str) -> tuple[int, object]:
    """A client library would repair the path, so speak ASGI."""
    scope = {"type": "http", "method": "GET", "path": "/unescaped", "raw_path": raw_path.encode(), "headers": []}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(twin.app({**scope, "query_string": b"", "scheme": "http"}, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/api/order"), ("DELETE", "/api/vendor"), ("OPTIONS", "/nowhere")]
)
def test_unknown_path_or_method_is_a_404(twin: Twin, method: str, path: str) -> None:
    reply = twin.send(method, path)
    assert (reply.status_code, reply.text) == (404, '{"message":"unknown endpoint"}')
    assert cors_of(reply) == CORS


def test_head_answers_as_get_does(twin: Twin) -> None:
    head, get = twin.send("HEAD", "/api/docs"), twin.send("GET", "/api/docs")
    assert head.status_code == 200
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/vendor", "GET,HEAD,POST,PUT"),
        ("/api/order", "POST"),
        ("/api/vendor/code", "GET,HEAD,POST"),
        ("/api/log", "POST,PUT"),
    ],
)
def test_options_of_a_known_path_name_its_methods(twin: Twin, path: str, allowed: str) -> None:
    reply = twin.send("OPTIONS", path)
    assert (reply.status_code, reply.text, reply.headers["allow"]) == (200, allowed, allowed)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert cors_of(reply) == CORS


def test_origin_of_the_browser_is_the_one_allowed(twin: Twin) -> None:
    reply = twin.send("GET", "/api/docs", headers={"Origin": "https://pizza.test"})
    assert reply.headers["access-control-allow-origin"] == "https://pizza.test"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{a", "Expected property name or '}' in JSON at position 1"),
        (b'"text"', 'Unexpected token \'"\', ""text"" is not valid JSON'),
        (b"null", "Unexpected token 'n', \"null\" is not valid JSON"),
        (b"  12", "Unexpected token '1', \"  12\" is not valid JSON"),
        (b"  ", "Unexpected end of JSON input"),
        (b'{"a":NaN}', 'Unexpected token \'N\', "{"a":NaN}" is not valid JSON'),
        (b"[" * 100_000, "Maximum call stack size exceeded"),
        (b'{"a":"' + b"x" * BODY_LIMIT_BYTES + b'"}', "request entity too large"),
    ],
)
@pytest.mark.parametrize("path", ["/api/order/verify", "/nowhere"])
def test_body_that_cannot_be_read_is_a_500_without_cors_wherever_it_goes(
    twin: Twin, path: str, content: bytes, message: str
) -> None:
    reply = twin.send("POST", path, headers=JSON, content=content)
    assert (reply.status_code, reply.json()) == (500, {"message": message})
    assert cors_of(reply) == {}
    assert reply.headers["x-powered-by"] == "Express"


def test_body_at_the_limit_is_read(twin: Twin) -> None:
    content = b'{"a":"' + b"x" * (BODY_LIMIT_BYTES - 8) + b'"}'
    assert len(content) == BODY_LIMIT_BYTES
    assert twin.send("POST", "/api/order/verify", headers=JSON, content=content).status_code == 403


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_body_with_json_content_type_in_any_spelling_is_read(twin: Twin, content_type: str) -> None:
    reply = twin.send("POST", "/api/vendor", headers={"Content-Type": content_type}, content='{"id":"t"}')
    assert reply.status_code == 200


def test_body_with_a_byte_order_mark_or_broken_utf8_is_read(twin: Twin) -> None:
    content = b'\xef\xbb\xbf{"id":"t","name":"\xff"}'
    assert twin.send("POST", "/api/vendor", headers=JSON, content=content).json()["name"] == "\ufffd"


@pytest.mark.parametrize("content_type", ["text/plain", "application/problem+json", ""])
def test_body_with_another_content_type_is_not_even_looked_at(twin: Twin, content_type: str) -> None:
    reply = twin.send("POST", "/api/vendor", headers={"Content-Type": content_type}, content="{a" * BODY_LIMIT_BYTES)
    assert (reply.status_code, reply.json()) == (400, {"message": "Missing param. Must have ID"})


def test_client_that_leaves_in_the_middle_of_its_body_breaks_nothing() -> None:
    sent: list[Message] = []

    async def handler(_call: Call) -> Reply:
        return json_reply({})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/a", "raw_path": b"/a", "headers": headers, "query_string": b""}
    asyncio.run(Express([Route("POST", "/a", handler)])(scope, receive, send))
    assert sent[0]["status"] == 500


def test_path_without_a_raw_form_is_escaped_again() -> None:
    seen: list[str] = []

    async def handler(call: Call) -> Reply:
        seen.append(call.params["name"])
        assert isinstance(call.request, Request)
        return json_reply({})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": "/a/ü%", "headers": [], "query_string": b""}
    asyncio.run(Express([Route("GET", "/a/:name", handler)])(scope, receive, send))
    assert seen == ["ü%"]
