"""The `pizza-chaos` command: wiring only. `run` is a thin front over pytest; the options are the same words."""

from __future__ import annotations

import difflib
import json
import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.commands import alerts, deployments, kept_runs, practice, workers
from harness.commands.shapes import FOUND, PASSED, UNKNOWN
from harness.errors import HarnessError, ScenarioError

app = typer.Typer(
    help="Relive an outage, and learn whether alerts, people and recovery would cope.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: loading rich takes longer than all the rest
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(
    *, show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False
) -> None:
    if show_version:
        from harness.versions import described_version  # noqa: PLC0415 - `--help` is quick without it

        typer.echo(f"pizza-chaos {described_version()}")
        raise typer.Exit


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    paths: Annotated[list[str] | None, typer.Argument(help="Scenario files or folders. [default: scenarios/]")] = None,
    *,
    stack: Annotated[str | None, typer.Option(help="How the system under test runs.")] = None,
    speed: Annotated[str | None, typer.Option(help="Incident seconds in a wall second, 1 to 20.")] = None,
    service: Annotated[str | None, typer.Option(help="A jwt-pizza-service checkout to test.")] = None,
    database: Annotated[str | None, typer.Option(help="Its data: mariadb, container, or mysql://USER@HOST.")] = None,
    load_workers: Annotated[str | None, typer.Option(help="How many processes share the diners.")] = None,
    load_master: Annotated[str | None, typer.Option(help="Where load workers elsewhere join: 10.0.0.5.")] = None,
    seed: Annotated[str | None, typer.Option(help="Of everything that is random.")] = None,
    runs: Annotated[str | None, typer.Option(help="Directory that keeps a folder for each run.")] = None,
    rules: Annotated[str | None, typer.Option(help="Alert rules as Prometheus or Grafana has them.")] = None,
    alerting: Annotated[str | None, typer.Option(help="Who judges rules: embedded or prometheus.")] = None,
    notifications: Annotated[str | None, typer.Option(help="An Alertmanager configuration: who hears of what.")] = None,
    on_call: Annotated[str | None, typer.Option(help="Who is paged, and what they do, in YAML.")] = None,
    roles: Annotated[str | None, typer.Option(help="What the service's metrics are about, in YAML.")] = None,
    scrape: Annotated[str | None, typer.Option(help="Metrics to scrape: http://127.0.0.1:9100/metrics.")] = None,
    fix: Annotated[str | None, typer.Option(help="Flaws of the bundled service to turn off, or `all`.")] = None,
    https: Annotated[str | None, typer.Option(help="true: serve the site over HTTPS.")] = None,
    site_port: Annotated[str | None, typer.Option(help="Port of the load balancer; 0 for any.")] = None,
    site: Annotated[str | None, typer.Option(help="Of an attached system: http://127.0.0.1:3000.")] = None,
    factory: Annotated[str | None, typer.Option(help="Of it: http://127.0.0.1:4000, or none.")] = None,
    control: Annotated[str | None, typer.Option(help="API of its links: http://127.0.0.1:8474, or none.")] = None,
    prometheus: Annotated[str | None, typer.Option(help="Judge of its alerts: http://127.0.0.1:9090.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="The night of 2024-12-01, simulated: needs no files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict object, and nothing else.")] = False,
) -> None:
    """Run scenarios. Exit 0 when all passed, 1 when one found something, 2 when nothing may be concluded.

    Options that are not listed go to pytest as they are: `-k WORD`, `-x`, `--junitxml=FILE`.
    """
    from harness.settings import Settings  # noqa: PLC0415 - `--help` is quick without it

    if demo:
        paths, stack = [_demo(), f"--rootdir={Path.cwd()}", *_options_only(paths or [])], stack or "simulated"
    given = {"stack": stack, "speed": speed, "seed": seed, "runs": runs, "rules": rules, "fix": fix}
    given |= {"load_workers": load_workers, "load_master": load_master}
    given |= {"notifications": notifications, "on_call": on_call, "roles": roles, "scrape": scrape}
    given |= {"alerting": alerting, "service": service, "database": database, "https": https, "site_port": site_port}
    given |= {"site": site, "factory": factory, "control": control, "prometheus": prometheus}
    Settings.read(Path.cwd()).overridden(given, where="command line")
    arguments = _with_scenarios([*(paths or []), *context.args])
    arguments += [f"--chaos-{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]
    code, verdicts = _pytest(arguments, quietly=as_json)
    _refuse_if_misused(code, arguments, ours=_options(context))
    if as_json:
        typer.echo(json.dumps(verdicts[0] if len(verdicts) == 1 else verdicts, indent=2))
    raise typer.Exit(_exit_code(code, verdicts))


@app.command()
def plan(paths: Annotated[list[str] | None, typer.Argument(help="Scenario files or folders.")] = None) -> None:
    """Read scenarios out in plain English, before anything runs."""
    code, _ = _pytest([*_existing(paths or ["scenarios"]), "--chaos-plan", *_READING], quietly=False)
    raise typer.Exit(PASSED if code == 0 else UNKNOWN)


@app.command()
def judge(
    run: Annotated[Path, typer.Argument(help="The run's directory.")] = Path("runs/latest"),
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict object, and nothing else.")] = False,
) -> None:
    """Judge a kept run again, from its history."""
    from harness.kept import judge_again  # noqa: PLC0415
    from harness.report.verdict import summary  # noqa: PLC0415 - only this command needs it

    verdict = judge_again(run.resolve())
    typer.echo(json.dumps(verdict, indent=2) if as_json else summary(verdict))
    raise typer.Exit(_exit_code(0, [verdict]))


@app.command()
def faults(
    name: Annotated[str, typer.Argument(help="One fault or toxic, to read all about it.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the faults and toxics, or tell all about one. It says what each hurts and what a user will see."""
    import msgspec  # noqa: PLC0415 - only this command needs it

    from harness.faults import description  # noqa: PLC0415

    if as_json:
        every = (*description.described(), *description.described_toxics())
        told = msgspec.to_builtins(description.find(name) if name else every)
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    listed = [*description.as_table(), "", *description.toxics_as_table()]
    for line in description.in_detail(description.find(name)) if name else listed:
        typer.echo(line)
    if name == "memory_pressure":
        from harness.stacks.memory_troubles import how_here  # noqa: PLC0415 - only this fault depends on the machine

        typer.echo(f"\n  on this machine: {how_here()}")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]}
)
def proxy(context: typer.Context) -> None:
    """Serve fault links; speaks Toxiproxy. Takes `-host`, `-port` (8474), `-config FILE` and `-seed`."""
    from harness.links.__main__ import main as serve_links  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(serve_links(context.args))


@app.command()
def stop(*, runs: Annotated[str, typer.Option(help="Directory that keeps the runs.")] = "runs") -> None:
    """Pull the safety lever. Every run that lives stops, heals and leaves its history."""
    from harness.stacks.heal import stop_runs  # noqa: PLC0415 - only this command needs it

    if not Path(runs).is_dir():
        message = f"there are no runs at {runs}: nothing was stopped. Give the directory that keeps them, with --runs."
        raise HarnessError(message)
    for sentence in stop_runs(Path(runs)):
        typer.echo(sentence)


@app.command()
def heal(*, runs: Annotated[str, typer.Option(help="Directory that keeps the runs.")] = "runs") -> None:
    """End whatever a run has left behind on this machine. Does nothing when there is nothing."""
    from harness.stacks.heal import heal_leftovers  # noqa: PLC0415 - only this command needs it

    for sentence in heal_leftovers(Path(runs)):
        typer.echo(sentence)


for each in (kept_runs, alerts, deployments, practice, workers):
    app.add_typer(each.app)


def _demo() -> str:
    """Give the incident's scenario as it was installed."""
    import scenarios  # noqa: PLC0415 - of no use to other commands

    return str(Path(scenarios.__path__[0]) / "test_incident_2024_12_01.py")


def _options_only(words: list[str]) -> list[str]:
    """Give the words beside --demo, which is a scenario itself and takes no other."""
    files = [word for word in words if not word.startswith("-")]
    if files:
        message = f"--demo plays the night of 2024-12-01 and nothing else. Leave out {' '.join(files)}, or --demo."
        raise ScenarioError(message)
    return words


def _with_scenarios(words: list[str]) -> list[str]:
    """Give pytest's words as they were typed, `scenarios` before them when no path is among them.

    What follows an option and is no file is taken for the option's: `-k lunch`.
    """
    after_option = {place + 1 for place, word in enumerate(words) if word.startswith("-") and "=" not in word}
    paths = [
        word
        for place, word in enumerate(words)
        if not word.startswith("-") and (place not in after_option or Path(word.split("::", 1)[0]).exists())
    ]
    return [*([] if _existing(paths) else _existing(["scenarios"])), *words]


def _existing(paths: list[str]) -> list[str]:
    for path in paths:
        file = path.split("::", 1)[0]
        if not Path(file).exists():
            raise ScenarioError(_not_there(file))
        if Path(file).is_file() and Path(file).suffix != ".py":
            message = f"{file} is no scenario, which is a Python file. An alert rule file goes with --rules {file}."
            raise ScenarioError(message)
    return paths


def _not_there(file: str) -> str:
    here = sorted(str(found) for place in ("scenarios/**", ".") for found in Path().glob(f"{place}/test_*.py"))
    near = difflib.get_close_matches(file, here, n=1)
    if near:
        return f"there is no scenario at {file}. Did you mean {near[0]}?"
    more = f" and {len(here) - NAMED} more" if len(here) > NAMED else ""
    return f"there is no scenario at {file}. Here there are: {', '.join(here[:NAMED]) or 'none'}{more}."


def _refuse_if_misused(code: int, arguments: list[str], *, ours: Sequence[str]) -> None:
    """Say what was meant where pytest, as its exit code says, found nothing to run or did not know an option."""
    if code == NOTHING_COLLECTED:
        message = (
            f"there is no scenario in: {' '.join(arguments)}. It takes a function test_… in a file test_….py, "
            "one that -k and -m let through."
        )
        raise ScenarioError(message)
    if code == MISUSED and (meant := _meant(arguments, ours=ours)):
        raise ScenarioError(meant)


def _options(context: typer.Context) -> list[str]:
    return [name for parameter in context.command.params for name in parameter.opts if name.startswith("--")]


def _meant(words: Iterable[str], *, ours: Sequence[str]) -> str:
    """Name the option of ours that is nearest to one that nobody knows; "" when none is."""
    for word in words:
        name = word.split("=", 1)[0]
        is_asked = name.startswith("--") and not name.startswith("--chaos-")
        near = difflib.get_close_matches(name, ours, n=1) if is_asked else []
        if near:
            return f"neither pizza-chaos run nor pytest has an option {name}. Did you mean {near[0]}?"
    return ""


def _pytest(arguments: list[str], *, quietly: bool) -> tuple[int, list[dict[str, Any]]]:
    """Run pytest in this process; when quietly, everything it prints goes to standard error."""
    import tempfile  # noqa: PLC0415 - `pizza-chaos --help` is quick without them

    import pytest  # noqa: PLC0415

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


MISUSED, NOTHING_COLLECTED = 4, 5
"""What pytest ends with when it does not know an option, and when it found no test, or none that was wanted."""

NAMED = 8
"""How many scenarios are named to somebody who asked for one that is not there."""

_READING = ("-q", "-rN", "--tb=short", "-o", "console_output_style=classic")
"""What a plan needs: nothing of pytest's between its lines."""

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


LISTINGS = frozenset({"faults", "incident", "export", "-h", "--help"})
"""What says the same whether it was read to its end or not."""


def main() -> None:
    """Run the command; a mistake or a trouble is one clear line and exit code 2.

    Where nobody reads on, as in `pizza-chaos run | head -1`, it ends quietly: a listing with 0, and all else, whose end
    nobody heard, with 2. It is never 1, which is a finding.
    """
    stdout = sys.stdout
    try:
        app()
    except SystemExit as ended:
        # Typer ends with 1 then, and puts streams that swallow everything in the place of those that are closed.
        if ended.code == FOUND and sys.stdout is not stdout:
            sys.exit(PASSED if LISTINGS.intersection(sys.argv[1:2]) else UNKNOWN)
        raise
    except (ScenarioError, HarnessError) as error:
        typer.echo(f"pizza-chaos: {error}", err=True)
        sys.exit(UNKNOWN)
    except OSError as error:  # of a disk that is full, or a place where nobody may write
        typer.echo(f"pizza-chaos: {error.filename or 'a file'}: {error.strerror or error}.", err=True)
        sys.exit(UNKNOWN)
    except Exception:  # a mistake of ours is no finding, as the 1 would be that Python ends with
        traceback.print_exc()
        sys.exit(UNKNOWN)


if __name__ == "__main__":
    main()
