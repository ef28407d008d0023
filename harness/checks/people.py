"""What people did: who was paged, who acted first, what they found and where their remedy came from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from harness.checks.alerts import GOING_OFF
from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.window import ON_TIME, lived, reached
from harness.checks.wording import count, group_words, time_words
from harness.durations import duration, spoken
from harness.events import (
    AlertChanged,
    DiagnosisMade,
    PageAcknowledged,
    PageIgnored,
    PageSent,
    RemedyPerformed,
    RequestFinished,
)
from harness.history import History

Action = PageAcknowledged | RemedyPerformed | DiagnosisMade
"""What counts as somebody doing something about it; looking at a page and leaving it does not."""

_URL = re.compile(r"https?://[^\s\"'<>]+")


@check("somebody was paged from {since} to {until}, and level {levels_at_least} was reached")
def paged_and_escalated(history: History, since: datetime, until: datetime, levels_at_least: int = 2) -> Answer:
    """Alerts went off, somebody was paged, and one page went up the chain as far as this."""
    pages = [page for page in history.of(PageSent) if since <= page.at < until]
    alerts = [change for change in history.of(AlertChanged) if since <= change.at < until and change.state in GOING_OFF]
    if not pages and not alerts:
        return Verdict.UNKNOWN.because("no alert went off, so there was nothing to page about")
    if not pages:
        return Verdict.FAILED.because(f"{count(len(alerts), 'alert')} went off and nobody was paged", alerts)
    highest = max(pages, key=lambda page: page.level)
    said = f"{count(len(pages), 'page')}, the first at {pages[0].at:%H:%M:%S}"
    climb = (
        f"“{group_words(highest.page)}” reached level {highest.level} ({highest.responder}) at {highest.at:%H:%M:%S}"
    )
    if highest.level >= levels_at_least:
        return Verdict.PASSED.because(f"{said}; {climb}", (pages[0], highest))
    verdict = Verdict.FAILED if reached(history, until) else Verdict.UNKNOWN
    return verdict.because(f"{said}; {climb}, and no higher", pages)


@check("pages were seen and left alone from {since} to {until}")
def pages_left_alone(history: History, since: datetime, until: datetime) -> Answer:
    """Somebody saw a page and decided to do nothing about it, and nobody took one."""
    ignored = [event for event in history.of(PageIgnored) if since <= event.at < until]
    taken = [event for event in history.of(PageAcknowledged) if since <= event.at < until]
    if taken:
        said = f"{taken[0].responder} took “{taken[0].page}” at {taken[0].at:%H:%M:%S}"
        return Verdict.FAILED.because(said, taken)
    if not ignored:
        return Verdict.UNKNOWN.because("nobody saw a page, as far as the history says")
    said = f"{count(len(ignored), 'page')}, the first at {ignored[0].at:%H:%M:%S}: {ignored[0].reason}"
    return Verdict.PASSED.because(said, ignored)


@check("pages are taken within {within} of {since}")
def pages_taken(history: History, since: datetime, within: str | timedelta) -> Answer:
    """Somebody is paged after `since`, and takes the page soon."""
    until = since + duration(within)
    page = history.first(PageSent, lambda sent: since <= sent.at < until)
    if page is None:
        return Verdict.UNKNOWN.because("nobody was paged")
    taken = history.first(PageAcknowledged, lambda ack: ack.page == page.page and page.at <= ack.at < until)
    if taken is None:
        verdict = Verdict.FAILED if reached(history, until) else Verdict.UNKNOWN
        return verdict.because(f"nobody took “{page.page}”, sent at {page.at:%H:%M:%S}", (page,))
    said = f"{taken.responder} took “{page.page}” {spoken(taken.at - page.at)} after it was sent"
    return Verdict.PASSED.because(said, (page, taken))


@check("first human action at {at}, since {since}")
def first_human_action(history: History, at: datetime, since: datetime, tolerance: str | timedelta = "1m") -> Answer:
    """The first thing that a person does about it comes at `at`, give or take the tolerance."""
    first = next((action for action in human_actions(history) if action.at >= since), None)
    give = duration(tolerance)
    if first is None:
        verdict = Verdict.FAILED if reached(history, at + give) else Verdict.UNKNOWN
        return verdict.because("nobody did anything")
    said = f"{action_words(first)} at {first.at:%H:%M:%S}, {spoken(first.at - since)} after {time_words(since)}"
    on_time = abs(first.at - at) <= give
    return (Verdict.PASSED if on_time else Verdict.FAILED).because(said, (first,))


@check("the diagnosis at {at} names “{layer}”")
def diagnosis_names(history: History, layer: str, at: datetime, within: str | timedelta = "2m") -> Answer:
    """Whoever looks at `at` names this layer, and has evidence for it."""
    until = at + duration(within)
    made = history.first(DiagnosisMade, lambda diagnosis: at - ON_TIME <= diagnosis.at <= until)
    if made is None:
        said = "nobody made a diagnosis" if lived(history, at, until) else "the run did not go through that time"
        return Verdict.UNKNOWN.because(said)
    said = f"{made.by} named “{made.layer}”: {made.finding}"
    if made.layer.casefold() != layer.casefold():
        return Verdict.FAILED.because(said, (made,))
    if not made.evidence:
        return Verdict.FAILED.because(f"{said}, but gave no evidence for it", (made,))
    return Verdict.PASSED.because(f"{said}; evidence: {'; '.join(made.evidence)}", (made,))


@check("the reportUrl that was followed came from a failed reply")
def report_url_came_from_a_reply(history: History) -> Answer:
    """Whoever followed a reportUrl had it from a reply that a diner had really got before."""
    followed = [remedy for remedy in history.of(RemedyPerformed) if "report" in remedy.remedy.casefold()]
    if not followed:
        return Verdict.UNKNOWN.because("nobody followed a reportUrl")
    replies = _replies(history)
    origins = [(remedy, _origin(remedy, replies)) for remedy in followed]
    for remedy, origin in origins:
        if origin is None:
            detail = f"the one that {remedy.by} followed at {remedy.at:%H:%M:%S} stands in no failed reply before it"
            return Verdict.FAILED.because(detail, (remedy,))
    found = [origin for _, origin in origins if origin]
    detail = f"{found[0].diner} got it from “{found[0].operation}” at {found[0].at:%H:%M:%S}: {found[0].error}"
    return Verdict.PASSED.because(detail, (*found, *followed))


def people(history: History) -> frozenset[str]:
    """Name everyone who was paged, took or left a page, or performed a remedy; tools do none of these."""
    kinds = PageSent | PageIgnored | PageAcknowledged
    paged = {event.responder for event in history if isinstance(event, kinds)}
    return frozenset(paged | {remedy.by for remedy in history.of(RemedyPerformed)})


def human_actions(history: History) -> tuple[Action, ...]:
    """Give what people did about it, in order; a diagnosis counts when a person made it and not a tool."""
    names = people(history)
    actions = (event for event in history if isinstance(event, Action))
    return tuple(action for action in actions if not isinstance(action, DiagnosisMade) or action.by in names)


def action_words(action: Action) -> str:
    """Say what somebody did."""
    match action:
        case PageAcknowledged():
            return f"{action.responder} acknowledged “{group_words(action.page)}”"
        case RemedyPerformed():
            return f"{action.by} performed “{action.remedy}”"
        case DiagnosisMade():
            return f"{action.by} made a diagnosis"


def _replies(history: History) -> Mapping[str, RequestFinished]:
    """Give the first failed reply that carried each reportUrl."""
    replies: dict[str, RequestFinished] = {}
    for request in history.of(RequestFinished):
        if request.report_url and request.outcome == "failed":
            replies.setdefault(request.report_url, request)
    return replies


def _origin(remedy: RemedyPerformed, replies: Mapping[str, RequestFinished]) -> RequestFinished | None:
    used: Sequence[str] = [url.rstrip(".,:;)") for url in _URL.findall(remedy.did)]
    return next((replies[url] for url in used if url in replies and replies[url].seq < remedy.seq), None)
