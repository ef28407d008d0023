"""The pytest plugin: options, the four fixtures of a scenario, and verdicts as test outcomes.

`passed` is a pass and `failed` a failure; `unknown` is an error, never a pass. Wiring only, and cheap to load: the
harness itself is imported when the first scenario asks for it. Longer than most, since pytest has one module a plugin.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.interruptions import Interruptions
    from harness.progress import Screen
    from harness.run import Plan, Run
    from harness.scenario import Diners, OnCall, Scenario, Shop
    from harness.settings import Settings

FINDING, UNKNOWN = 1, 2

_OPTIONS = {
    "stack": "how the system under test runs",
    "speed": "incident seconds in a wall second, from 1 to 20",
    "service": "a checkout of jwt-pizza-service to test; the bundled twin without it",
    "database": "of the service: `mariadb` of this machine, a `container`, or `mysql://USER@HOST`, which runs",
    "load-workers": "how many processes the diners are shared out among",
    "load-master": "address of this machine at which load workers on others join, HOST or HOST:PORT",
    "seed": "of everything that is random",
    "runs": "directory that keeps a folder for each run",
    "rules": "alert rules as Prometheus or Grafana has them",
    "alerting": "who judges the rules: embedded, or the machine's own prometheus",
    "notifications": "who hears of which alerts, as an Alertmanager configuration",
    "on-call": "who is paged, and what they do, in YAML",
    "roles": "what the service's metrics are about, in YAML",
    "scrape": "address of metrics to scrape besides what is pushed",
    "fix": "flaws of the bundled service to turn off, separated by commas, or `all`",
    "https": "true when the site is to be served over HTTPS",
    "site-port": "port at which the load balancer listens; 0 for any free one",
    "site": "where the site of an attached system is",
    "factory": "where its factory is, or `none`",
    "control": "where the control API of its links is, or `none`",
    "prometheus": "where the Prometheus is that judges its alerts",
}

_BESIDE = ("rules", "notifications", "on_call")
"""Options that a scenario may set to a file beside its own."""

_MARKED = ("begins", "expects_no_fault", "shows", "https", "needs_database", "not_on", *_BESIDE)
"""What `@pytest.mark.chaos` may say."""

_NO_DATABASE_SERVER = {
    "processes": "the bundled service keeps its data in a file; give it a server: --database mariadb",
    "containers": "the bundled service keeps its data in a file; give it a server: --database container",
    "simulated": "its database is in memory, and there is no server of one to hurt",
    "attached": "nobody knows of the database server behind a system that is up",
}
"""Why a scenario that hurts a database server is skipped, and what to do where something can be done."""

_run_key: pytest.StashKey[Run] = pytest.StashKey()
_interruptions_key: pytest.StashKey[Interruptions] = pytest.StashKey()
_verdict_key = pytest.StashKey[dict[str, Any]]()
_broken_key = pytest.StashKey[bool]()


class _Verdicts:
    """Gathers the verdicts of all scenarios, from this process or from xdist's workers."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.is_unclear = False
        """Whether a scenario could not even begin, so that there is no verdict on it."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a verdict from the report that carries it."""
        self.is_unclear |= getattr(report, "chaos_unclear", False)
        verdict = getattr(report, "chaos_verdict", None)
        if verdict is not None:
            self.said.append(verdict)


