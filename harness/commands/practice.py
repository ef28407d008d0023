"""Commands to practise with: a search for the outage that nobody would notice, and a game day."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def explore(  # noqa: PLR0913 - one parameter an option
    *,
    rules: Annotated[Path | None, typer.Option(help="Rules to try; the course's without.")] = None,
    faults: Annotated[list[str] | None, typer.Option("--fault", help="A fault that may be used; all without.")] = None,
    at_once: Annotated[int, typer.Option(min=1, max=5, help="How many faults a schedule may hold.")] = 2,
    examples: Annotated[int, typer.Option(min=1, help="How many schedules to draw.")] = 200,
    within: Annotated[str, typer.Option(help="When to stop drawing.")] = "2m",
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 20241201,
    cores: Annotated[int, typer.Option("--processors", min=0, help="How many search at once; 0 for all.")] = 0,
    fix: Annotated[str, typer.Option(help="Flaws of the service to turn off, by commas; `all` for each.")] = "",
    save: Annotated[Path | None, typer.Option(help="Folder that gets what was found, as a scenario.")] = None,
) -> None:
    """Look for the outage that nobody would notice. In simulation; exit 1 with the smallest story when there is one."""
    from harness.explore.command import explore_now, time_of  # noqa: PLC0415 - only this command needs it
    from harness.explore.schedules import Radius  # noqa: PLC0415
    from harness.explore.search import Search  # noqa: PLC0415
    from harness.explore.workers import processors  # noqa: PLC0415

    radius, seconds = Radius.of(faults or (), at_once=at_once), time_of(within)
    mended = tuple(each.strip() for each in fix.split(",") if each.strip())
    search = Search(radius, examples=examples, seconds=seconds, seed=seed, rules=rules, mended=mended)
    progress = partial(typer.echo, err=True)
    code = explore_now(search, save=save, say=typer.echo, progress=progress, processors=cores or processors())
    raise typer.Exit(code)


@app.command()
def gameday(  # noqa: PLR0913 - one parameter an option
    story: Annotated[str, typer.Argument(help="incident, free, solo, a fault, or replay.")] = "incident",
    recorded: Annotated[Path | None, typer.Argument(metavar="[RUN]", help="To replay: a run's directory.")] = None,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0 for any that is free.")] = 8080,
    terminal: Annotated[bool, typer.Option("--terminal", help="Make this terminal a responder's desk.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the links.")] = False,
    aws: Annotated[bool, typer.Option("--aws", help="Serve the shop to the AWS CLI and boto3 too.")] = False,
    speed: Annotated[float | None, typer.Option(min=1, max=20, help="Incident seconds in a wall second.")] = None,
    diners: Annotated[int, typer.Option(min=1, max=50, help="How many people want pizza.")] = 8,
    longest: Annotated[str, typer.Option(help="When it ends by itself.")] = "4h",
    seed: Annotated[str | None, typer.Option(help="Of everything that is random, what solo draws included.")] = None,
    runs: Annotated[str | None, typer.Option(help="Directory that keeps a folder for each run.")] = None,
) -> None:
    """Play an outage with people. A page for the facilitator, one for responders, and a debrief at the end."""
    from harness.errors import ScenarioError  # noqa: PLC0415 - only this command needs it
    from harness.gameday.aws import require_aws  # noqa: PLC0415
    from harness.gameday.command import (  # noqa: PLC0415
        Venue,
        play,
        play_back,
        require_port,
        session_of,
        settings_of,
    )
    from harness.gameday.terminal import require_terminal  # noqa: PLC0415
    from harness.progress import Screen  # noqa: PLC0415
    from harness.settings import Settings  # noqa: PLC0415

    if terminal:
        require_terminal()
    venue = Venue(port, typer.echo, browser=not (no_browser or terminal), terminal=terminal, aws=aws)
    if (story == "replay") != (recorded is not None):
        message = "a recorded game day is played back with `pizza-chaos gameday replay RUN`, such as runs/latest."
        raise ScenarioError(message)
    require_port(port)
    if recorded is not None:
        play_back(recorded, venue)
        return
    given = Settings.read(Path.cwd()).overridden({"seed": seed, "runs": runs}, where="command line")
    if aws:
        require_aws(given.stack)
    screen = Screen(lambda _: None, is_terminal=False)
    session = session_of(story, settings_of(given, speed=speed), outset=(diners, longest), screen=screen)
    raise typer.Exit(play(session, venue))
