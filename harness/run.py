"""One run of one scenario: its directory, its history, its stack, its verdict."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import os
import platform
import re
import shlex
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from harness.checks import Check, Judgement, Verdict, judge
from harness.checks.proofs import MISTAKE
from harness.errors import ExpectationFailed, HarnessError, RunStopped, ScenarioError
from harness.events import SCHEMA, HarnessTroubled, RunFinished, RunStarted
from harness.history import EVENTS_HELD, History
from harness.kept import HISTORY_FILE, KeptPlan
from harness.moments import moment
from harness.progress import Progress, Screen
from harness.report.around import around
from harness.report.verdict import junit_properties, verdict_object
from harness.report.writing import write_reports
from harness.scenario import Scenario
from harness.settings import ADDRESSES, REAL_ALERTING, Settings
from harness.stacks.attached.stack import AttachedStack
from harness.stacks.choice import stack_and_recorder
from harness.stacks.heal import MARKER, is_stopped
from harness.stacks.services.choice import service_under_test

ON_CALL = "Jaquelyn"

NAME_AT_MOST = 80
"""Of a scenario's name, in that of its directory: its parameters may be of any length."""

_NO_NAME = re.compile(r"\W+")

Reason = Literal["completed", "failed", "interrupted", "aborted", "crashed"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run, as the scenario's author and the command line say."""

    name: str
    """`scenarios/test_incident_2024_12_01.py::test_incident_2024_12_01`."""
    source: Path
    """The scenario's file."""
    hypothesis: str
    """Its docstring."""
    begins: str
    """`"2024-11-30 21:58 MST"`."""
    expects_no_fault: bool
    """Whether it means to break nothing."""
    settings: Settings
    shows: str = ""
    """The known flaw of the bundled service that it shows."""
    again: tuple[str, ...] = ()
    """The words after `pizza-chaos` that run it again, where they are not `run` and its name."""
    marked: tuple[str, ...] = ()
    """The files that its mark names, which need not be said to run it again."""

    @property
    def known_flaw(self) -> str:
        """The flaw for which a finding is expected, because the service under test has it; or ""."""
        fixes = {fix.strip() for fix in self.settings.fix.split(",")}
        return "" if self.settings.service or fixes & {"all", self.shows} else self.shows


class Run:
    """One run, from its first process to its verdict.

    Resource handling: `start`, then `finish` once the scenario's steps are over; `close` at any time, twice if need be.

    Args:
        plan: what is to be run.
        screen: where progress goes.
    """

    def __init__(self, plan: Plan, *, screen: Screen) -> None:
        begins = moment(plan.begins)
        self.plan = plan
        self.directory = _directory(plan)
        self.verdict: dict[str, Any] | None = None
        self.judgement: Judgement | None = None
        self.judged: History | None = None
        self._is_up = False
        is_bundled = not plan.settings.service and plan.settings.stack != AttachedStack.name
        self._progress = Progress(screen, tells_guesses=not is_bundled)
        # Before there is a clock: what an installation takes is not the scenario's time.
        self._service = service_under_test(
            plan.settings, directory=self.directory, say=lambda line: screen.write(f"{line}\n")
        )
        try:
            _gather_workers(plan.settings, screen)
            self._prepare(begins)
        except BaseException:
            self._service.close()
            raise

    def _prepare(self, begins: datetime) -> None:
        plan = self.plan
        self._stack, self._recorder = stack_and_recorder(
            self._service,
            settings=plan.settings,
            history=self.directory / HISTORY_FILE,
            begins=begins,
            on_call=ON_CALL,
        )
        self._clock = self._stack.clock
        self.scenario = Scenario(self._stack, begins=begins, locate=lambda: line_of(plan.source))

    def start(self) -> Scenario:
        """Start the system under test and everything around it.

        Raises:
            HarnessError: when it does not come up; nothing is left running then.
        """
        self._recorder.hold_at_most(EVENTS_HELD)
        self._recorder.listen(self._progress.hear)
        self._stack.glance = self._glance
        self._recorder.record(self._started())
        self._keep_plan()
        self.scenario.expected = self._keep_plan
        self._stack.start()
        self._is_up = True
        return self.scenario

    def finish(self, error: BaseException | None) -> dict[str, Any]:
        """Heal, stop everything, judge the history and write the reports.

        Args:
            error: what ended the scenario's steps early, or kept them from beginning, if anything did.

        Returns: the verdict object.
        """
        try:
            self.scenario.heal()
            self._stack.stop()
        except Exception as trouble:
            self._recorder.record(HarnessTroubled(where="healing and stopping", error=str(trouble)))
        ended_by = error or self.scenario.overlooked()
        reason, detail = _reason(ended_by), str(ended_by or "")
        if isinstance(ended_by, ScenarioError):
            detail = f"{MISTAKE}: {ended_by}"
        elif reason == "crashed":
            said = str(ended_by) if isinstance(ended_by, HarnessError) else f"{type(ended_by).__name__}: {ended_by}"
            where = "the scenario's steps" if self._is_up else "starting the system under test"
            self._recorder.record(HarnessTroubled(where=where, error=said))
        self._recorder.record(RunFinished(reason=reason, detail=detail))
        self.close()
        history = self.judged = self._told()
        self.judgement = judge(history, self._checks(), expects_no_fault=self.plan.expects_no_fault)
        self.verdict = verdict_object(history, self.judgement, directory=str(self.directory))
        try:
            self._kept_plan().write(self.directory)
            write_reports(history, self.judgement, directory=self.directory)
        except HarnessError:
            # What cannot be written was said: the history already told of the disk.
            if not self._recorder.trouble:
                raise
        return self.verdict

    def close(self) -> None:
        """End whatever still runs, and close the history."""
        self._stack.stop()
        try:
            self._service.close()
        except HarnessError as error:
            self._recorder.record(HarnessTroubled(where="cleaning up after the service", error=str(error)))
        self._recorder.close()
        self._progress.end()

    def raise_if_not_passed(self) -> None:
        """Turn the verdict into what pytest understands.

        Raises:
            ExpectationFailed: the verdict is `failed`.
            HarnessError: the verdict is `unknown`.
        """
        judgement = self.judgement
        if judgement is None or judgement.verdict is Verdict.PASSED:
            return
        lines = [judgement.why, *self._complaints(judgement), *self._timeline(judgement)]
        message = "\n".join([*lines, f"report: {self.directory}/report.html"])
        raise ExpectationFailed(message) if judgement.verdict is Verdict.FAILED else HarnessError(message)

    def properties(self) -> list[tuple[str, object]]:
        """Give the verdict, its metrics and where its files are as properties of the test, for JUnit."""
        return junit_properties(self.verdict or {})

    def _told(self) -> History:
        """Give what is on disk; where the disk refused or lost a part of it, that is damage, never judged green."""
        trouble = self._recorder.trouble
        if trouble:
            return History(self._recorder.so_far().events, (f"{trouble}; the run ended, and everything was healed",))
        told, recorded = History.read(self._recorder.path), self._recorder.recorded
        if len(told) < recorded and not (told.damage and told.first(RunStarted)):
            lost = f"{recorded} events were recorded, and {self._recorder.path.name} holds {len(told)} of them"
            return History(self._recorder.so_far().events, (lost,))
        return told

    def _glance(self) -> None:
        """Show how it goes, and stop when somebody says so or nothing can be kept any more."""
        self._progress.refresh(self._clock.now(), self._clock.steady())
        if self._recorder.trouble:
            raise HarnessError(self._recorder.trouble)
        if is_stopped(self.directory):
            message = "somebody stopped this run with `pizza-chaos stop`; everything was healed."
            raise RunStopped(message)

    def _keep_plan(self) -> None:
        """Keep what is expected so far, so that a run which is killed can be judged; at its end it is kept anyhow."""
        with contextlib.suppress(HarnessError):
            self._kept_plan().write(self.directory)

    def _kept_plan(self) -> KeptPlan:
        return KeptPlan(self.plan.expects_no_fault, tuple(self._checks()))

    def _checks(self) -> list[Check]:
        return [expectation.check for expectation in self.scenario.expectations]

    def _timeline(self, judgement: Judgement) -> Iterable[str]:
        """Tell what went on around the first finding."""
        wrong = [result for result in judgement.checks if result.verdict is not Verdict.PASSED and result.evidence]
        if wrong and self.judged is not None:
            yield f"  around “{wrong[0].name}”:"
            yield from (f"  {line}" for line in around(self.judged, wrong[0].evidence))

    def _complaints(self, judgement: Judgement) -> Iterable[str]:
        lines = [expectation.line for expectation in self.scenario.expectations]
        for number, result in enumerate(judgement.checks):
            if result.verdict is not Verdict.PASSED:
                where = f"  ({lines[number]})" if number < len(lines) else ""
                yield f"  {result.verdict}: {result.name}: {result.detail}{where}"
        for proof in judgement.proofs:
            if not proof.held:
                yield f"  not shown: {proof.name}: {proof.detail}"

    def _started(self) -> RunStarted:
        plan, settings = self.plan, self.plan.settings
        return RunStarted(
            schema=SCHEMA,
            scenario=plan.name,
            hypothesis=plan.hypothesis,
            seed=settings.seed,
            stack=settings.stack,
            speed=self._clock.speed,
            zone=plan.begins.rsplit(" ", 1)[-1],
            versions={
                "pizza-chaos": version("pizza-chaos"),
                "python": platform.python_version(),
                "os": sys.platform,
                **self._service.versions,
            },
            rerun=_rerun(plan),
        )


def _directory(plan: Plan) -> Path:
    """Make the run's own directory, named by the wall's time and the scenario, and mark everything it starts."""
    runs = Path(plan.settings.runs).resolve()
    name = _NO_NAME.sub("-", plan.name.rsplit("::", 1)[-1].removeprefix("test_")).strip("-")[:NAME_AT_MOST]
    begun = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{name}"
    try:
        directory = _made(runs, begun)
        (directory / "harness.pid").write_text(str(os.getpid()))
        _point(runs / "latest", directory)
    except OSError as error:
        where = error.filename2 or error.filename or runs / begun
        message = f"the run cannot be kept: {where}: {error.strerror}. Give another directory with --runs."
        raise ScenarioError(message) from error
    os.environ[MARKER] = str(directory)
    return directory


def _made(runs: Path, name: str) -> Path:
    """Make a directory of its own for a run, even where one of that name ended within the same second."""
    runs.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        directory = runs / (name if number == 1 else f"{name}-{number}")
        with contextlib.suppress(FileExistsError):
            directory.mkdir()
            break
    return directory


def _point(latest: Path, directory: Path) -> None:
    """Let `latest` lead to a run, in one stroke: another process may be doing the same."""
    aside = directory / "latest"
    aside.symlink_to(directory.name)
    aside.replace(latest)


def _gather_workers(settings: Settings, screen: Screen) -> None:
    if not settings.load_master:
        return
    from harness.ingress.records import Address  # noqa: PLC0415 - most runs have no workers elsewhere
    from harness.load.gathering import wait_for_workers  # noqa: PLC0415

    door = Address(settings.load_host, settings.load_port)
    wait_for_workers(door, settings.load_workers, say=lambda line: screen.write(f"{line}\n"))


def _rerun(plan: Plan) -> str:
    settings = plan.settings
    words = ["pizza-chaos", *(plan.again or ("run", plan.name, "--stack", settings.stack))]
    words += ["--speed", f"{settings.speed:g}"]
    words += ["--seed", str(settings.seed)]
    files = ("service", "database", "rules", "notifications", "on_call", "roles", "scrape", "fix")
    for name in (*files, *ADDRESSES):
        value = getattr(settings, name)
        words += [f"--{name.replace('_', '-')}", value] if value and value not in plan.marked else []
    words += ["--alerting", settings.alerting] if settings.alerting == REAL_ALERTING else []
    words += ["--load-workers", str(settings.load_workers)] if settings.load_workers > 1 else []
    words += ["--load-master", settings.load_master] if settings.load_master else []
    return shlex.join(words)


def _reason(error: BaseException | None) -> Reason:
    match error:
        case None:
            return "completed"
        case KeyboardInterrupt() | SystemExit():
            return "interrupted"
        case RunStopped():
            return "aborted"
        case AssertionError():
            return "failed"
        case _:
            return "crashed"


def line_of(source: Path) -> str:
    """Say which line of the scenario is being executed."""
    frame = inspect.currentframe()
    while frame is not None:
        if Path(frame.f_code.co_filename) == source:
            return f"{source.name}:{frame.f_lineno}"
        frame = frame.f_back
    return source.name
