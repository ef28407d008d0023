"""Commands over runs that are over: compare, sum up, export, clear away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.shapes import FOUND, PASSED, UNKNOWN, chosen
from harness.errors import HarnessError

app = typer.Typer()


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="A run's directory.")],
    after: Annotated[Path, typer.Argument(help="Another run's directory.")],
) -> None:
    """Say what differs between two runs. Verdicts, times, counts and checks; exit 2 when their scenarios differ."""
    from harness.report.comparison import comparison, of_one_scenario  # noqa: PLC0415 - only this command needs it

    for line in comparison(before, after):
        typer.echo(line)
    raise typer.Exit(PASSED if of_one_scenario(before, after) else UNKNOWN)


@app.command()
def trend(*, runs: Annotated[Path, typer.Option(help="Directory that keeps the runs.")] = Path("runs")) -> None:
    """Write trend.html of all kept runs. Exit 1 when a newest run is worse than the median of those before it."""
    from harness.report.shelf import indexed, no_verdict  # noqa: PLC0415 - only this command needs it
    from harness.report.trend import latest_regressions, write_trend  # noqa: PLC0415

    kept = indexed(runs)
    if not kept:
        raise HarnessError(no_verdict(runs))
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
    """Sum up a run, or the newest run of each scenario. As text, or as Markdown for a CI job or an issue."""
    from harness.report.night import as_text, night_summary  # noqa: PLC0415 - only this command needs it

    typer.echo(chosen(form, {"text": as_text, "markdown": night_summary})(path), nl=False)


@app.command()
def announce(
    webhook: Annotated[str, typer.Argument(help="URL that takes a POST with JSON.")],
    *,
    runs: Annotated[Path, typer.Option(help="Directory that keeps the runs.")] = Path("runs"),
    allow_host: Annotated[list[str] | None, typer.Option(help="A host besides this machine that may be told.")] = None,
) -> None:
    """Tell a webhook which verdicts have changed. Silent when none has."""
    from harness.report.announcement import announce as told  # noqa: PLC0415 - only this command needs it

    for sentence in told(runs, webhook, allowed=allow_host or ()):
        typer.echo(f"told: {sentence}")


@app.command()
def incident(
    run: Annotated[Path, typer.Argument(help="The run's directory.")] = Path("runs/latest"),
    *,
    form: Annotated[str, typer.Option("--format", help="own or course: the course's template.")] = "own",
) -> None:
    """Print the incident report of a kept run. It is made from its history, ready to edit and commit."""
    from harness.kept import incident_again  # noqa: PLC0415
    from harness.report.incident import for_the_course  # noqa: PLC0415 - only this command needs it

    typer.echo(chosen(form, {"own": str, "course": for_the_course})(incident_again(run.resolve())), nl=False)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="The run's directory.")] = Path("runs/latest"),
    *,
    form: Annotated[str, typer.Option("--format", help="otlp, grafana or chaostoolkit.")],
) -> None:
    """Print a kept run as JSON for other tools. A trace, annotations, or a journal for `chaos report`."""
    from harness.exports import FORMATS  # noqa: PLC0415 - only this command needs it
    from harness.kept import kept_run  # noqa: PLC0415

    make = chosen(form, FORMATS)
    typer.echo(json.dumps(make(*kept_run(run.resolve())), ensure_ascii=False))


@app.command("import")
def import_experiment(
    experiment: Annotated[Path, typer.Argument(help="A Chaos Toolkit experiment, in JSON.")],
    *,
    into: Annotated[Path | None, typer.Option(help="File to write. [default: standard output]")] = None,
) -> None:
    """Turn a Chaos Toolkit experiment into a scenario. What no fault of ours is like is refused by name."""
    from harness.exports.experiment import scenario_of  # noqa: PLC0415 - only this command needs it

    text = scenario_of(experiment)
    if into is None:
        typer.echo(text, nl=False)
    else:
        into.write_text(text, encoding="utf-8")