_verdicts_key = pytest.StashKey[_Verdicts]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the `--chaos-` options; each has a twin in `[tool.pizza-chaos]`."""
    group = parser.getgroup("pizza-chaos", "pizza-chaos: relive an outage")
    for name, meaning in _OPTIONS.items():
        group.addoption(f"--chaos-{name}", default=None, help=meaning)
    group.addoption("--chaos-plan", action="store_true", help="read scenarios out instead of running them")
    group.addoption("--chaos-json", default=None, help="file that gets the verdicts as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        'chaos(begins, expects_no_fault=False, shows="", https=False, needs_database=False, not_on={}, rules="", '
        'notifications="", on_call=""): when a scenario begins, in its own '
        "time; the known flaw of the bundled service that it shows; whether its site is served over HTTPS; whether it "
        "hurts a database server; stacks that "
        "cannot carry it out, each with the reason; files beside it that set the options of these names",
    )
    config.stash[_verdicts_key] = _Verdicts()
    config.pluginmanager.register(config.stash[_verdicts_key], "pizza-chaos-verdicts")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what the stack that was chosen cannot carry out, and say why."""
    scenarios = [(item, marker) for item in items if (marker := item.get_closest_marker("chaos"))]
    chosen = _chosen_stack(config) if scenarios else ""
    stack = chosen.removesuffix("-wire")  # what cannot be simulated cannot be on wires either
    for item, marker in scenarios:
        excepted = marker.kwargs.get("not_on", {})
        reasons: dict[str, str] = dict(excepted) if isinstance(excepted, dict) else {}  # else it is told when it runs
        if marker.kwargs.get("https"):
            reasons.setdefault("simulated", "its network, which is all in memory, carries no TLS")
        if marker.kwargs.get("needs_database") and not _has_database(config):
            reasons.setdefault(stack, _NO_DATABASE_SERVER.get(stack, _NO_DATABASE_SERVER["processes"]))
        if stack == "simulated" and stack not in reasons:
            reasons[stack] = _cannot_be_simulated(item)
        if reasons.get(stack):
            item.add_marker(pytest.mark.skip(reason=f"not on the {chosen} stack: {reasons[stack]}"))


def _cannot_be_simulated(item: pytest.Item) -> str:
    """Read a scenario through beforehand, so that none that cannot be simulated is begun."""
    from harness.planning import Planned  # noqa: PLC0415 - only where a simulation was asked for
    from harness.stacks.simulated.suitability import why_not  # noqa: PLC0415

    if not isinstance(item, pytest.Function):
        return ""
    fixtures = item.session._fixturemanager  # noqa: SLF001 - no other way tells a parameter from that of a fixture
    params = item.callspec.params if hasattr(item, "callspec") else {}
    values = {name: value for name, value in params.items() if not fixtures.getfixturedefs(name, item)}
    try:
        return why_not(item.obj, Planned(_plan(item)), values=values)
    except (Exception, pytest.skip.Exception, pytest.fail.Exception):
        return ""  # a mistake of its author's, whichever it is, which it will be told when it runs


def _read_settings(config: pytest.Config) -> Settings:
    """Read what the team has decided; when that is wrong, end with one line before anything runs."""
    from harness.errors import ScenarioError  # noqa: PLC0415 - only where there are scenarios
    from harness.settings import Settings  # noqa: PLC0415

    try:
        return Settings.read(config.rootpath)
    except ScenarioError as error:
        if hasattr(config, "workerinput"):
            return Settings()  # who leaves from among xdist's workers is not heard; each scenario says it when it runs
        pytest.exit(str(error), returncode=UNKNOWN)


def _chosen_stack(config: pytest.Config) -> str:
    read = _read_settings(config)
    return str(config.getoption("--chaos-stack") or read.stack)


def _has_database(config: pytest.Config) -> bool:
    read = _read_settings(config)
    return any(config.getoption(f"--chaos-{name}") or getattr(read, name) for name in ("service", "database"))


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    """Give the scenario its time, faults and expectations; the system under test is up when the test begins."""
    if request.config.getoption("--chaos-plan"):
        yield from _read_out(request)
        return
    from harness.interruptions import interruptions  # noqa: PLC0415 - loaded by the first scenario, not by every pytest
    from harness.run import Run  # noqa: PLC0415

    with interruptions() as request.node.stash[_interruptions_key]:
        run = request.node.stash[_run_key] = Run(_plan(request.node), screen=_screen(request.config))
        try:
            yield _started(run, request.node)
        finally:
            run.close()


def _started(run: Run, item: pytest.Item) -> Scenario:
    try:
        return run.start()
    except BaseException as error:
        _conclude(item, error)
        raise


@pytest.fixture
def shop(scenario: Scenario) -> Shop:
    """Give the pizza shop, as its developers see it."""
    from harness.scenario import Shop  # noqa: PLC0415

    return Shop(scenario)


@pytest.fixture
def diners(scenario: Scenario) -> Diners:
    """Give everyone who wants pizza."""
    from harness.scenario import Diners  # noqa: PLC0415

    return Diners(scenario)


