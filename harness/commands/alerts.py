"""Commands about alert rules: read, test, drill, score and break them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.shapes import PASSED, UNKNOWN, words

app = typer.Typer()
rules_app = typer.Typer(help="Alert rules: check them, test them, write some.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")

_Grafana = Annotated[int, typer.Option(min=12, max=13, help="Whose no-data manners Grafana's rules have: 12 or 13.")]
_Semantics = Annotated[
    str | None, typer.Option("--semantics", help="The Prometheus they were written for: 2, 2.5 or 3.")
]
_Faults = Annotated[str, typer.Option("--faults", help="Faults to judge by, separated by commas. [default: all]")]
_Plays = Annotated[Path | None, typer.Option("--plays", help="Plays that a scorecard kept, instead of playing anew.")]


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


@rules_app.command("slo")
def rules_slo(
    *,
    objective: Annotated[str, typer.Option(help="What is promised, such as 99.9%.")],
    good: Annotated[str, typer.Option(help="Counts what went well. [default: pizzas that were sold]")] = "",
    total: Annotated[str, typer.Option(help="Counts all there was. [default: those, and orders not made]")] = "",
    window: Annotated[str, typer.Option(help="Over how long it is promised, 7d to 90d.")] = "30d",
) -> None:
    """Write burn-rate rules for a service level objective: a Prometheus rule file on standard output."""
    from harness.alerting.slo import GOOD, TOTAL, Objective, slo_rules  # noqa: PLC0415 - only this command needs it

    promised = Objective.read(objective, good=good or GOOD, total=total or TOTAL, window=window)
    typer.echo(slo_rules(promised), nl=False)


@rules_app.command("mutate")
def rules_mutate(
    file: Annotated[Path, typer.Argument(help="A Prometheus rule file, or what Grafana exports.")],
    *,
    faults: _Faults = "",
    plays: _Plays = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Break rules on purpose, one thing at a time: exit 1 naming what no fault of the catalogue would notice."""
    from harness.scorecard.command import Wanted, show_mutants  # noqa: PLC0415 - only this command needs it

    wanted = Wanted(words(faults), plays=plays)
    raise typer.Exit(show_mutants(file, wanted=wanted, as_json=as_json))


@app.command()
def firedrill(
    rule: Annotated[str, typer.Argument(help="The alert rule's name.")],
    *,
    rules: Annotated[Path | None, typer.Option(help="The file it stands in. [default: the course's rules]")] = None,
    receiver: Annotated[str, typer.Option(help="URL of a webhook on this machine. [default: one of our own]")] = "",
    notifications: Annotated[Path | None, typer.Option(help="An Alertmanager configuration.")] = None,
    silence: Annotated[bool, typer.Option("--silence", help="Let all series end, instead of a breach.")] = False,
    grafana: _Grafana = 12,
) -> None:
    """Make an alert rule go off, and deliver it. Exit 0 when it reached its webhook, 1 saying why not, 2 unknown."""
    from harness.alerting.drilling import DrillPlan, run_drill  # noqa: PLC0415 - only this command needs it
    from harness.stacks.services.twin import COURSE_RULES  # noqa: PLC0415

    plan = DrillPlan(
        rule=rule,
        rules=rules or COURSE_RULES,
        receiver=receiver,
        notifications=notifications,
        by_silence=silence,
        grafana=13 if grafana == 13 else 12,
    )
    raise typer.Exit(run_drill(plan, typer.echo))


@app.command()
def scorecard(  # noqa: PLR0913 - one parameter an option
    *,
    rules: Annotated[Path | None, typer.Option(help="Rules to score. [default: the course's]")] = None,
    against: Annotated[Path | None, typer.Option(help="Other rules: would they have caught it sooner?")] = None,
    faults: _Faults = "",
    pairs: Annotated[bool, typer.Option("--pairs", help="Play every two faults too, one on top of the other.")] = False,
    plays: _Plays = None,
    seed: Annotated[int | None, typer.Option(help="Of everything that is random. [default: 20241201]")] = None,
    keep: Annotated[Path, typer.Option(help="Where the heat map and the plays go.")] = Path("runs/scorecard"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Play every fault in simulation, score every rule. Exit 1 when something goes unnoticed, or rings in vain."""
    from harness.scorecard.command import Wanted, show_scorecard  # noqa: PLC0415 - only this command needs it

    wanted = Wanted(words(faults), pairs=pairs, plays=plays, directory=keep, seed=seed)
    raise typer.Exit(show_scorecard(rules, against=against, wanted=wanted, as_json=as_json))
