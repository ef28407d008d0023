"""What became of a request, as a table."""

from __future__ import annotations

import pytest

from harness.load.outcomes import FAILED_TO_FETCH, Outcome, Reply, Trouble, replied, unanswered

LINK = "https://127.0.0.1/api/support/key/report/code"


@pytest.mark.parametrize(
    ("trouble", "method", "sent", "outcome"),
    [
        (Trouble.REFUSED, "POST", False, "failed"),
        (Trouble.NAME_NOT_FOUND, "POST", False, "failed"),
        (Trouble.NO_NAME_SERVER, "POST", False, "failed"),
        (Trouble.UNREACHABLE, "PUT", False, "failed"),
        (Trouble.RESET, "POST", False, "failed"),
        (Trouble.RESET, "GET", True, "failed"),
        (Trouble.RESET, "POST", True, "unknown"),
        (Trouble.CLOSED, "GET", True, "failed"),
        (Trouble.CLOSED, "POST", True, "unknown"),
        (Trouble.CLOSED, "DELETE", True, "unknown"),
        (Trouble.CUT_SHORT, "POST", True, "unknown"),
        (Trouble.GARBLED, "PUT", True, "unknown"),
    ],
)
def test_a_request_without_a_reply_reads_failed_to_fetch_and_is_unknown_only_if_it_may_have_happened(
    trouble: Trouble, method: str, sent: bool, outcome: Outcome
) -> None:
    assert unanswered(trouble, method=method, sent=sent) == Reply(
        outcome, error="500: failed to fetch", cause=trouble.value
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("trouble", [Trouble.TIMED_OUT, Trouble.LEFT])
def test_a_request_its_diner_stopped_waiting_for_is_unknown(trouble: Trouble, method: str) -> None:
    reply = unanswered(trouble, method=method, sent=False)
    assert (reply.outcome, reply.status, reply.cause) == ("unknown", 0, trouble.value)
    assert reply.error not in {"", FAILED_TO_FETCH}


@pytest.mark.parametrize(
    ("status", "raw", "error"),
    [
        (500, b'{"message":"Failed to fulfill order at factory"}', "500: Failed to fulfill order at factory"),
        (401, b'{"message":"unauthorized"}', "401: unauthorized"),
        (503, b"<html>503</html>", "503: Service Unavailable"),
        (502, b"", "502: Bad Gateway"),
        (500, b'{"message":null}', "500: Internal Server Error"),
        (500, b"[1]", "500: Internal Server Error"),
        (302, b"", "302: Found"),
        (599, b"\xff", "599: no message"),
        (500, b"[" * 5000 + b"]" * 5000, "500: Internal Server Error"),
    ],
)
def test_an_error_reply_fails_with_its_status_and_message(status: int, raw: bytes, error: str) -> None:
    reply = replied(status, raw)
    assert (reply.outcome, reply.status, reply.error, reply.cause) == ("failed", status, error, "")


def test_a_right_reply_is_ok_and_carries_its_body() -> None:
    assert replied(200, b'{"a":1}') == Reply("ok", 200, {"a": 1})


def test_a_good_status_without_json_is_a_wrong_reply() -> None:
    reply = replied(200, b"<html>log in</html>")
    assert (reply.outcome, reply.error, reply.cause) == ("failed", "200: the reply is not JSON", "wrong reply")


def test_a_good_status_with_the_wrong_body_is_a_wrong_reply() -> None:
    reply = replied(200, b'{"order":{}}', wrong=lambda body: "the order came without its pizza")
    assert (reply.outcome, reply.error) == ("failed", "200: the order came without its pizza")


@pytest.mark.parametrize(
    "name",
    [
        "followLinkToEndChaos",
        "reportUrl",
        "reportPizzaCreationErrorToPizzaFactoryUrl",
        "reportSlowPizzaToFactoryUrl",
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_the_report_url_is_found_under_each_of_its_names_whatever_the_status(name: str, status: int) -> None:
    raw = b'{"message":"no","%s":"%s"}' % (name.encode(), LINK.encode())
    assert replied(status, raw).report_url == LINK


def test_a_reply_without_a_report_url_has_none() -> None:
    assert replied(500, b'{"reportUrl":null,"message":"no"}').report_url == ""
    assert replied(200, b"[]").report_url == ""
