"""A Chaos Toolkit experiment as a scenario of ours: its hypothesis as expectations, its actions as faults.

It is judged more strictly than there: steady state is what diners get and not what one probe gets, it must hold before
and come back after, each fault must hit something, and what nobody could map is refused and never left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from harness.errors import ScenarioError
from harness.exports.actions import Provider, Wait, action
from harness.exports.story import Story, prose, span, time
from harness.faults import Fault

_BEFORE, _LAST, _AFTER = timedelta(minutes=3), timedelta(minutes=2), timedelta(minutes=4)
"""How long is lived through before anything is broken, with all of it broken, and when all is healed."""

_OPERATIONS: Mapping[str, str] = {
    "GET /api/order/menu": "look at the menu",
    "GET /api/franchise": "look at franchises",
    "PUT /api/auth": "log in",
    "POST /api/auth": "register",
    "POST /api/order": "order",
    "POST /api/order/verify": "verify the pizza",
    "GET /": "",
    "GET /api/docs": "",
}
"""What a probe asks for, as a diner does it; "" for what tells no more than that the site is there."""

_READ = {"title", "description", "steady-state-hypothesis", "method", "runtime"}

_DURING = {"during-method-only", "continuously"}


class Pauses(msgspec.Struct, frozen=True):
    """Seconds before and after an activity."""

    before: float = 0.0
    after: float = 0.0


class Activity(msgspec.Struct, frozen=True):
    """A probe or an action."""

    type: str = ""
    name: str = ""
    provider: Provider | None = None
    tolerance: Any = None
    pauses: Pauses = Pauses()
    ref: str = ""


class Hypothesis(msgspec.Struct, frozen=True):
    """What steady state is."""

    title: str = ""
    probes: tuple[Activity, ...] = ()


class Experiment(msgspec.Struct, frozen=True):
    """The parts of an experiment that we read; rollbacks are not among them, for the harness heals by itself."""

    title: str
    method: tuple[Activity, ...]
    description: str = ""
    hypothesis: Hypothesis = msgspec.field(default=Hypothesis(), name="steady-state-hypothesis")
    runtime: dict[str, Any] = {}


def scenario_of(path: Path) -> str:
    """Turn an experiment in JSON into the text of a scenario.

    Raises:
        ScenarioError: when it cannot be read, or something in it is like nothing that the harness can do or ask.
    """
    experiment = _read(path)
    operations = sorted({operation for probe in experiment.hypothesis.probes if (operation := _operation(probe))})
    story = Story(length=_BEFORE)
    breaks = bool(list(_broken(experiment, story)))
    healed, story.depth = story.length, 1
    story.play(_AFTER)
    windows = [(timedelta(), _BEFORE), (healed + timedelta(minutes=1), story.length)]
    if experiment.runtime.get("hypothesis", {}).get("strategy") in _DURING:
        windows.insert(1, (_BEFORE, healed))
    for since, until in windows:
        story.expect(operations, since, until)
    return story.text(
        f"{experiment.title}: from {path.name}, an experiment of the Chaos Toolkit",
        name=experiment.title,
        believes=experiment.hypothesis.title or experiment.description or experiment.title,
        mark="" if breaks else ", expects_no_fault=True",
    )


def _read(path: Path) -> Experiment:
    try:
        raw: Any = msgspec.json.decode(path.read_bytes())
        if isinstance(raw, dict):
            known = raw.get("configuration", {})
            raw = {name: _filled_in(value, known) for name, value in raw.items() if name in _READ}
        return msgspec.convert(raw, Experiment, strict=False)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise ScenarioError(message) from error
    except msgspec.MsgspecError as error:
        message = f"{path} is no Chaos Toolkit experiment in JSON: {error}."
        raise ScenarioError(message) from error


def _filled_in(value: Any, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON of any shape
    """Put configuration in the place of `${name}`; what is taken from an environment has its default."""
    match value:
        case dict():
            return {name: _filled_in(inner, known) for name, inner in value.items()}
        case list():
            return [_filled_in(inner, known) for inner in value]
        case str() if found := re.fullmatch(r"\$\{(\w+)\}", value):
            return _configured(found[1], known)
        case str():
            return re.sub(r"\$\{(\w+)\}", lambda found: str(_configured(found[1], known)), value)
    return value


def _configured(name: str, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON of any shape
    value = known.get(name)
    value = value.get("default") if isinstance(value, dict) else value
    if value is None:
        message = f"the experiment's configuration gives ${{{name}}} no value. Write one, or a default, into it."
        raise ScenarioError(message)
    return value


def _operation(probe: Activity) -> str:
    """Say what a diner does that shows the same as a probe of the hypothesis."""
    provider = probe.provider
    if provider is None or provider.type != "http":
        message = f"probe {probe.name!r} is of type {provider.type if provider else 'none'!r}; only http can be mapped."
        raise ScenarioError(message)
    asked = f"{provider.method.upper()} {urlsplit(provider.url).path or '/'}"
    if asked not in _OPERATIONS:
        message = f"probe {probe.name!r} asks {asked}, which no diner does. Diners: {', '.join(_OPERATIONS)}."
        raise ScenarioError(message)
    if not _tolerates_ok(probe.tolerance):
        message = f"probe {probe.name!r} tolerates {probe.tolerance!r}; only a tolerance for status 200 can be mapped."
        raise ScenarioError(message)
    return _OPERATIONS[asked]


def _tolerates_ok(tolerance: object) -> bool:
    match tolerance:
        case bool():
            return False
        case int():
            return tolerance == 200
        case [int() as low, int() as high]:
            return low <= 200 <= high
        case list():
            return 200 in tolerance
        case {"type": "range", "range": [low, high], **rest}:
            return rest.get("target", "status") == "status" and low <= 200 <= high
    return False


def _broken(experiment: Experiment, story: Story) -> Iterator[Fault]:
    """Tell the method, each fault inside the one before, and give the faults."""
    method = [_meant(asked, experiment) for asked in experiment.method]
    step = method[0].name if method else "nothing is broken"
    story.say(f'scenario.at({time(_BEFORE)}, "{prose(step)}", lead={span(_BEFORE)})')
    for activity in method:
        found = _found(activity)
        story.play(timedelta(seconds=activity.pauses.before))
        if isinstance(found, Wait):
            story.play(found.length)
        else:
            story.say(f"with scenario.fault({story.code(found)}):  # {prose(activity.name)}")
            story.depth += 1
            yield found
        story.play(timedelta(seconds=activity.pauses.after))
    story.play(_LAST)


def _meant(activity: Activity, experiment: Experiment) -> Activity:
    if not activity.ref:
        return activity
    known = {one.name: one for one in (*experiment.hypothesis.probes, *experiment.method) if one.name}
    if activity.ref not in known:
        message = f"the method refers to {activity.ref!r}, and there is no such activity."
        raise ScenarioError(message)
    return known[activity.ref]


def _found(activity: Activity) -> Fault | Wait:
    provider = activity.provider
    if activity.type != "action" or provider is None:
        message = f"{activity.name!r} in the method is no action; what nobody judges is no evidence. Take it out."
        raise ScenarioError(message)
    try:
        found = action(provider)
    except ScenarioError as error:
        message = f"action {activity.name!r}: {error}"
        raise ScenarioError(message) from error
    if found is None:
        what = provider.url or provider.path or f"{provider.module}.{provider.func}"
        message = f"action {activity.name!r} ({provider.type} {what}) is like no fault of the catalogue."
        raise ScenarioError(f"{message} `pizza-chaos faults` lists it; write this scenario by hand.")
    return found
