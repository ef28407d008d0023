"""The judgement of a run: each check answered, each proof looked at, one verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from harness.checks.check import Check
from harness.checks.proofs import MISTAKE, WHOLE, Proof, proofs
from harness.checks.result import CheckResult, Verdict, worst
from harness.checks.wording import count
from harness.events import RunFinished
from harness.history import History


class Judgement(msgspec.Struct, frozen=True):
    """What is concluded from a history."""

    verdict: Verdict
    why: str
    """The reason, in a sentence for somebody who was just woken up."""
    checks: tuple[CheckResult, ...]
    proofs: tuple[Proof, ...]


def judge(history: History, checks: Iterable[Check], *, expects_no_fault: bool = False) -> Judgement:
    """Judge a run: a failed check is a finding, and green needs every check and every proof.

    Args:
        history: what happened.
        checks: what was expected.
        expects_no_fault: the scenario means to break nothing.
    """
    results = (*(check(history) for check in checks), *_own_assertions(history))
    shown = proofs(history, expects_no_fault=expects_no_fault)
    missing = [proof for proof in shown if not proof.held]
    verdict = worst([result.verdict for result in results] + ([Verdict.UNKNOWN] if missing else []))
    return Judgement(verdict, _why(results, missing), results, shown)


def _own_assertions(history: History) -> tuple[CheckResult, ...]:
    """Count a plain assertion of the scenario that did not hold as the finding it is."""
    ended = history.first(RunFinished, lambda event: event.reason == "failed")
    if ended is None:
        return ()
    return (CheckResult("the scenario's own assertions hold", Verdict.FAILED, ended.detail, (ended.seq,)),)


def _why(results: Sequence[CheckResult], missing: Sequence[Proof]) -> str:
    failed = [result for result in results if result.verdict is Verdict.FAILED]
    undecided = [result for result in results if result.verdict is Verdict.UNKNOWN]
    if failed:
        return _first_of(failed, results, "not as expected")
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        first = next((proof for proof in missing if proof.name == WHOLE), missing[0])
        if first.detail.startswith(MISTAKE):
            return first.detail
        return f"not shown that {first.name}: {first.detail}{more}"
    if undecided:
        return _first_of(undecided, results, "undecided")
    if not results:
        return "nothing was expected, so nothing was checked"
    return f"{count(len(results), 'check')} as expected, and each proof holds"


def _first_of(found: Sequence[CheckResult], results: Sequence[CheckResult], said: str) -> str:
    return f"{len(found)} of {count(len(results), 'check')} {said}, first: {found[0].name}: {found[0].detail}"
