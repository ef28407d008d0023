from __future__ import annotations

import re
from datetime import timedelta

import pytest

from harness.errors import ScenarioError
from harness.faults.toxics import HttpBody, HttpDelay, HttpDrop, HttpHeader, HttpStatus
from harness.faults.toxics.http_message import Head, Reader
from harness.faults.toxics.http_toxic import MOST_BODY_BYTES, HttpToxic, named
from harness.links.link import Hit, LinkToxic
from harness.testing.toxics import play, script_of
from tests.harness.faults.toxics.exchanges import OK, Exchanges, asked_and_answered, request

BAD = HttpStatus(status=500)


def is_hit(toxic: HttpToxic, asked: bytes) -> bool:
    return asked_and_answered(toxic, asked=asked) != OK


@pytest.mark.parametrize(
    ("toxic", "asked", "meant"),
    [
        (HttpStatus(), request("/anything"), True),
        (HttpStatus(method="post"), request(method="POST"), True),
        (HttpStatus(method="post"), request(), False),
        (HttpStatus(path="/api/order"), request("/api/order?limit=1"), True),
        (HttpStatus(path="/api/*"), request("/api/order/7"), True),
        (HttpStatus(path="/api"), request("/api/order"), False),
        (HttpStatus(path="/a[bc]"), request("/a[bc]"), True),
        (HttpStatus(path="/a[bc]*"), request("/a[bc]/d"), True),
        (HttpStatus(path="/a[bc]"), request("/ab"), False),
        (HttpStatus(path="/a]"), request("/a]"), True),
        (HttpStatus(header="X-Diner"), request(headers="x-diner: 7\r\n"), True),
        (HttpStatus(header="X-Diner: 7"), request(headers="X-Diner:  7 \r\n"), True),
        (HttpStatus(header="X-Diner: 8"), request(headers="X-Diner: 7\r\n"), False),
        (HttpStatus(header="X-Diner"), request(), False),
    ],
)
def test_http_toxic_means_what_matches_its_request(toxic: HttpStatus, asked: bytes, *, meant: bool) -> None:
    assert is_hit(toxic, asked) is meant


@pytest.mark.parametrize("kind", [HttpStatus, HttpBody, HttpDrop])
def test_http_toxic_whose_path_has_a_query_is_refused(kind: type[HttpToxic]) -> None:
    with pytest.raises(ScenarioError, match="leave the query out"):
        kind(path="/api/order?limit=1")


def statuses(toxic: HttpToxic, *, count: int) -> str:
    """Ask so often, on one connection, and write + for each good answer and - for each spoilt one."""
    exchanges, seen = Exchanges(toxic), ""
    for _ in range(count):
        exchanges.ask(request())
        seen += "+" if exchanges.answer(OK) == OK else "-"
    return seen


def test_http_toxic_spoils_the_first_only() -> None:
    assert statuses(HttpStatus(first=2), count=6) == "--++++"


def test_http_toxic_spoils_every_third_only() -> None:
    assert statuses(HttpStatus(every=3), count=7) == "++-++-+"


@pytest.mark.parametrize(
    ("toxic", "seen"),
    [
        (HttpStatus(skip=2), "++-----"),
        (HttpStatus(skip=2, first=3), "++---++"),
        (HttpStatus(skip=2, every=2), "+++-+-+"),
        (HttpStatus(skip=2, first=2, every=2), "+++-+++"),
    ],
)
def test_http_toxic_that_skips_spoils_a_window(toxic: HttpStatus, seen: str) -> None:
    assert statuses(toxic, count=7) == seen


def test_http_toxic_counts_over_all_connections() -> None:
    one = Exchanges(HttpStatus(first=1))
    other = Exchanges(HttpStatus(first=1), link=one.link)
    answers = []
    for exchanges in (one, other):
        exchanges.ask(request())
        answers.append(exchanges.answer(OK))
    assert answers[0] != OK
    assert answers[1] == OK


def test_http_toxic_with_a_chance_spoils_about_that_many_and_the_same_again() -> None:
    seen = statuses(HttpStatus(chance=0.3), count=300)
    assert 60 < seen.count("-") < 120
    assert statuses(HttpStatus(chance=0.3), count=300) == seen


