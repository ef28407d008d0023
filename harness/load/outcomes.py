"""What became of a diner's request: it went well, it failed, or nobody knows.

Rules of this file: it names no library and no transport, so that every driver judges alike. A request *failed* only
when it certainly did not happen, changed nothing, or was answered with an error or a wrong reply. A request that was
sent, may have changed something, and was never answered is *unknown*, as is each one that its diner stopped waiting
for: the order may exist.
"""

from __future__ import annotations

import http
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Literal

import msgspec

Outcome = Literal["ok", "failed", "unknown"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing, however often they arrive (RFC 9110, section 9.2.1)."""

REPORT_URL_NAMES = (
    "followLinkToEndChaos",
    "reportUrl",
    "reportPizzaCreationErrorToPizzaFactoryUrl",
    "reportSlowPizzaToFactoryUrl",
)
"""Under which names services of different years pass on the factory's reportUrl, the newest first."""

FAILED_TO_FETCH = "500: failed to fetch"
"""What the front end shows for every request that got no reply; see the incident of 2024-12-01."""


class Trouble(StrEnum):
    """Why a request got no reply, as an engineer would say it."""

    REFUSED = "connection refused"
    NAME_NOT_FOUND = "name not found"
    NO_NAME_SERVER = "name server gave no answer"
    UNREACHABLE = "no route to host"
    RESET = "connection reset"
    CLOSED = "connection closed without a reply"
    CUT_SHORT = "connection closed in the middle of the reply"
    GARBLED = "the reply is not HTTP"
    CERTIFICATE_EXPIRED = "the certificate has expired"
    CERTIFICATE_TOO_NEW = "the certificate is not valid yet"
    CERTIFICATE_OF_ANOTHER = "the certificate is for another name"
    CERTIFICATE_UNTRUSTED = "the certificate is not trusted"
    TIMED_OUT = "timed out"
    LEFT = "the diner left before the reply"


_decode: Callable[[bytes], object] = msgspec.json.Decoder().decode
_IN_THE_DINERS_WORDS = {Trouble.TIMED_OUT: "gave up waiting", Trouble.LEFT: "left before the reply"}


class Reply(msgspec.Struct, frozen=True):
    """What came of a request; a diner goes on from here."""

    outcome: Outcome
    """Whether it did what it was for."""
    status: int = 0
    """HTTP status; 0 when there was no reply."""
    body: Any = None
    """The JSON of the reply; None when there was none, or no JSON in it."""
    error: str = ""
    """What went wrong, as a person would see it; "" when nothing did."""
    cause: str = ""
    """What went wrong, for the engineer, where the status alone does not say it."""
    report_url: str = ""
    """The factory's reportUrl, when the reply carried one."""

    @property
    def ok(self) -> bool:
        """Whether it went well."""
        return self.outcome == "ok"


def is_json(body: object) -> str:
    """Say what is wrong with a good reply of which nothing is needed: only that it must be JSON."""
    return "the reply is not JSON" if body is None else ""


def replied(status: int, raw: bytes, *, wrong: Callable[[object], str] = is_json) -> Reply:
    """Judge a request that was answered.

    Args:
        status: of the HTTP reply.
        raw: its body.
        wrong: says what is wrong with the JSON of a 2xx reply, in a few words; "" when it is right.
    """
    body = _parsed(raw)
    report_url = _report_url(body)
    if not 200 <= status < 300:
        error = f"{status}: {_message(status, body)}"
        return Reply("failed", status, body, error=error, report_url=report_url)
    complaint = wrong(body)
    if complaint:
        error = f"{status}: {complaint}"
        return Reply("failed", status, body, error=error, cause="wrong reply", report_url=report_url)
    return Reply("ok", status, body, report_url=report_url)


def unanswered(trouble: Trouble, *, method: str, sent: bool) -> Reply:
    """Judge a request that got no reply.

    Args:
        trouble: why.
        method: of the request.
        sent: whether the whole of it may have arrived.
    """
    given_up = trouble in _IN_THE_DINERS_WORDS
    may_have_happened = sent and method not in SAFE_METHODS
    outcome: Outcome = "unknown" if given_up or may_have_happened else "failed"
    return Reply(outcome, error=_IN_THE_DINERS_WORDS.get(trouble, FAILED_TO_FETCH), cause=trouble.value)


def _parsed(raw: bytes) -> object:
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _report_url(body: object) -> str:
    if not isinstance(body, dict) or body.keys().isdisjoint(REPORT_URL_NAMES):
        return ""
    found = (body.get(name) for name in REPORT_URL_NAMES)
    return next((url for url in found if isinstance(url, str) and url), "")


def _message(status: int, body: object) -> str:
    message = body.get("message") if isinstance(body, dict) else None
    if isinstance(message, str) and message:
        return message
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "no message"
