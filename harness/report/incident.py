"""The incident report in its own nine sections, written from the history alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import jinja2

from harness.checks import Judgement, Verdict
from harness.checks.impact import Harm
from harness.checks.people import action_words
from harness.checks.traffic import Outage, staff
from harness.checks.window import crossed_words
from harness.checks.wording import count, listed
from harness.durations import spoken
from harness.events import DiagnosisMade, Jumped, PageIgnored, RequestFinished
from harness.history import History
from harness.report.facts import Facts, FaultStory
from harness.report.lessons import Lesson, lessons
from harness.report.sentences import REASONS, shortened
from harness.report.timeline import Entry, capital, remedy_words, timeline

_pages = jinja2.Environment(
    loader=jinja2.PackageLoader("harness.report"),
    autoescape=False,  # noqa: S701 - the report is Markdown, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
)


@dataclass(frozen=True, slots=True)
class Sections:
    """The report's nine sections; each of a list of paragraphs, or of lines where it is a list."""

    title: str
    summary: list[str]
    detection: list[str]
    impact: list[str]
    zone: str
    timeline: list[str]
    crossed: list[str]
    """The stretches of the timeline that nobody lived through."""
    response: list[str]
    root_cause: list[str]
    resolution: list[str]
    prevention: list[str]
    actions: list[str]


def incident_report(history: History, judgement: Judgement) -> str:
    """Write the incident report of a run, in Markdown.

    Raises:
        HarnessError: when the history does not say which run it is of.
    """
    return _pages.get_template("incident.md.j2").render(sections=sections(Facts.of(history, judgement)))


def for_the_course(report: str) -> str:
    """Give an incident report the headings that the course's own template has, which differ in their level."""
    for heading in ("Root cause", "Prevention", "Action items"):
        report = report.replace(f"\n## {heading}\n", f"\n# {heading}\n")
    return report


def sections(facts: Facts) -> Sections:
    """Write each section."""
    learned = lessons(facts)
    return Sections(
        title=f"{facts.began:%Y-%m-%d %H-%M-%S}",
        summary=list(_summary(facts)),
        detection=list(_detection(facts)) or ["No alert went off, and nobody was paged."],
        impact=list(_impact(facts)) or ["Nobody was affected: no request failed."],
        zone=facts.history.run.zone,
        timeline=list(_lines(timeline(facts))),
        crossed=[f"{jump.leaves:%H:%M:%S} to {jump.at:%H:%M:%S}" for jump in facts.history.of(Jumped)],
        response=list(_response(facts)) or ["Nobody did anything."],
        root_cause=list(_root_cause(facts)) or ["Nothing was broken on purpose, and nobody named a cause."],
        resolution=list(_resolution(facts)) or ["There was nothing to resolve."],
        prevention=[lesson.cause for lesson in learned] or ["Nothing in this run would have been shortened by more."],
        actions=list(_actions(facts.judgement, learned)) or ["Nothing is left to do."],
    )


def _summary(facts: Facts) -> Iterator[str]:
    run, measured = facts.history.run, facts.measured
    for fault in facts.faults:
        until = f" until {fault.removed.at:%H:%M}" if fault.removed else ", and it never ended"
        yield f"From {fault.felt:%H:%M}{until}: {fault.applied.sees}."
    costs = [f"nothing worked for {spoken(measured.outage_seconds)}"] if facts.site else []
    if facts.purchases:
        more = " more" if facts.site else ""
        costs.append(f"nothing could be bought for {spoken(measured.purchase_outage_seconds)}{more}")
    costs.append(f"{count(measured.affected_diners, 'diner')} had something fail")
    yield f"{capital(listed(costs))}."
    verdict, why = facts.judgement.verdict.value, shortened(facts.judgement.why)
    yield f"This report was written from the history of `{run.scenario}`, which was judged **{verdict}**: {why}."


def _detection(facts: Facts) -> Iterator[str]:
    for fault in facts.faults:
        first = next((alert for alert in facts.alerts if alert.at >= fault.felt), None)
        if first:
            after = spoken(first.at - fault.felt)
            yield (
                f"{capital(fault.applied.target)}: the first alert, {first.rule}, went off at {first.at:%H:%M:%S}, "
                f"{after} after diners began to feel it, {REASONS.get(first.reason, first.reason)}. {_paged(fault)}"
            )
        else:
            yield f"{capital(fault.applied.target)}: no alert went off. {_paged(fault)}"


def _paged(fault: FaultStory) -> str:
    measured = fault.measured
    if measured.detection_seconds is None:
        return "Nobody was paged about it while it lasted."
    page = fault.applied.at + timedelta(seconds=measured.detection_seconds)
    hidden = f", which had begun {spoken(fault.felt - fault.applied.at)} before, unfelt" if fault.was_hidden else ""
    when = f"{spoken(page - fault.felt)} into it" if page >= fault.felt else f"{spoken(fault.felt - page)} before that"
    said = f"Somebody was first paged at {page:%H:%M:%S}, {when}{hidden}"
    if measured.acknowledge_seconds is None:
        return f"{said}, and nobody took that page."
    return f"{said}. That page was taken {spoken(measured.acknowledge_seconds)} after it was sent."