def test_http_toxic_that_means_nothing_hits_nothing() -> None:
    exchanges = Exchanges(HttpStatus(path="/other"))
    exchanges.ask(request())
    assert exchanges.answer(OK[:30], OK[30:]) == OK
    assert exchanges.hits == 0


def test_http_toxic_finds_a_response_however_it_is_cut() -> None:
    whole = asked_and_answered(BAD)
    for cut in range(len(OK)):
        exchanges = Exchanges(BAD)
        exchanges.ask(request())
        assert exchanges.answer(OK[:cut], OK[cut:]) == whole
        assert exchanges.hits == 1


def test_http_toxic_keeps_pipelined_requests_and_answers_together() -> None:
    exchanges = Exchanges(HttpStatus(status=500, path="/bad"))
    exchanges.ask(request("/good") + request("/bad") + request("/good"))
    got = exchanges.answer(OK * 3)
    assert re.findall(rb"HTTP/1.1 (\d+)", got) == [b"200", b"500", b"200"]


@pytest.mark.parametrize("toxic", [HttpStatus(status=204), HttpBody(mode="html")])
def test_http_toxic_sends_no_body_where_no_client_looks_for_one(toxic: HttpToxic) -> None:
    exchanges = Exchanges(toxic)
    exchanges.ask(request(method="HEAD"))
    assert exchanges.answer(OK[:-16]).endswith(b"\r\n\r\n")
    exchanges.ask(request())
    assert exchanges.answer(b"HTTP/1.1 204 No Content\r\n\r\n").endswith(b"\r\n\r\n")
    assert asked_and_answered(HttpStatus(status=304)).endswith(b"\r\n\r\n")


