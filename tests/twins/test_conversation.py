from __future__ import annotations

from pathlib import Path

import httpx

from tests.twins.conversation import Heard, Partner, Step, differences, play, record, recorded, shape

TOKEN = f"{'a' * 30}.{'b' * 30}.{'c' * 30}"


def talk(*steps: Step, **answers: httpx.Response) -> tuple[list[Heard], list[httpx.Request], list[str]]:
    asked: list[httpx.Request] = []
    happened: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answers[request.url.path.strip("/") or "root"]

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://pizza.test") as client:
        return play(steps, Partner(client, happened.append, {"admin": "key"})), asked, happened


def test_answer_is_heard_without_what_differs_each_time() -> None:
    body = {"token": TOKEN, "iat": 5, "at": "2024-12-01T12:24:00.000Z", "name": "常用名字", "list": [{"stack": "x"}]}
    headers = {"ETag": 'W/"1"', "Date": "now", "X-Powered-By": "Express"}
    (heard,), _, _ = talk(Step("GET /"), root=httpx.Response(201, json=body, headers=headers))
    assert heard.status == 201
    assert heard.headers == {"content-type": "application/json", "etag": "weak", "x-powered-by": "Express"}
    masked = {"token": "<jwt>", "iat": "<iat>", "at": "<date>", "name": "常用名字", "list": [{"stack": "<stack>"}]}
    assert heard.body == masked


def test_prose_is_heard_by_its_shape_only() -> None:
    body = [{"says": "one", "response": 1}, {"says": "two", "response": "x"}, {"says": 3}]
    (heard,), _, _ = talk(Step("GET /", hears=shape), root=httpx.Response(200, json=body))
    assert heard.body == [3, {"says": "str", "response": "<example>"}, {"says": "int"}]


def test_what_was_kept_is_sent_as_a_token_in_a_body_and_in_a_path() -> None:
    _, asked, _ = talk(
        Step("GET /login", by="admin", keeps={"diner": lambda body: str(body["token"])}),
        Step("POST /order", {"items": [{"of": "{diner}"}]}, by="diner"),
        Step("GET /{diner}"),
        login=httpx.Response(200, json={"token": "mine"}),
        order=httpx.Response(200),
        mine=httpx.Response(200),
    )
    assert [request.headers.get("authorization") for request in asked] == ["Bearer key", "Bearer mine", None]
    assert asked[1].content == b'{"items":[{"of":"mine"}]}'


def test_what_happens_before_a_question_is_brought_about() -> None:
    _, _, happened = talk(Step("GET /"), Step("GET /", before="fail"), root=httpx.Response(200))
    assert happened == ["fail"]


def test_difference_names_the_question_and_both_answers() -> None:
    known = [Heard("GET /", 200, {}, {"a": 1}), Heard("GET /b", 200, {}, "")]
    heard = [Heard("GET /", 200, {}, {"a": 2})]
    assert differences(known, known) == []
    assert differences(known, heard) == [
        "1 answers, where 2 are known",
        "1. GET /: body a was 1 and is 2",
    ]


def test_record_reads_as_it_was_written(tmp_path: Path) -> None:
    heard = [Heard("GET /", 200, {"etag": "weak"}, {"name": "常用名字"})]
    record(tmp_path / "said.jsonl", heard)
    assert recorded(tmp_path / "said.jsonl") == heard