def _impact(facts: Facts) -> Iterator[str]:
    for outage in facts.site:
        yield _phase(facts, outage, "nobody could do anything on the site")
    for outage in facts.purchases:
        yield _phase(facts, outage, "everything worked but orders, so that nobody could buy anything")
    inside = [(outage.began, outage.ended or facts.end) for outage in (*facts.site, *facts.purchases)]
    outside = [
        request
        for request in facts.history.of(RequestFinished)
        if request.outcome != "ok" and not any(began <= request.at <= ended for began, ended in inside)
    ]
    if outside:
        other = "Outside of these, " if inside else ""
        yield capital(f"{other}{Harm.of(outside, staff=staff(facts.history))}.")


def _phase(facts: Facts, outage: Outage, what: str) -> str:
    end = outage.ended or facts.end
    ended = [request for request in facts.history.of(RequestFinished) if outage.began <= request.at < end]
    errors = sorted({request.error for request in ended if request.outcome == "failed"})
    until = f"{end:%H:%M}" if outage.ended else f"the end of the run at {end:%H:%M}"
    return (
        f"For {spoken(end - outage.began)}, from {outage.began:%H:%M} to {until}, {what}. "
        f"Affected: {Harm.of(ended, staff=staff(facts.history))}{crossed_words(facts.history, outage.began, end)}. "
        f"What they saw was {listed([f'“{error}”' for error in errors], at_most=3)}."
    )


def _lines(entries: tuple[Entry, ...]) -> Iterator[str]:
    day = ""
    for entry in entries:
        date = f"{entry.at:%Y-%m-%d}"
        yield f"_{f'{date} ' if date != day else ''}{entry.at:%H:%M}_ - {entry.text}"
        day = date


def _response(facts: Facts) -> Iterator[str]:
    if facts.pages:
        highest = max(facts.pages, key=lambda page: page.level)
        yield (
            f"{capital(count(len(facts.pages), 'page'))} went out, the first to {facts.pages[0].responder} at "
            f"{facts.pages[0].at:%H:%M}; the highest level reached was {highest.level} ({highest.responder})."
        )
    left = facts.history.of(PageIgnored)
    if left:
        reasons = listed(sorted({page.reason for page in left}))
        yield (
            f"{capital(count(len(left), 'page'))} were left alone: {reasons}."
            if len(left) > 1
            else (f"1 page was left alone: {reasons}.")
        )
    first = next((action for action in facts.actions if action.at >= facts.began), None)
    if first:
        into = spoken(first.at - facts.began)
        yield f"The first to do something came at {first.at:%H:%M}, {into} in: {action_words(first)}."
    tried = [effect for effect in facts.effects if effect.was_broken]
    if tried:
        vain = sum(not effect.helped for effect in tried)
        yield (
            f"{capital(count(len(tried), 'remedy', 'remedies'))} {'was' if len(tried) == 1 else 'were'} tried while "
            f"something was broken; {vain} did not help by {'itself' if vain == 1 else 'themselves'}."
        )


def _root_cause(facts: Facts) -> Iterator[str]:
    for fault in facts.faults:
        known = facts.history.first(DiagnosisMade, lambda made: _about(made, fault))  # noqa: B023
        found = (
            f"{capital(known.by)} named it at {known.at:%H:%M}: {known.finding}."
            if known
            else "Nobody wrote a diagnosis of it down."
        )
        hit = f" It was first seen when {fault.hit.evidence}." if fault.hit else ""
        yield f"`{fault.applied.fault}` on {fault.applied.target}, from {fault.applied.at:%H:%M:%S}.{hit} {found}"
    if not facts.faults:
        for made in facts.history.of(DiagnosisMade):
            yield f"{capital(made.by)} named {made.layer} at {made.at:%H:%M}: {made.finding}."


def _about(made: DiagnosisMade, fault: FaultStory) -> bool:
    """Say whether a diagnosis can be about a fault: made while diners felt it, and not in vain."""
    ended = fault.removed.at if fault.removed else made.at
    return made.layer != "none found" and fault.felt <= made.at <= ended


def _resolution(facts: Facts) -> Iterator[str]:
    for fault in facts.faults:
        name, length = f"`{fault.applied.fault}`", fault.measured.reset_seconds
        over = f", and what it had broken worked again {spoken(length)} after it began" if length else ""
        if fault.removed is None:
            yield f"{name} was never resolved."
        elif fault.was_healed:
            yield f"Nobody resolved {name}: the harness healed it at {fault.removed.at:%H:%M}{over}."
        elif fault.passed:
            yield f"{name} was over by itself at {fault.removed.at:%H:%M}{over}."
        else:
            by = fault.removed.by.removeprefix("remedy: ")
            yield f"{name} ended at {fault.removed.at:%H:%M} with “{by}”{over}."
    for effect in facts.effects:
        if effect.helped:
            yield f"At {effect.remedy.at:%H:%M}, {remedy_words(effect)}"


def _actions(judgement: Judgement, learned: tuple[Lesson, ...]) -> Iterator[str]:
    for result in judgement.checks:
        if result.verdict is Verdict.FAILED:
            yield shortened(f"Find out why this did not hold: {result.name}. {capital(result.detail)}.")
    for proof in judgement.proofs:
        if not proof.held:
            yield shortened(f"Run again so that it is shown that {proof.name}. This time: {proof.detail}.")
    for result in judgement.checks:
        if result.verdict is Verdict.UNKNOWN:
            yield shortened(f"Run again so that this can be decided: {result.name}. {capital(result.detail)}.")
    yield from dict.fromkeys(lesson.action for lesson in learned)