@pytest.fixture
def on_call(scenario: Scenario) -> OnCall:
    """Give whoever carries the pager."""
    from harness.scenario import OnCall  # noqa: PLC0415

    return OnCall(scenario)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge a scenario as soon as its last step is done."""
    run = item.stash.get(_run_key, None)
    if run is None:
        return (yield)
    from harness.scenario.proofreading import proofread  # noqa: PLC0415

    try:
        proofread(item.obj, run.scenario)  # type: ignore[attr-defined]
        outcome = yield
    except BaseException as error:
        _conclude(item, error)
        raise
    _conclude(item, None)
    run.raise_if_not_passed()
    if run.plan.known_flaw:
        _fail_unnoticed(run.plan.known_flaw)
    return outcome


def _conclude(item: pytest.Item, error: BaseException | None) -> None:
    """Heal, judge and keep a run that is over; another Ctrl-C waits for that."""
    run = item.stash[_run_key]
    item.stash[_interruptions_key].wait()
    verdict = item.stash[_verdict_key] = _marked(run.finish(error), known_flaw=run.plan.known_flaw)
    if isinstance(error, KeyboardInterrupt):
        # No report is made of a test that was interrupted.
        item.config.stash[_verdicts_key].said.append(verdict)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what came of a scenario in plain words; an unknown verdict is an error, neither a pass nor a failure."""
    from harness.errors import ExpectationFailed, HarnessError, ScenarioError  # noqa: PLC0415

    run = item.stash.get(_run_key, None)
    item.stash[_broken_key] = call.excinfo is not None
    is_over = call.when == "call" or (call.when == "setup" and call.excinfo is not None)
    if run is not None and is_over:
        item.user_properties += run.properties()
    report = yield
    if "scenario" not in getattr(item, "fixturenames", ()):
        return report
    if is_over and not report.skipped:
        # A report goes from a worker of xdist to whoever prints it, with whatever it carries.
        vars(report)["chaos_verdict"] = item.stash.get(_verdict_key, None) or _not_begun(item, call)
    if call.excinfo is None:
        return report
    if call.excinfo.errisinstance(ExpectationFailed):
        report.longrepr = str(call.excinfo.value)
        if run is not None and run.plan.known_flaw:
            report.outcome = "skipped"
            report.wasxfail = f"the bundled service has the flaw {run.plan.known_flaw}; mend it with --fix"
    elif call.excinfo.errisinstance((HarnessError, ScenarioError)):
        report.longrepr = f"verdict unknown: {call.excinfo.value}"
        vars(report)["chaos_unclear"] = True
        # An error, and no failure, is what happens outside of the call; of the two, JUnit counts a setup's once.
        report.when = "setup" if call.when == "call" else report.when
    return report


def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    """Call a scenario that was read out just that: nothing has passed."""
    if config.getoption("--chaos-plan") and report.when == "call" and report.passed:
        return "read out", "", ""
    return None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Exit with 2 when a verdict is unknown and none is a finding, and write the JSON that was asked for."""
    if hasattr(session.config, "workerinput"):
        return
    gathered = session.config.stash[_verdicts_key]
    said = {verdict["verdict"] for verdict in gathered.said}
    if (gathered.is_unclear or "unknown" in said) and "failed" not in said:
        session.exitstatus = UNKNOWN
    path = session.config.getoption("--chaos-json")
    if path:
        Path(path).write_text(json.dumps(gathered.said, indent=2) + "\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what came of each scenario and where its report is, and a table of them all."""
    verdicts = config.stash[_verdicts_key].said
    if not verdicts:
        return
    from harness.report.verdict import summary, table  # noqa: PLC0415

    terminalreporter.section("scenarios")
    for verdict in verdicts:
        terminalreporter.write_line(summary(verdict))
    for line in table(verdicts):
        terminalreporter.write_line(line)


def _not_begun(item: pytest.Item, call: pytest.CallInfo[None]) -> dict[str, Any] | None:
    """Give the verdict on a scenario of which there is no run; None where none was wanted."""
    if call.excinfo is None or item.config.getoption("--chaos-plan"):
        return None
    from harness.errors import HarnessError, ScenarioError  # noqa: PLC0415
    from harness.report.verdict import not_begun  # noqa: PLC0415

    is_ours = call.excinfo.errisinstance((HarnessError, ScenarioError))
    return not_begun(_name(item), str(call.excinfo.value) if is_ours else call.excinfo.exconly(tryshort=True))


