"""Commands that look at what stands: a deployment, a factory, a checkout, this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer()
service_app = typer.Typer(help="A service of your own: look at a checkout.", no_args_is_help=True)
app.add_typer(service_app, name="service")


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
    aws: Annotated[str, typer.Option(help="The endpoint of its AWS, to read the console from.")] = "",
    expect_version: Annotated[str, typer.Option(help="The version that should serve.")] = "",
    login: Annotated[str, typer.Option(envvar="PIZZA_CHAOS_LOGIN", help="A diner.")] = "d@jwt.com:diner",
    with_order: Annotated[bool, typer.Option("--with-order", help="Order a pizza too, and verify it.")] = False,
    factory: Annotated[str, typer.Option(help="Where pizzas are verified. [default: what the service says]")] = "",
    metrics_sink: Annotated[str, typer.Option(help="A Prometheus URL, or a run's history.jsonl.")] = "",
    metrics_of: Annotated[str, typer.Option(help="Which series are this deployment's, in PromQL.")] = "",
    fresh: Annotated[str, typer.Option(help="How old the newest telemetry may be.")] = "2m",
    rules: Annotated[Path | None, typer.Option(help="Its alert rules: does what they read arrive?")] = None,
    notifications: Annotated[Path | None, typer.Option(help="An Alertmanager configuration: who is told?")] = None,
    with_page: Annotated[bool, typer.Option("--with-page", help="Page that receiver's webhook too.")] = False,
    ca: Annotated[Path | None, typer.Option(help="A certificate authority to trust, in PEM.")] = None,
    allow_target: Annotated[list[str] | None, typer.Option(help="A host that is not this machine.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
) -> None:
    """Walk a deployment from the outside in. Exit 0 when it stands, 1 naming what is broken or latent, 2 unknown."""
    from harness.verify.command import read_console, say, verify_now  # noqa: PLC0415 - only this command needs it

    allowed = tuple(allow_target or ())
    console = read_console(url, describe=describe, aws=aws, allowed=allowed)
    given: dict[str, Any] = {"url": url, "dns": dns, "console": console, "version": expect_version, "login": login}
    given |= {"with_order": with_order, "factory": factory, "sink": metrics_sink, "series": metrics_of}
    given |= {"rules": rules, "notifications": notifications, "with_page": with_page}
    report = verify_now(given | {"fresh": fresh, "authority": ca, "allowed": allowed})
    raise typer.Exit(say(report, typer.echo, as_json=as_json, junit=junit, suite="verify"))


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
    """Hold a pizza factory to its contract. Exit 0 when it keeps it, 1 naming the cases that it does not, 2 unknown."""
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
    """Say what this machine can run. What is missing comes with the command that gets it."""
    from harness.verify.command import say  # noqa: PLC0415 - only this command needs it
    from harness.verify.machine import doctor as examined  # noqa: PLC0415

    raise typer.Exit(say(examined(), typer.echo, as_json=as_json, junit=None, suite="doctor"))
