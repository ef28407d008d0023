"""The `pizza-chaos` command: wiring only. `run` is a thin front over pytest; the options are the same words."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.errors import HarnessError, ScenarioError, unknown_name
from harness.settings import Settings

PASSED, FOUND, UNKNOWN = 0, 1, 2
"""Exit codes: it behaved; it did not; nothing may be concluded."""

app = typer.Typer(
    help="Relive an outage, and learn whether alerts, people and recovery would cope.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
service_app = typer.Typer(help="A service of your own: look at a checkout.", no_args_is_help=True)
app.add_typer(service_app, name="service")
rules_app = typer.Typer(help="Alert rules: check them, test them, write some.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")

_Grafana = Annotated[int, typer.Option(min=12, max=13, help="Whose no-data manners Grafana's rules have: 12 or 13.")]
_Semantics = Annotated[str | None, typer.Option("--semantics", help="The Prometheus they were written for: 2 or 3.")]


@app.callback(invoke_without_command=True)
def _root(
    *, show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False
) -> None:
    if show_version:
        typer.echo(f"pizza-chaos {version('pizza-chaos')}")
        raise typer.Exit


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    paths: Annotated[list[str] | None, typer.Argument(help="Scenario files or folders. [default: scenarios/]")] = None,
    *,
    stack: Annotated[str | None, typer.Option(help="How the system under test runs.")] = None,
    speed: Annotated[str | None, typer.Option(help="Incident seconds in a wall second, 1 to 20.")] = None,
    service: Annotated[str | None, typer.Option(help="A jwt-pizza-service checkout to test.")] = None,
    database: Annotated[str | None, typer.Option(help="Of that service: mariadb, or mysql://USER@HOST.")] = None,
    seed: Annotated[str | None, typer.Option(help="Of everything that is random.")] = None,
    runs: Annotated[str | None, typer.Option(help="Directory that keeps a folder for each run.")] = None,
    rules: Annotated[str | None, typer.Option(help="Alert rules in Prometheus rule-file YAML.")] = None,
    fix: Annotated[str | None, typer.Option(help="Flaws of the bundled service to turn off, or `all`.")] = None,
    site_port: Annotated[str | None, typer.Option(help="Port of the load balancer; 0 for any.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict object, and nothing else.")] = False,
) -> None:
    """Run scenarios: exit 0 when all passed, 1 when one found something, 2 when nothing may be concluded.

    Options that are not listed go to pytest as they are: `-k WORD`, `-x`, `--junitxml=FILE`.
    """
    given = {"stack": stack, "speed": speed, "seed": seed, "runs": runs, "rules": rules, "fix": fix}
    given |= {"service": service, "database": database, "site_port": site_port}
    Settings.read(Path.cwd()).overridden(given, where="command line")
    wanted = [path for path in paths or [] if not path.startswith("-")]
    extra = [word for word in (*(paths or []), *context.args) if word not in wanted]
    arguments = [*_existing(wanted or ["scenarios"]), *extra]
    arguments += [f"--chaos-{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]
    code, verdicts = _pytest(arguments, quietly=as_json)
    if as_json:
        typer.echo(json.dumps(verdicts[0] if len(verdicts) == 1 else verdicts, indent=2))
    raise typer.Exit(_exit_code(code, verdicts))


@app.command()
def plan(paths: Annotated[list[str] | None, typer.Argument(help="Scenario files or folders.")] = None) -> None:
    """Read scenarios out in plain English, before anything runs."""
    code, _ = _pytest([*_existing(paths or ["scenarios"]), "--chaos-plan", "-q", "--no-summary"], quietly=False)
    raise typer.Exit(PASSED if code == 0 else UNKNOWN)


@app.command()
def judge(
    run: Annotated[Path, typer.Argument(help="The run's directory.")] = Path("runs/latest"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict object, and nothing else.")] = False,
) -> None:
    """Judge a kept run again, from its history."""
    from harness.report.verdict import summary  # noqa: PLC0415 - only this command needs it
    from harness.run import judge_again  # noqa: PLC0415

    verdict = judge_again(run.resolve())
    typer.echo(json.dumps(verdict, indent=2) if as_json else summary(verdict))
    raise typer.Exit(_exit_code(0, [verdict]))


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="A run's directory.")],
    after: Annotated[Path, typer.Argument(help="Another run's directory.")],
) -> None:
    """Say what differs between two runs: verdicts, times, counts and checks."""
    from harness.report.comparison import comparison  # noqa: PLC0415 - only this command needs it

    for line in comparison(before, after):
        typer.echo(line)


@app.command()
def trend(*, runs: Annotated[Path, typer.Option(help="Directory that keeps the runs.")] = Path("runs")) -> None:
    """Write trend.html of all kept runs: exit 1 when a newest run is worse than the median of those before it."""
    from harness.report.shelf import indexed  # noqa: PLC0415 - only this command needs it
    from harness.report.trend import latest_regressions, write_trend  # noqa: PLC0415

    kept = indexed(runs)
    worse = latest_regressions(kept)
    for one in worse:
        typer.echo(f"worse than usual: {one}")
    typer.echo(f"{len(kept)} runs: {write_trend(kept, runs)}")
    raise typer.Exit(FOUND if worse else PASSED)


@app.command()
def prune(
    *,
    keep: Annotated[int, typer.Option(help="How many runs of each scenario stay, the newest.")],
    runs: Annotated[Path, typer.Option(help="Directory that keeps the runs.")] = Path("runs"),
) -> None:
    """Remove old runs; a run that still lives stays."""
    from harness.report.shelf import pruned  # noqa: PLC0415 - only this command needs it

    for directory in pruned(runs, keep=keep):
        typer.echo(f"removed {directory}")


@app.command()
def summary(
    path: Annotated[Path, typer.Argument(help="A run's directory, or the directory that keeps runs.")] = Path("runs"),
    *,
    form: Annotated[str, typer.Option("--format", help="text or markdown.")] = "text",
) -> None:
    """Sum up a run, or the newest run of each scenario: as text, or as Markdown for a CI job or an issue."""
    from harness.report.night import as_text, night_summary  # noqa: PLC0415 - only this command needs it

    typer.echo(chosen(form, {"text": as_text, "markdown": night_summary})(path), nl=False)


@app.command()
def announce(
    webhook: Annotated[str, typer.Argument(help="URL that takes a POST with JSON.")],
    *,
    runs: Annotated[Path, typer.Option(help="Directory that keeps the runs.")] = Path("runs"),
    allow_host: Annotated[list[str] | None, typer.Option(help="A host besides this machine that may be told.")] = None,
) -> None:
    """Tell a webhook which scenarios have another verdict than the run before; silent when none has."""
    from harness.report.announcement import announce as told  # noqa: PLC0415 - only this command needs it

    for sentence in told(runs, webhook, allowed=allow_host or ()):
        typer.echo(f"told: {sentence}")


@app.command()
def incident(
    run: Annotated[Path, typer.Argument(help="The run's directory.")] = Path("runs/latest"),
    *,
    form: Annotated[str, typer.Option("--format", help="own or course: the course's template.")] = "own",
) -> None:
    """Print the incident report of a kept run, from its history, ready to edit and commit."""
    from harness.report.incident import for_the_course  # noqa: PLC0415 - only this command needs it
    from harness.run import incident_again  # noqa: PLC0415

    typer.echo(chosen(form, {"own": str, "course": for_the_course})(incident_again(run.resolve())), nl=False)


@app.command()
def faults() -> None:
    """List the fault catalogue: what each fault hurts and what a user will see."""
    from harness.faults import CATALOGUE  # noqa: PLC0415 - only this command needs it

    for kind in CATALOGUE:
        fault = kind()
        typer.echo(f"{fault.name:18} {fault.target:10} {fault.sees}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def proxy(context: typer.Context) -> None:
    """Serve fault links through an API that speaks Toxiproxy: `-host`, `-port` (8474), `-config FILE`, `-seed`."""
    from harness.links.__main__ import main as serve_links  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(serve_links(context.args))


@app.command()
def stop(*, runs: Annotated[str, typer.Option(help="Directory that keeps the runs.")] = "runs") -> None:
    """Pull the safety lever: every run that lives stops, heals and leaves its history."""
    from harness.stacks.heal import stop_runs  # noqa: PLC0415 - only this command needs it

    for sentence in stop_runs(Path(runs)):
        typer.echo(sentence)


@app.command()
def heal(*, runs: Annotated[str, typer.Option(help="Directory that keeps the runs.")] = "runs") -> None:
    """End whatever a run has left behind on this machine; does nothing when there is nothing."""
    from harness.stacks.heal import heal_leftovers  # noqa: PLC0415 - only this command needs it

    for sentence in heal_leftovers(Path(runs)):
        typer.echo(sentence)


@rules_app.command("conformance")
def rules_conformance(
    directory: Annotated[Path, typer.Argument(help="Where the .test files are.")], *, semantics: _Semantics = None
) -> None:
    """Run a directory of Prometheus' own .test files: exit 1 when a case failed.

    Without --semantics, the release that passes more of them counts.
    """
    from harness.alerting.conformance import run_conformance  # noqa: PLC0415 - only this command needs it
    from harness.alerting.promql import Semantics  # noqa: PLC0415

    found = run_conformance(directory, semantics=Semantics.of(semantics) if semantics else None)
    typer.echo("\n".join(found.lines()))
    raise typer.Exit(found.exit_code)


@rules_app.command("check")
def rules_check(
    files: Annotated[list[Path], typer.Argument(help="Prometheus rule files, Grafana exports, in YAML or JSON.")],
    *,
    grafana: _Grafana = 12,
    semantics: _Semantics = None,
) -> None:
    """Say what each rule will do, what silence means to it, and what cannot be read: exit 2 when something cannot."""
    from harness.alerting.promql import Dialect, Semantics  # noqa: PLC0415 - only this command needs it
    from harness.alerting.reading import Reading  # noqa: PLC0415
    from harness.alerting.rule_check import check_rules  # noqa: PLC0415

    reading = Reading(dialect=Dialect(Semantics.of(semantics or "3")))
    checks = [check_rules(file, grafana=13 if grafana == 13 else 12, reading=reading) for file in files]
    for check in checks:
        typer.echo("".join(f"{line}\n" for line in check.lines), nl=False)
        typer.echo("".join(f"{mistake}\n" for mistake in check.mistakes), nl=False, err=True)
    mistakes = sum(len(check.mistakes) for check in checks)
    typer.echo(f"rules that will be evaluated: {sum(check.readable for check in checks)}, mistakes: {mistakes}")
    raise typer.Exit(UNKNOWN if mistakes else PASSED)


@service_app.command("inspect")
def service_inspect(
    path: Annotated[Path, typer.Argument(help="A checkout of jwt-pizza-service, or of a fork.")],
) -> None:
    """Say how a checkout would be run, what its code says to monitoring, and what it cannot do; nothing is started."""
    from harness.stacks.services.node.inspection import inspect  # noqa: PLC0415 - only this command needs it

    for line in inspect(path):
        typer.echo(line)


@app.command()
def verify(  # noqa: PLR0913 - one parameter an option
    url: Annotated[str, typer.Argument(help="The site, such as http://pizza-service.pizza.test.")],
    *,
    dns: Annotated[str, typer.Option(help="DNS server to ask, HOST:PORT. [default: the description's]")] = "",
    describe: Annotated[str, typer.Option(help="What the console shows: a file, a run's directory, a URL.")] = "",
    expect_version: Annotated[str, typer.Option(help="The version that should serve.")] = "",
    login: Annotated[str, typer.Option(envvar="PIZZA_CHAOS_LOGIN", help="A diner.")] = "d@jwt.com:diner",
    with_order: Annotated[bool, typer.Option("--with-order", help="Order a pizza too, and verify it.")] = False,
    factory: Annotated[str, typer.Option(help="Where pizzas are verified. [default: what the service says]")] = "",
    metrics_sink: Annotated[str, typer.Option(help="A Prometheus URL, or a run's history.jsonl.")] = "",
    metrics_of: Annotated[str, typer.Option(help="Which series are this deployment's, in PromQL.")] = "",
    fresh: Annotated[str, typer.Option(help="How old the newest telemetry may be.")] = "2m",
    ca: Annotated[Path | None, typer.Option(help="A certificate authority to trust, in PEM.")] = None,
    allow_target: Annotated[list[str] | None, typer.Option(help="A host that is not this machine.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
) -> None:
    """Walk a deployment from the outside in: exit 0 when it stands, 1 naming what is broken or latent, 2 unknown."""
    from harness.verify.command import read_description, say, verify_now  # noqa: PLC0415 - only this command needs it

    allowed = tuple(allow_target or ())
    console = read_description(describe, allowed=allowed) if describe else None
    given: dict[str, Any] = {"url": url, "dns": dns, "console": console, "version": expect_version, "login": login}
    given |= {"with_order": with_order, "factory": factory, "sink": metrics_sink, "series": metrics_of}
    report = verify_now(given | {"fresh": fresh, "authority": ca, "allowed": allowed})
    raise typer.Exit(say(report, typer.echo, as_json=as_json, junit=junit, suite="verify"))


@rules_app.command("test")
def rules_test(
    files: Annotated[list[Path], typer.Argument(help="promtool's unit-test files.")],
    *,
    grafana: _Grafana = 12,
    semantics: _Semantics = None,
) -> None:
    """Run promtool's unit tests of rules: exit 1 when something is not as expected, 2 when it cannot be read."""
    from harness.alerting.promql import Dialect, Semantics  # noqa: PLC0415 - only this command needs it
    from harness.alerting.unit_tests import run_unit_tests  # noqa: PLC0415

    dialect = Dialect(Semantics.of(semantics or "3"))
    ran = [run_unit_tests(file, dialect=dialect, grafana=13 if grafana == 13 else 12) for file in files]
    typer.echo("\n".join(line for each in ran for line in each.lines))
    raise typer.Exit(max(each.exit_code for each in ran))


