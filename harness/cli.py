"""The `pizza-chaos` command: wiring only. `run` is a thin front over pytest; the options are the same words."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.errors import HarnessError, ScenarioError
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
rules_app = typer.Typer(help="Alert rules: check them, test them, write some.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")

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
    given["site_port"] = site_port
    Settings.read(Path.cwd()).overridden(given, where="command line")
    wanted = [path for path in paths or [] if not path.startswith("-")]
    extra = [word for word in (*(paths or []), *context.args) if word not in wanted]
    arguments = [*_existing(wanted or ["scenarios"]), *extra]
    arguments += [f"--chaos-{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]
    code, verdicts = _pytest(arguments, quietly=as_json)
    if as_json:
        typer.echo(json.dumps(verdicts[0] if len(verdicts) == 1 else verdicts, indent=2))
    raise typer.Exit(_exit_code(code, [verdict["verdict"] for verdict in verdicts]))


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
    raise typer.Exit(_exit_code(0, [verdict["verdict"]]))


@app.command()
def faults() -> None:
    """List the fault catalogue: what each fault hurts and what a user will see."""
    from harness.faults import CATALOGUE  # noqa: PLC0415 - only this command needs it

    for kind in CATALOGUE:
        fault = kind()
        typer.echo(f"{fault.name:18} {fault.target:10} {fault.sees}")


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
    grafana: Annotated[int, typer.Option(min=12, max=13, help="Whose no-data manners Grafana's rules have.")] = 12,
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
    typer.echo(f"{sum(check.readable for check in checks)} rules will be evaluated; mistakes: {mistakes or 'none'}.")
    raise typer.Exit(UNKNOWN if mistakes else PASSED)


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


def _exit_code(pytest_code: int, verdicts: list[str]) -> int:
    if "failed" in verdicts:
        return FOUND
    if pytest_code != 0 or "unknown" in verdicts or not verdicts:
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
