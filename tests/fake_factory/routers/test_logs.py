import pytest

from fake_factory.settings import Settings
from tests.fake_factory.twin import ADMIN, VENDOR, Twin


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/x-unheard-of"])
def test_log_of_any_kind_from_anybody_is_answered_with_nothing(twin: Twin, content_type: str) -> None:
    twin.start_chaos("fail")
    reply = twin.send("POST", "/api/log", headers={"Content-Type": content_type}, content="[object Object]" * 10_000)
    assert (reply.status_code, reply.content) == (200, b"")
    assert twin.events == []


def test_log_after_an_admin_set_the_reply_gives_that(twin: Twin) -> None:
    for reply in (
        twin.send("PUT", "/api/log", headers=ADMIN, json={"message": "Updated"}),
        twin.send("POST", "/api/log", content="x"),
    ):
        assert (reply.status_code, reply.text) == (200, "Updated")


def test_log_taken_faithfully_is_for_vendors_only_and_says_that_it_came() -> None:
    twin = Twin(Settings(faithful_log=True))
    reply = twin.send("POST", "/api/log", json={"message": "x"})
    assert (reply.status_code, reply.text) == (401, '{"message":"invalid authentication"}')
    reply = twin.send("POST", "/api/log", headers=VENDOR, json={"message": "x"})
    assert (reply.status_code, reply.text) == (200, "Log received")
    reply = twin.send("POST", "/api/log", headers={**VENDOR, "Content-Type": "application/json"}, content="{bad")
    assert reply.status_code == 500


def test_log_taken_faithfully_after_an_admin_set_the_reply_gives_that() -> None:
    twin = Twin(Settings(faithful_log=True))
    twin.send("PUT", "/api/log", headers=ADMIN, json={"message": ""})
    assert twin.send("POST", "/api/log", headers=VENDOR, content="x").text == ""
