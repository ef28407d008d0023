"""Commands to practise with: a search for the outage that nobody would notice, and a game day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.settings import Settings

app = typer.Typer()


@app.command()
def explore(  # noqa: PLR0913 - one parameter an option
    *,
    rules: Annotated[Path | None, typer.Option(exists=True, help="Rules to try; the course's without.")] = None,
    faults: Annotated[list[str] | None, typer.Option("--fault", help="A fault that may be used; all without.")] = None,
    at_once: Annotated[int, typer.Option(min=1, max=5, help="How many faults a schedule may hold.")] = 2,
    examples: Annotated[int, typer.Option(min=1, help="How many schedules to draw.")] = 200,
    within: Annotated[str, typer.Option(help="When to stop drawing.")] = "2m",
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 20241201,
    save: Annotated[Path | None, typer.Option(help="Folder that gets what was found, as a scenario.")] = None,
) -> None:
    """Look for the outage that nobody would notice, in simulation: exit 1 with the smallest story when there is one."""
    from harness.durations import duration  # noqa: PLC0415 - only this command needs it
    from harness.explore.command import explore_now  # noqa: PLC0415
    from harness.explore.schedules import Radius  # noqa: PLC0415
    from harness.explore.search import Search  # noqa: PLC0415

    radius, seconds = Radius.of(faults or (), at_once=at_once), duration(within).total_seconds()
    search = Search(radius, examples=examples, seconds=seconds, seed=seed, rules=rules)
    code = explore_now(search, save=save, say=typer.echo, progress=lambda line: typer.echo(line, err=True))
    raise typer.Exit(code)


@app.command()
def gameday(  # noqa: PLR0913 - one parameter an option
    story: Annotated[str, typer.Argument(help="incident, free, solo, or a fault of the catalogue.")] = "incident",
    *,
    port: Annotated[int, typer.Option(help="Of the page; 0 for any that is free.")] = 8080,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the links.")] = False,
    speed: Annotated[float | None, typer.Option(min=1, max=20, help="Incident seconds in a wall second.")] = None,
    diners: Annotated[int, typer.Option(min=1, max=50, help="How many people want pizza.")] = 8,
    longest: Annotated[str, typer.Option(help="When it ends by itself.")] = "4h",
    seed: Annotated[str | None, typer.Option(help="Of everything that is random, what solo draws included.")] = None,
    runs: Annotated[str | None, typer.Option(help="Directory that keeps a folder for each run.")] = None,
) -> None:
    """Play an outage with people: a page for the facilitator, one for responders, and a debrief at the end."""
    from harness.gameday.command import play, session_of, settings_of  # noqa: PLC0415 - only this command needs it
    from harness.progress import Screen  # noqa: PLC0415

    given = Settings.read(Path.cwd()).overridden({"seed": seed, "runs": runs}, where="command line")
    screen = Screen(lambda _: None, is_terminal=False)
    session = session_of(story, settings_of(given, speed=speed), outset=(diners, longest), screen=screen)
    raise typer.Exit(play(session, port=port, say=typer.echo, browser=not no_browser))