def _marked(verdict: dict[str, Any], *, known_flaw: str) -> dict[str, Any]:
    """Let a finding for which everybody waits say so."""
    expected = {"known_flaw": known_flaw} if known_flaw and verdict["verdict"] == "failed" else {}
    return {**verdict, **expected}


def _fail_unnoticed(flaw: str) -> None:
    from harness.errors import HarnessError  # noqa: PLC0415

    message = f"the bundled service has the flaw {flaw}, and this scenario, which should show it, passed."
    raise HarnessError(message)


def _read_out(request: pytest.FixtureRequest) -> Iterator[Scenario]:
    from harness.planning import Planned  # noqa: PLC0415
    from harness.scenario.proofreading import proofread  # noqa: PLC0415

    planned = Planned(_plan(request.node))
    proofread(request.function, planned.scenario)
    yield planned.scenario
    if overlooked := planned.scenario.overlooked():
        raise overlooked
    if not request.node.stash.get(_broken_key, False):  # half a plan would be taken for the whole
        _screen(request.config).write(planned.text())


def _plan(item: pytest.Item) -> Plan:
    from harness.errors import ScenarioError  # noqa: PLC0415
    from harness.run import Plan  # noqa: PLC0415
    from harness.settings import Settings  # noqa: PLC0415

    marker = item.get_closest_marker("chaos")
    if marker is None or not isinstance(marker.kwargs.get("begins"), str):
        message = (
            f'{item.nodeid} does not say when it begins. Mark it: @pytest.mark.chaos(begins="2024-11-30 21:59 MST").'
        )
        raise ScenarioError(message)
    _check_marker(marker, where=item.nodeid)
    given = {name.replace("-", "_"): item.config.getoption(f"--chaos-{name}") for name in _OPTIONS}
    if marker.kwargs.get("https"):
        given["https"] = True
    beside = {name: str(item.path.parent / marker.kwargs[name]) for name in _BESIDE if name in marker.kwargs}
    settings = Settings.read(item.config.rootpath).overridden(beside, where=f"{item.nodeid}: @pytest.mark.chaos")
    return Plan(
        name=_name(item),
        source=item.path,
        hypothesis=inspect.cleandoc(getattr(item.obj, "__doc__", None) or ""),  # type: ignore[attr-defined]
        begins=marker.kwargs["begins"],
        expects_no_fault=bool(marker.kwargs.get("expects_no_fault", False)),
        shows=str(marker.kwargs.get("shows", "")),
        settings=settings.overridden(given, where="command line"),
        marked=tuple(beside.values()),
    )


def _name(item: pytest.Item) -> str:
    return item.nodeid if not item.nodeid.startswith("::") else f"{item.path}{item.nodeid}"  # outside of the root


def _check_marker(marker: pytest.Mark, *, where: str) -> None:
    """Raise a ScenarioError when the marker says what nobody would hear."""
    from harness.errors import ScenarioError, unknown_name  # noqa: PLC0415

    for name in marker.kwargs:
        if name not in _MARKED:
            message = f"{where}: @pytest.mark.chaos: {unknown_name('word', name, known=_MARKED)}"
            raise ScenarioError(message)
    if marker.args:
        message = f"{where}: @pytest.mark.chaos says {marker.args[0]!r}, and not of what. Write begins=… before it."
        raise ScenarioError(message)
    if not isinstance(marker.kwargs.get("not_on", {}), dict):
        message = (
            f"{where}: @pytest.mark.chaos: not_on is {marker.kwargs['not_on']!r}. Give each stack with the reason: "
            'not_on={"simulated": "its network carries no TLS"}.'
        )
        raise ScenarioError(message)


def _screen(config: pytest.Config) -> Screen:
    """Write past pytest's capture, to where pytest itself writes."""
    from harness.progress import Screen  # noqa: PLC0415

    writer, capture = config.get_terminal_writer(), config.pluginmanager.getplugin("capturemanager")
    reporter = config.pluginmanager.getplugin("terminalreporter")

    def uncaptured() -> contextlib.AbstractContextManager[None]:
        return capture.global_and_fixture_disabled() if capture else contextlib.nullcontext()

    def write(text: str) -> None:
        with uncaptured():
            writer.write(text, flush=True)

    def columns() -> int:
        with uncaptured():
            return shutil.get_terminal_size().columns

    write("\n")
    return Screen(write, is_terminal=bool(reporter and reporter.isatty), columns=columns)
