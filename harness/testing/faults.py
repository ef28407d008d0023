"""Whether a fault keeps the promises that every fault makes, found out without a stack and without waiting.

def test_my_fault_keeps_every_promise() -> None:
    check_fault(MyFault(by="5s"))
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from itertools import product
from typing import Any, get_args

import msgspec

from harness.faults.fault import (
    Begin,
    Command,
    End,
    Fault,
    KillTask,
    RemoveBalancer,
    ReplaceBalancer,
    RestoreIngress,
    RestoreTasks,
    SetFactoryChaos,
    View,
)
from harness.faults.parameters import parameters_of
from harness.faults.troubles import RecordAstray, RecordGone, Trouble

KNOWN: frozenset[type] = frozenset((*get_args(Command), *get_args(Trouble)))
"""Every command and trouble that there is; a stack of your own may carry out fewer, or others."""


@dataclass(slots=True)
class PaperStack:
    """A stack on paper: every command comes true at once, and nothing else ever happens."""

    view: View = field(default_factory=lambda: View(record="first", balancer="first", factory_chaos="none"))
    """What there is."""
    done: list[Command] = field(default_factory=list)
    """What was commanded."""

    def do(self, *commands: Command) -> None:
        """Carry out commands, in order."""
        for command in commands:
            self.done.append(command)
            self.view = _after(command, self.view)


def _after(command: Command, view: View) -> View:  # noqa: PLR0911 - a line a command
    match command:
        case Begin(trouble=RecordGone()):
            return replace(view, record="")
        case Begin(trouble=RecordAstray()):
            return replace(view, record="astray")
        case Begin(trouble=trouble):
            return replace(view, troubles=view.troubles | {trouble.name})
        case End(trouble=trouble):
            return replace(view, troubles=view.troubles - {trouble.name})
        case SetFactoryChaos(mode=mode):
            return replace(view, factory_chaos=mode)
        case RemoveBalancer():
            return replace(view, balancer="")
        case ReplaceBalancer():
            return replace(view, balancer="another")
        case RestoreIngress():
            balancer = view.balancer or "another"
            return replace(view, balancer=balancer, record=balancer)
        case KillTask():
            return replace(view, missing_tasks=view.missing_tasks + 1)
        case RestoreTasks():
            return replace(view, missing_tasks=0)
    return view


def every(kind: type[Fault]) -> Iterator[Fault]:
    """Make a fault of a kind in each way in which words can be chosen, all else as it is by default."""
    chosen = [(one.name, one.choices) for one in parameters_of(kind) if one.choices]
    for words in product(*(choices for _, choices in chosen)):
        yield kind(**dict(zip((name for name, _ in chosen), words, strict=True)))


def check_fault(fault: Fault, *, carried_out: Container[type] = KNOWN) -> None:
    """Raise an AssertionError that names the first promise this fault breaks.

    The promises: it says what it is called, what it hurts and what a user will see; each parameter has a meaning and a
    range, and its settings can be written down; asked twice, it says the same; each command is one that a stack carries
    out; once applied it is not gone, unless it changes nothing; healing puts everything right, also when nothing was
    applied, or only half of it, or when it was healed already.

    Args:
        fault: what is looked at.
        carried_out: the commands and troubles that some stack carries out.
    """
    for what in ("name", "target", "sees"):
        assert getattr(fault, what), f"{fault} has no {what}."
    _check_parameters(fault)
    assert (fault.apply(), fault.heal()) == (fault.apply(), fault.heal()), f"{fault} says another thing each time."
    for command in (*fault.apply(), *fault.heal()):
        meant = command.trouble if isinstance(command, Begin | End) else command
        assert type(meant) in carried_out, f"{fault} commands {meant}, which no stack carries out."
    _check_healing(fault)


def _check_parameters(fault: Fault) -> None:
    assert is_dataclass(fault), f"{fault} is no dataclass, so nobody can tell its parameters."
    known = {parameter.name: parameter for parameter in parameters_of(type(fault))}
    for declared in fields(fault):
        assert declared.name in known, f"{fault} does not say what {declared.name} means and may be."
        about = known[declared.name]
        assert about.meaning, f"{fault} does not say what {declared.name} means."
        assert about.range, f"{fault} does not say what {declared.name} may be."
    try:
        msgspec.json.encode(dict(fault.parameters))
    except TypeError as error:
        message = f"{fault} has parameters that cannot be written down: {error}."
        raise AssertionError(message) from error


def _check_healing(fault: Fault) -> None:
    whole = PaperStack()
    before = whole.view
    assert fault.is_gone(before), f"{fault} is there before it was applied."
    whole.do(*fault.apply())
    if whole.view != before:
        assert not fault.is_gone(whole.view), f"{fault} is gone as soon as it was applied."
    for times in ("once", "twice"):
        whole.do(*fault.heal())
        _check_right(fault, whole.view, f"applied and healed {times}")
    for most in range(len(fault.apply())):
        half = PaperStack()
        half.do(*fault.apply()[:most])
        half.do(*fault.heal())
        _check_right(fault, half.view, f"healed after {most} of its commands")


def _check_right(fault: Fault, view: View, after: str) -> None:
    assert fault.is_gone(view), f"{fault} is still there, {after}: {view}."
    wrong: dict[str, Any] = {"troubles": view.troubles, "missing tasks": view.missing_tasks}
    assert not any(wrong.values()), f"{fault} leaves something behind, {after}: {wrong}."
    assert view.record == view.balancer, f"{fault} leaves the record astray, {after}: {view}."
    assert view.factory_chaos == "none", f"{fault} leaves the factory in chaos, {after}."