def test_http_toxic_does_not_take_a_100_continue_for_the_answer() -> None:
    exchanges = Exchanges(BAD)
    exchanges.ask(request())
    assert exchanges.answer(b"HTTP/1.1 100 Continue\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert exchanges.answer(OK).startswith(b"HTTP/1.1 500 ")


def test_http_toxic_takes_a_response_that_ends_with_the_stream() -> None:
    exchanges = Exchanges(BAD)
    exchanges.ask(request())
    assert exchanges.answer(b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo") == b""
    assert exchanges.finish().endswith(b"500 Internal Server Error\r\nContent-Length: 5\r\n\r\nhello")
    assert exchanges.has_ended


def test_http_toxic_lets_a_response_that_broke_off_go_as_it_came() -> None:
    exchanges = Exchanges(BAD)
    exchanges.ask(request())
    exchanges.answer(OK[:-3])
    assert exchanges.finish() == OK[:-3]
    assert exchanges.has_ended


def test_http_toxic_removed_lets_what_it_kept_go_as_it_came() -> None:
    for kept in (3, 40, len(OK) - 1):
        exchanges = Exchanges(BAD)
        exchanges.ask(request())
        assert exchanges.answer(OK[:kept]) == b""
        assert exchanges.remove() == OK[:kept]
        assert exchanges.answer(OK[kept:]) == OK[kept:]


def test_http_toxic_removed_while_it_delays_sends_at_once() -> None:
    exchanges = Exchanges(HttpDelay(held=timedelta(seconds=9)))
    exchanges.ask(request())
    exchanges.answer(OK)
    exchanges.ask(request(), now=1.0)
    exchanges.answer(OK, now=1.0)
    assert exchanges.remove(now=2.0).count(b"HTTP/1.1 200 OK") == 2


def test_http_toxic_changed_between_head_and_body_goes_on_where_it_was() -> None:
    exchanges = Exchanges(BAD)
    exchanges.ask(request())
    exchanges.answer(OK[:-5])
    exchanges.link.change(LinkToxic("toxic", HttpStatus(status=418)), now=0.0)
    assert exchanges.answer(OK[-5:]).startswith(b"HTTP/1.1 418 ")


def test_http_toxic_lets_a_response_that_is_too_long_to_hold_go_unspoilt() -> None:
    length = MOST_BODY_BYTES + 1000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
    exchanges = Exchanges(BAD)
    exchanges.ask(request())
    assert exchanges.answer(head, b"a" * (length - 500), b"a" * 500) == head + b"a" * length
    exchanges.ask(request())
    assert exchanges.answer(OK).startswith(b"HTTP/1.1 500 ")


def test_http_toxic_lets_what_is_not_http_pass() -> None:
    script = script_of()
    assert play([BAD], script).commands == play([], script).commands


def test_http_toxic_added_in_the_middle_of_a_response_leaves_that_connection_alone() -> None:
    exchanges = Exchanges(BAD)
    assert exchanges.answer(OK[-5:]) == OK[-5:]
    exchanges.ask(request())
    assert exchanges.answer(OK) == OK


def test_http_toxic_counts_each_reply_that_it_spoils_and_no_other() -> None:
    exchanges = Exchanges(HttpStatus(status=500, path="/api/order"))
    for path in ("/api/order", "/", "/api/order"):
        exchanges.ask(request(path))
        exchanges.answer(OK[:30], OK[30:])
    assert exchanges.link.hits == {"toxic": 2}


def test_http_toxic_that_drops_the_connection_counts_it_once() -> None:
    exchanges = Exchanges(HttpDrop())
    exchanges.ask(request())
    exchanges.answer(OK)
    assert exchanges.is_closed
    assert exchanges.link.hits == {"toxic": 1}


PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
LAST = b"HTTP/1.0 200 Fine\r\n\r\nhello"


@pytest.mark.parametrize(
    ("toxic", "response"),
    [
        (HttpStatus(status=200), OK),
        (
            HttpStatus(status=200),
            b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: 1\r\n\r\n",
        ),
        (HttpBody(mode="remove_field", member="jtw"), OK),
        (HttpBody(mode="set_field", member="jwt", value="a.b.c"), OK),
        (HttpBody(mode="set_field", member="jwt", value="bad"), PACKED),
        (HttpBody(mode="replace", value='{"jwt": "a.b.c"}'), OK),
        (HttpBody(), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (HttpBody(mode="html"), b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n"),
        (HttpHeader(name="Retry-After"), OK),
        (HttpHeader(name="content-type", value="application/json"), OK),
        (HttpHeader(name="Content-Length", value="7"), OK),
        (HttpDelay(), OK),
    ],
    ids=repr,
)
def test_http_toxic_that_alters_no_byte_and_no_instant_hits_nothing(toxic: HttpToxic, response: bytes) -> None:
    exchanges = Exchanges(toxic)
    exchanges.ask(request())
    assert exchanges.answer(response[:30], response[30:], now=1.0) == response
    assert exchanges.hits == 0
    assert exchanges.link.first_hits("toxic") == ()


def test_http_toxic_that_alters_nothing_until_the_stream_ends_hits_nothing() -> None:
    exchanges = Exchanges(HttpStatus(status=200))
    exchanges.ask(request())
    assert exchanges.answer(LAST) + exchanges.finish() == LAST
    assert exchanges.has_ended
    assert exchanges.hits == 0


@pytest.mark.parametrize("toxic", [HttpDrop(), HttpBody(mode="truncate"), HttpDelay(held=timedelta(seconds=1)), BAD])
def test_http_toxic_that_takes_away_delays_or_changes_hits(toxic: HttpToxic) -> None:
    exchanges = Exchanges(toxic)
    exchanges.ask(request())
    exchanges.answer(OK)
    assert exchanges.hits == 1


def test_http_toxic_tells_each_request_whose_reply_it_spoilt() -> None:
    exchanges = Exchanges(HttpStatus(status=500, path="/api/*"))
    asked = [("/api/order?key=secret", "POST"), ("/other", "GET"), ("/api/menu", "GET")]
    for path, method in asked:
        exchanges.ask(request(path, method=method))
    exchanges.answer(OK * 3, now=7.0)
    assert exchanges.link.first_hits("toxic") == (
        Hit(1, "a client", "POST /api/order", 7.0),
        Hit(1, "a client", "GET /api/menu", 7.0),
    )
    assert exchanges.hits == 2


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/", "GET /"),
        ("/api/order?jwt=a.b.c", "GET /api/order"),
        ("/login/" + "t" * 41 + "/me", "GET /login/…/me"),
        ("http://anna:secret@pizza/api/menu?x=1", "GET /api/menu"),
        ("/\x1b[2J", "GET /?[2J"),
        ("/pizza" * 50, "GET " + ("/pizza" * 50)[:200]),
    ],
)
def test_http_toxic_names_a_request_without_what_may_be_secret(target: str, said: str) -> None:
    (head, *_) = Reader().feed(request(target))
    assert isinstance(head, Head)
    assert named(head) == said
