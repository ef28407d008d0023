"""A check as data: its sentence, its function and its arguments, so that a run can be judged again later.

Rules of this file: what a check is given is read where it is written down, never at judging time; a check of an empty
history answers `unknown`; arguments are kept as JSON has them (instants as ISO 8601, durations as `"5m"`).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Concatenate, Literal, ParamSpec, get_args, get_origin, get_type_hints

import msgspec

from harness.checks.result import Answer, CheckResult
from harness.checks.wording import listed, time_words
from harness.durations import duration, spoken
from harness.errors import ScenarioError, unknown_name
from harness.history import History

P = ParamSpec("P")
Length = str | timedelta
"""A duration as a scenario writes it, `"5m"`, or as code has it."""

_PLAIN: Mapping[Any, Any] = {str: str, int: int, float: int | float}
"""What a plain argument may be."""
_PLAIN_WORDS: Mapping[Any, str] = {str: "a text", int: "a whole number", float: "a number"}

_functions: dict[str, Callable[..., Answer]] = {}


class Check(msgspec.Struct, frozen=True):
    """An expectation that can be put to any history."""

    name: str
    """The expectation, in a sentence."""
    function: str
    """Which check it is."""
    arguments: dict[str, Any]
    """What it asks about, as JSON has it."""

    def __call__(self, history: History) -> CheckResult:
        """Put it to a history.

        Raises:
            ScenarioError: when a plan that was edited by hand names no check, or gives it what it does not take.
        """
        function = _functions.get(self.function)
        if function is None:
            raise ScenarioError(unknown_name("check", self.function, known=_functions))
        given = _read_all(function, self.arguments)
        lacking = [name for name in _required(function) if name not in given]
        if lacking:
            message = f"{self.function}: lacks {listed(lacking)}. A plan states what a check asks about."
            raise ScenarioError(message)
        answer = function(history, **given)
        return CheckResult(self.name, answer.verdict, answer.detail, answer.evidence)


def check(sentence: str) -> Callable[[Callable[Concatenate[History, P], Answer]], Callable[P, Check]]:
    """Make a function of a history into a check that a scenario can write down.

    Args:
        sentence: its name, with the arguments in braces: `"still down at {at}"`.
    """

    def decorate(function: Callable[Concatenate[History, P], Answer]) -> Callable[P, Check]:
        signature = inspect.signature(function)
        _functions[function.__name__] = function

        @functools.wraps(function)
        def build(*args: P.args, **kwargs: P.kwargs) -> Check:
            bound = signature.bind(History(()), *args, **kwargs)
            bound.apply_defaults()
            given = dict(list(bound.arguments.items())[1:])
            read = _read_all(function, given)
            name = sentence.format(**{argument: _shown(value) for argument, value in read.items()})
            built = Check(name, function.__name__, {argument: _written(value) for argument, value in read.items()})
            built(History(()))
            return built

        return build

    return decorate


def known_checks() -> tuple[str, ...]:
    """Name every function that `check` has made into a check."""
    return tuple(_functions)


def _read_all(function: Callable[..., Answer], arguments: Mapping[str, Any]) -> dict[str, Any]:
    hints = _hints(function)
    for name in arguments:
        if name not in hints:
            raise ScenarioError(f"{function.__name__}: {unknown_name('argument', name, known=hints)}")
    return {name: _read(value, hints[name], f"{function.__name__}: {name}") for name, value in arguments.items()}


@functools.cache
def _hints(function: Callable[..., Answer]) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(function).items() if name not in {"history", "return"}}


def _required(function: Callable[..., Answer]) -> list[str]:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [parameter.name for parameter in parameters if parameter.default is parameter.empty]


def _read(value: Any, hint: Any, where: str) -> Any:  # noqa: ANN401 - a check's arguments are of many types
    if hint is datetime:
        return _instant(value, where)
    if hint == Length:
        return _length(value, where)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal and value not in inner:
        raise ScenarioError(f"{where}: {unknown_name('value', str(value), known=inner)}")
    if hint in _PLAIN and not isinstance(value, _PLAIN[hint]):
        message = f"{where} is {value!r}, not {_PLAIN_WORDS[hint]}."
        raise ScenarioError(message)
    if (origin is Sequence and isinstance(value, str)) or (origin is Mapping and not isinstance(value, Mapping)):
        shape = "a list: put it in brackets" if origin is Sequence else 'names with values, such as {"Heartbeat": "2m"}'
        raise ScenarioError(f"{where} is {value!r}, not {shape}.")
    if origin is Mapping:
        return {key: _read(one, inner[1], f"{where}[{key!r}]") for key, one in value.items()}
    if origin is Sequence:
        return [_read(one, inner[0], where) for one in value]
    if origin is tuple:
        return tuple(_read(one, each, where) for one, each in zip(value, inner, strict=True))
    return value


def _length(value: str | timedelta, where: str) -> timedelta:
    try:
        return duration(value)
    except ScenarioError as error:
        raise ScenarioError(f"{where}: {error}") from error


def _instant(value: object, where: str) -> datetime:
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        read = None
    if isinstance(read, datetime) and read.tzinfo is not None:
        # As a history's reader makes them: instants of one and the same zone object compare several times as fast.
        return msgspec.convert(read.isoformat(), datetime)
    message = (
        f"{where} is {value!r}, not an instant. Of a scenario, let expect read it, check and arguments apart: "
        'scenario.expect(steady_state, "05:20", "05:24").'
    )
    raise ScenarioError(message)


def _written(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"
    if isinstance(value, Mapping):
        return {key: _written(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_written(one) for one in value]
    return value


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return time_words(value)
    if isinstance(value, timedelta):
        return spoken(value)
    if isinstance(value, list | tuple):
        return listed([_shown(one[0] if isinstance(one, tuple) else one) for one in value], at_most=3)
    if isinstance(value, Mapping):
        return listed([f"{name} {_shown(one)}" for name, one in value.items()])
    return str(value)
