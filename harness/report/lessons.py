"""What would have made the incident shorter, each with the numbers of this history that say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from harness.checks.traffic import new_pages
from harness.checks.wording import count, group_words, listed
from harness.durations import spoken
from harness.events import (
    AlertChanged,
    BalancerRemoved,
    DiagnosisMade,
    PageIgnored,
    PageSent,
    RecordChanged,
    RemedyPerformed,
    RequestFinished,
)
from harness.report.facts import Facts, FaultStory
from harness.report.timeline import ONCE

PROMPT = timedelta(minutes=15)
"""A page that waits longer than this was not answered, only found."""

STORM_AT_LEAST = 3
"""Rules that go off together for lack of data before nobody can read them."""

STORM_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something to learn."""

    cause: str
    """What made it longer or worse, with numbers."""
    action: str
    """What to do about it."""


def lessons(facts: Facts) -> tuple[Lesson, ...]:
    """Draw the lessons that this history supports, in the order in which they would have helped."""
    drawn = (_missed(facts), _storm(facts), _late(facts), _balancer(facts), _in_vain(facts), _report_url(facts))
    return tuple(lesson for some in drawn for lesson in some)


def _missed(facts: Facts) -> Iterator[Lesson]:
    for fault in facts.faults:
        if fault.measured.detection_seconds is None and fault.measured.failed:
            failed = count(fault.measured.failed, "request")
            yield Lesson(
                f"Nobody was paged about {fault.applied.id}, though {failed} failed of it.",
                f"Add an alert that sees this: {fault.applied.sees}.",
            )


def _storm(facts: Facts) -> Iterator[Lesson]:
    silent = [change for change in facts.alerts if change.reason == "no data"]
    if not silent:
        return
    together = _distinct([change for change in silent if change.at - silent[0].at <= STORM_WITHIN])
    if len(together) < STORM_AT_LEAST:
        return
    spread = together[-1].at - together[0].at
    apart = f"within {spoken(spread)}" if spread >= ONCE else "at once"
    left = facts.history.first(PageIgnored, lambda page: page.at >= together[0].at)
    taken_for = f", and the page was left alone ({left.reason})" if left else ""
    yield Lesson(
        f"{len(together)} alerts went off for lack of data {apart}, none of which could say "
        f"what was broken{taken_for}.",
        "Give silence one alert of its own, on a channel of its own, that says the service has stopped reporting, "
        f"and let the other {len(together) - 1} rules keep their last state while there is no data.",
    )


def _distinct(changes: Sequence[AlertChanged]) -> list[AlertChanged]:
    return list({change.rule: change for change in reversed(changes)}.values())[::-1]


def _late(facts: Facts) -> Iterator[Lesson]:
    for fault in facts.faults:
        measured = fault.measured
        if measured.detection_seconds is None:
            continue
        page = next(page for page in new_pages(facts.history) if page.at >= fault.applied.at)
        highest = max((other for other in facts.pages if other.page == page.page), key=lambda other: other.level)
        action = "Escalate a page until a person has acknowledged it, on a channel that cannot be slept through."
        if measured.acknowledge_seconds is None:
            said = f"Nobody ever took the page of {page.at:%H:%M} about “{group_words(page.page)}”"
            yield Lesson(f"{said}, which reached level {highest.level}.", action)
        elif measured.acknowledge_seconds > PROMPT.total_seconds():
            yield Lesson(_waited(fault, page, level=highest.level), action)


def _waited(fault: FaultStory, page: PageSent, *, level: int) -> str:
    waited = fault.measured.acknowledge_seconds or 0.0
    said = f"The page of {page.at:%H:%M} went up to level {level} and waited {spoken(waited)} until somebody took it"
    if fault.measured.reset_seconds is None:
        return f"{said}."
    sooner, whole = spoken(waited - PROMPT.total_seconds()), spoken(fault.measured.reset_seconds)
    return f"{said}. Taken within {spoken(PROMPT)}, the same work would have been over {sooner} sooner than {whole}."


def _balancer(facts: Facts) -> Iterator[Lesson]:
    for removed in facts.history.of(BalancerRemoved):
        moved = facts.history.first(RecordChanged, lambda record: record.previous == removed.address)  # noqa: B023
        if moved is None or moved.at < removed.at:
            continue
        named = facts.history.first(DiagnosisMade, lambda made: made.at >= removed.at)  # noqa: B023
        when = f" It was named at {named.at:%H:%M}." if named else ""
        yield Lesson(
            f"{moved.name} led to a load balancer that was gone for {spoken(moved.at - removed.at)}, "
            f"from {removed.at:%H:%M} to {moved.at:%H:%M}.{when}",
            "Verify a deployment from outside when it is done, and go on doing so: resolve the name, connect to what "
            "it gives, and compare that with the load balancers that exist. "
            f"At {removed.at:%H:%M} this would have named the layer.",
        )


def _in_vain(facts: Facts) -> Iterator[Lesson]:
    vain = [effect.remedy for effect in facts.effects if effect.was_broken and not effect.helped]
    named = facts.history.first(DiagnosisMade)
    blind = [remedy for remedy in vain if named is None or remedy.at < named.at]
    if len(blind) < 2:
        return
    found = f", before anybody looked from outside in at {named.at:%H:%M}" if named else ""
    yield Lesson(
        f"{count(len(blind), 'remedy', 'remedies')} in a row changed nothing, from {blind[0].at:%H:%M} to "
        f"{blind[-1].at:%H:%M}{found}: {listed([remedy.remedy for remedy in blind])}.",
        "Put a look from outside in (name, address, load balancer, targets, tasks) before any remedy in the runbook.",
    )


def _report_url(facts: Facts) -> Iterator[Lesson]:
    told = facts.history.first(RequestFinished, lambda request: bool(request.report_url))
    if told is None:
        return
    used = facts.history.first(RemedyPerformed, lambda one: "report" in one.remedy.casefold() and one.at >= told.at)
    after = f"it was followed at {used.at:%H:%M}, {spoken(used.at - told.at)} later" if used else "nobody followed it"
    yield Lesson(
        f"From {told.at:%H:%M} on, failed replies carried a reportUrl; {after}.",
        "Log the reportUrl of each failed order, show it in the alert, and say in the runbook to follow it first.",
    )
