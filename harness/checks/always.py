"""Eventually, always, never: what must be so of recorded time, said of any event there is.

A pattern is what an event's fields must be, as JSON has them: `{"rule": "Heartbeat", "state": "firing"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from harness.checks.check import check
from harness.checks.result import Answer, Verdict
from harness.checks.window import crossed_words, lived, reached
from harness.checks.wording import count
from harness.errors import ScenarioError, unknown_name
from harness.events import AnyEvent, Event
from harness.history import History

_KINDS: Mapping[str, type[Event]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyEvent)}


@check("eventually {event} with {where} from {since} to {until}")
def eventually(history: History, event: str, where: Mapping[str, Any], *, since: datetime, until: datetime) -> Answer:
    """At least one such event happens in a window.

    Args:
        history: what happened.
        event: its kind, as the history's lines say it: `alert_changed`.
        where: what its fields are.
        since: start of the window, included.
        until: end of the window.
    """
    found = _found(history, event, where, (since, until))
    if found:
        return Verdict.PASSED.because(f"at {found[0].at:%H:%M:%S}", found)
    verdict = Verdict.FAILED if lived(history, since, until) else Verdict.UNKNOWN
    return verdict.because(f"it did not{_unlived(history, since, until)}")


@check("never {event} with {where} from {since} to {until}")
def never(history: History, event: str, where: Mapping[str, Any], *, since: datetime, until: datetime) -> Answer:
    """No such event happens in a window that the run lived through to the end."""
    found = _found(history, event, where, (since, until))
    if found:
        return Verdict.FAILED.because(f"{count(len(found), 'time')}, the first at {found[0].at:%H:%M:%S}", found)
    verdict = Verdict.PASSED if lived(history, since, until) else Verdict.UNKNOWN
    return verdict.because(f"it did not{_unlived(history, since, until)}")


@check("always {event} with {where} has {then} from {since} to {until}")
def always(
    history: History, event: str, where: Mapping[str, Any], *, then: Mapping[str, Any], since: datetime, until: datetime
) -> Answer:
    """Each event that fits `where` is also as `then` says, and there is at least one."""
    _fields(event, then)
    found = _found(history, event, where, (since, until))
    wrong = [one for one in found if not _fits(one, then)]
    if wrong:
        said = f"{len(wrong):,} of {len(found):,} are not, the first at {wrong[0].at:%H:%M:%S}"
        return Verdict.FAILED.because(said, wrong)
    if not found or not reached(history, until):
        return Verdict.UNKNOWN.because("there was none" if not found else "the run did not get that far")
    return Verdict.PASSED.because(f"{count(len(found), 'event')}", (found[0], found[-1]))


def _unlived(history: History, since: datetime, until: datetime) -> str:
    if not reached(history, until):
        return ", as far as the run got"
    return crossed_words(history, since, until)


def _found(
    history: History, event: str, where: Mapping[str, Any], window: tuple[datetime, datetime]
) -> tuple[Event, ...]:
    kind, (since, until) = _fields(event, where), window
    return tuple(one for one in history.of(kind) if since <= one.at < until and _fits(one, where))


def _fits(event: Event, where: Mapping[str, Any]) -> bool:
    return all(getattr(event, name) == value for name, value in where.items())


def _fields(event: str, where: Mapping[str, Any]) -> type[Event]:
    """Read a pattern; what it names must exist, or it would be true of nothing, or of everything."""
    if event not in _KINDS:
        raise ScenarioError(unknown_name("event", event, known=_KINDS))
    kind = _KINDS[event]
    for name in where:
        if name not in kind.__struct_fields__:
            raise ScenarioError(f"{event}: {unknown_name('field', name, known=kind.__struct_fields__)}")
    return kind
