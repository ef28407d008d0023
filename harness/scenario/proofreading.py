"""What is wrong with a scenario as it is written, said before any of it is played.

Rules of this file: nothing is executed; only what is certain to be run and is written out is judged, such as
`scenario.expect(alert_fires, "Heartbeat", "05:24", "5m")`. Whatever takes running to know is judged when it runs.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.checks import CHECKS
from harness.errors import ScenarioError, unknown_name
from harness.scenario.story import NEVER_STRUCK, Scenario


def proofread(function: Callable[..., object], scenario: Scenario) -> None:
    """Read a scenario's lines, and refuse the first that cannot mean what its author wrote.

    Args:
        function: the scenario, as pytest has it.
        scenario: what it will be given; nothing is written down in it.

    Raises:
        ScenarioError: at an expectation that cannot be asked, or a fault that is made beside no `with`.
    """
    try:
        lines, first = inspect.getsourcelines(function)
        (read,) = ast.parse(textwrap.dedent("".join(lines))).body
        file = Path(inspect.getsourcefile(function) or "").name
    except (OSError, TypeError, ValueError, SyntaxError):  # there is nothing to read, as of what was made at run time
        return
    if not isinstance(read, ast.FunctionDef):
        return
    code = function.__code__
    local = dict.fromkeys((*code.co_varnames, *code.co_cellvars, *code.co_freevars))
    names = {**vars(builtins), **function.__globals__, **local}
    for call in _certain(read.body):
        where = f"{file}:{first + call.lineno - 1}"
        if _word(call) == "fault":
            raise ScenarioError(f"{where}: the fault {ast.unparse(call.args[0]) if call.args else ''} {NEVER_STRUCK}")
        if _word(call) == "expect" and call.args:
            _ask(call, scenario, names=names, where=where)


def _ask(call: ast.Call, scenario: Scenario, *, names: Mapping[str, Any], where: str) -> None:
    """Ask what an expectation asks, as far as it is written out."""
    called = call.args[0].func if isinstance(call.args[0], ast.Call) else None
    check = _check(called or call.args[0], names=names, where=where)
    if check is None:
        return
    if called is not None:
        name = check.__name__
        raise ScenarioError(f"{where}: {name} is called here. Let expect call it: scenario.expect({name}, …).")
    try:
        arguments = [ast.literal_eval(argument) for argument in call.args[1:]]
        named = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
    except (ValueError, TypeError):  # it takes running to know them
        return
    if len(named) == len(call.keywords):
        scenario.asked(check, arguments=arguments, named=named, line=where)


def _check(node: ast.expr, *, names: Mapping[str, Any], where: str) -> Callable[..., Any] | None:
    """Give the check of ours that is named; None when it is something else."""
    match node:
        case ast.Name(id=name) if name not in names:
            raise ScenarioError(
                f"{where}: {unknown_name('check', name, known=[check.__name__ for check in CHECKS])} Import it."
            )
        case ast.Name(id=name):
            found = names[name]
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            found = getattr(names.get(module), name, None)
        case _:
            return None
    return found if found in CHECKS else None


def _certain(body: Iterable[ast.stmt]) -> Iterator[ast.Call]:
    """Give the calls that stand alone on a line which no condition, loop or catching can keep from being run."""
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Call() as call):
                yield call
            case ast.With(items=items, body=inner) if all(_word(item.context_expr) == "fault" for item in items):
                yield from _certain(inner)


def _word(node: ast.expr) -> str:
    """Give the word of the scenario that is called; "" when it is something else."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="scenario"), attr=word)):
            return word
        case _:
            return ""
