"""A run that was kept: what it expected, and what is concluded from its history, again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import msgspec

from harness.checks import Check, Judgement, judge
from harness.errors import HarnessError
from harness.history import History
from harness.report.incident import incident_report
from harness.report.verdict import verdict_object

HISTORY_FILE = "history.jsonl"
PLAN_FILE = "plan.json"


class KeptPlan(msgspec.Struct, frozen=True):
    """What a run expected, kept beside its history so that it can be judged again later."""

    expects_no_fault: bool
    checks: tuple[Check, ...]

    def write(self, directory: Path) -> None:
        """Keep it in a run's directory.

        Raises:
            HarnessError: when it cannot be written.
        """
        try:
            (directory / PLAN_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2))
        except OSError as error:
            message = f"the plan cannot be kept in {directory}: {error.strerror}."
            raise HarnessError(message) from error

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read it back.

        Raises:
            HarnessError: when the directory holds no plan that can be read.
        """
        try:
            return msgspec.json.decode((directory / PLAN_FILE).read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            message = (
                f"{directory / PLAN_FILE} cannot be read: {reason}. Give the directory of a run, such as runs/latest."
            )
            raise HarnessError(message) from error


def kept_run(directory: Path) -> tuple[History, Judgement]:
    """Give the history of a kept run, and what is concluded from it by its plan.

    Raises:
        HarnessError: when the directory is not that of a run.
    """
    plan, history = KeptPlan.read(directory), History.read(directory / HISTORY_FILE)
    return history, judge(history, plan.checks, expects_no_fault=plan.expects_no_fault)


def judge_again(directory: Path) -> dict[str, Any]:
    """Judge a kept run once more, from its history and its plan; gives the verdict object.

    Raises:
        HarnessError: when the directory is not that of a run.
    """
    return verdict_object(*kept_run(directory), directory=str(directory))


def incident_again(directory: Path) -> str:
    """Write the incident report of a kept run once more, from its history and its plan.

    Raises:
        HarnessError: when the directory is not that of a run.
    """
    return incident_report(*kept_run(directory))
