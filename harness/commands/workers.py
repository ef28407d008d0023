"""The command that lends this machine to runs on others: a load worker."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer()


@app.command("load-worker")
def load_worker(
    *,
    master: Annotated[str, typer.Option(help="Where the run waits for workers, HOST or HOST:PORT.")],
    allow_target: Annotated[list[str] | None, typer.Option(help="A host that diners may go to.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End after one run.")] = False,
) -> None:
    """Carry a share of the diners of runs on another machine, one after the other, until Ctrl-C.

    The run is one with `--load-master`. PIZZA_LOAD_SECRET is the same on both machines.
    """
    from harness.load.lending import lend  # noqa: PLC0415 - only this command needs it

    raise typer.Exit(lend(master, tuple(allow_target or ()), once=once))
