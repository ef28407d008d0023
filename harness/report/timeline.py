"""The timeline of the incident report: what a person would have written down, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.checks.wording import group_words, listed
from harness.durations import spoken
from harness.events import AlertChanged, DiagnosisMade, HarnessTroubled, PageAcknowledged, PageIgnored
from harness.report.effects import Effect
from harness.report.facts import Facts, FaultStory
from harness.report.sentences import REASONS, shortened

ONCE = timedelta(seconds=1)
"""What lies closer together than this was at once."""

TOGETHER = timedelta(minutes=1)
"""Alerts that change within this of one another are told in one line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline."""

    at: datetime
    text: str


def timeline(facts: Facts) -> tuple[Entry, ...]:
    """Tell what happened, oldest first."""
    parts = (_faults(facts), _alerts(facts), _paging(facts), _remedies(facts), _diagnoses(facts), _ends(facts))
    entries = [entry for part in parts for entry in part]
    return tuple(sorted(entries, key=lambda entry: entry.at))


def _faults(facts: Facts) -> Iterator[Entry]:
    for fault in facts.faults:
        yield Entry(fault.felt, _felt(fault))
    for trouble in facts.history.of(HarnessTroubled):
        yield Entry(trouble.at, f"The harness itself had trouble with {trouble.where}: {trouble.error}")


def _felt(fault: FaultStory) -> str:
    said = capital(fault.applied.sees)
    if fault.hit is None:
        return f"{fault.applied.id} begins on {fault.applied.target}, and nobody notices anything."
    if fault.was_hidden:
        return f"{said}. It had been so since {fault.applied.at:%H:%M}, out of sight."
    return f"{said}."


def _alerts(facts: Facts) -> Iterator[Entry]:
    for together in _clusters(facts.alerts, lambda change: change.reason):
        rules = sorted({change.rule for change in together})
        verb = "goes off" if len(rules) == 1 else "go off"
        spread = together[-1].at - together[0].at
        within = (f" within {spoken(spread)}" if spread >= ONCE else " at once") if len(rules) > 1 else ""
        yield Entry(
            together[0].at, f"{_named(rules)} {verb}{within}, {REASONS.get(together[0].reason, together[0].reason)}."
        )
    over = [change for change in facts.history.of(AlertChanged) if _is_over(change)]
    for together in _clusters(over, lambda _: ""):
        rules = sorted({change.rule for change in together})
        yield Entry(together[0].at, f"{_named(rules)} {'is' if len(rules) == 1 else 'are'} quiet again.")


def _is_over(change: AlertChanged) -> bool:
    return change.state == "inactive" and change.previous in {"firing", "no data", "error", "recovering"}


def _clusters(changes: Sequence[AlertChanged], key: Callable[[AlertChanged], str]) -> Iterator[list[AlertChanged]]:
    open_: dict[str, list[AlertChanged]] = {}
    for change in changes:
        together = open_.setdefault(key(change), [])
        if together and change.at - together[-1].at > TOGETHER:
            yield together
            together = open_[key(change)] = []
        together.append(change)
    yield from open_.values()


def _named(rules: Sequence[str]) -> str:
    return rules[0] if len(rules) == 1 else f"{len(rules)} alerts ({listed(rules)})"


def _paging(facts: Facts) -> Iterator[Entry]:
    told: set[tuple[str, int]] = set()
    for page in facts.pages:
        if (page.page, page.level) in told:
            continue
        told.add((page.page, page.level))
        how = "is paged" if page.level == 1 else f"is paged as level {page.level}, as nobody has taken it,"
        yield Entry(page.at, f"{capital(page.responder)} {how} about “{group_words(page.page)}”.")
    left: set[tuple[str, str]] = set()
    for ignored in facts.history.of(PageIgnored):
        if (ignored.responder, ignored.page) not in left:
            left.add((ignored.responder, ignored.page))
            yield Entry(ignored.at, f"{capital(ignored.responder)} leaves the page alone: {ignored.reason}.")
    for taken in facts.history.of(PageAcknowledged):
        yield Entry(
            taken.at,
            f"{capital(taken.responder)} takes the page about “{group_words(taken.page)}”{_waited(facts, taken)}.",
        )


def _waited(facts: Facts, taken: PageAcknowledged) -> str:
    first = next((page for page in facts.pages if page.page == taken.page), None)
    return f", {spoken(taken.at - first.at)} after it was first sent" if first else ""


def _remedies(facts: Facts) -> Iterator[Entry]:
    return (Entry(effect.remedy.at, remedy_words(effect)) for effect in facts.effects)


def remedy_words(effect: Effect) -> str:
    """Say who did what, and what it changed."""
    remedy = effect.remedy
    return f"{capital(remedy.by)}: {remedy.remedy} ({shortened(remedy.did.rstrip('.'))}). {effect.words}"


def _diagnoses(facts: Facts) -> Iterable[Entry]:
    for made in facts.history.of(DiagnosisMade):
        evidence = f" Evidence: {'; '.join(made.evidence)}." if made.evidence else ""
        found = f"{made.layer}: {made.finding}"
        yield Entry(made.at, f"{capital(made.by)} looks from outside in, and finds the trouble. {found}.{evidence}")


def _ends(facts: Facts) -> Iterator[Entry]:
    for outage in facts.site:
        if outage.ended and outage.back:
            yield Entry(outage.ended, f"The site answers again, after {spoken(outage.ended - outage.began)}.")
    for outage in facts.purchases:
        if outage.ended and outage.back:
            length = spoken(outage.ended - outage.began)
            yield Entry(outage.ended, f"Orders succeed again, after {length} in which only they failed.")


def capital(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]