@app.command("verify-factory")
def verify_factory(  # noqa: PLR0913 - one parameter an option
    url: Annotated[str, typer.Argument(help="The factory, such as http://127.0.0.1:4000.")],
    *,
    vendor_key: Annotated[str, typer.Option(envvar="PIZZA_CHAOS_VENDOR_KEY", help="The key of a vendor of it.")],
    patience: Annotated[str, typer.Option(help="How long it may hold an order that it refuses.")] = "40s",
    budget: Annotated[str, typer.Option(help="How long an order of one pizza may take.")] = "1s",
    with_chaos: Annotated[bool, typer.Option("--with-chaos", help="Begin chaos too, report it and end it.")] = False,
    examples: Annotated[int, typer.Option(min=0, help="Orders to make up for each property.")] = 0,
    allow_target: Annotated[list[str] | None, typer.Option(help="A host that is not this machine.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
) -> None:
    """Hold a pizza factory to its contract: exit 0 when it keeps it, 1 naming the cases that it does not, 2 unknown."""
    from harness.durations import duration  # noqa: PLC0415 - only this command needs it
    from harness.verify.command import hold_now, say  # noqa: PLC0415
    from harness.verify.factory.conversation import Terms  # noqa: PLC0415
    from harness.verify.factory.suite import Extent  # noqa: PLC0415

    terms = Terms(vendor_key=vendor_key, patience=duration(patience), budget=duration(budget))
    extent = Extent(with_chaos=with_chaos, examples=examples)
    report = hold_now(url, terms, extent=extent, allowed=tuple(allow_target or ()))
    raise typer.Exit(say(report, typer.echo, as_json=as_json, junit=junit, suite="verify-factory"))


@app.command()
def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say what this machine can run, and what is missing with the command that gets it."""
    from harness.verify.command import say  # noqa: PLC0415 - only this command needs it
    from harness.verify.machine import doctor as examined  # noqa: PLC0415

    raise typer.Exit(say(examined(), typer.echo, as_json=as_json, junit=None, suite="doctor"))


def chosen(name: str, forms: Mapping[str, Callable[[Any], str]]) -> Callable[[Any], str]:
    """Give the form that --format names.

    Raises:
        ScenarioError: when there is none of that name.
    """
    if name not in forms:
        raise ScenarioError(f"--format: {unknown_name('format', name, known=forms)}")
    return forms[name]


def _existing(paths: list[str]) -> list[str]:
    for path in paths:
        file = path.split("::", 1)[0]
        if not Path(file).exists():
            near = sorted(str(found) for found in Path("scenarios").glob("**/test_*.py"))
            message = f"there is no scenario at {file}. Here there are: {', '.join(near) or 'none'}."
            raise ScenarioError(message)
    return paths


def _pytest(arguments: list[str], *, quietly: bool) -> tuple[int, list[dict[str, Any]]]:
    """Run pytest in this process; when quietly, everything it prints goes to standard error."""
    import pytest  # noqa: PLC0415 - `pizza-chaos --help` is quick without it

    with tempfile.TemporaryDirectory(prefix="pizza-chaos-") as directory:
        verdicts = Path(directory) / "verdicts.json"
        kept = os.dup(1)
        if quietly:
            os.dup2(2, 1)
        try:
            code = int(pytest.main([*arguments, *_FRONT, f"--chaos-json={verdicts}"]))
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)
        return code, json.loads(verdicts.read_text()) if verdicts.exists() else []


_FRONT = ("--no-header", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""What a front over pytest needs: a short head, no cache, and no word on this very module being imported already."""


def _exit_code(pytest_code: int, verdicts: list[dict[str, Any]]) -> int:
    """Give the exit code; a finding that everybody knows of, marked `known_flaw`, is none."""
    said = [verdict["verdict"] for verdict in verdicts if "known_flaw" not in verdict]
    if "failed" in said:
        return FOUND
    if pytest_code != 0 or "unknown" in said or not verdicts:
        return UNKNOWN
    return PASSED


def main() -> None:
    """Run the command; a mistake or a trouble is one clear line and exit code 2."""
    try:
        app()
    except (ScenarioError, HarnessError) as error:
        typer.echo(f"pizza-chaos: {error}", err=True)
        sys.exit(UNKNOWN)


if __name__ == "__main__":
    main()
