"""A real Prometheus and Alertmanager take over from the embedded engine: `--alerting prometheus`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from harness.alerting.real.judges import Judges, Program, RealEngine, installed
from harness.alerting.real.translated import refuse_foreign
from harness.settings import REAL_ALERTING, Settings
from harness.stacks.children import Children, Ears, Launch
from harness.stacks.databases.reservation import free_port
from harness.stacks.monitoring import Monitoring

HOST = "127.0.0.1"

Judging = Callable[[Program, Path], Launch]
"""Says how a program is started whose files are all in this folder; raises where it is missing."""


def on_this_machine(program: Program, folder: Path) -> Launch:  # noqa: ARG001 - a process sees all folders
    """Start a program that is installed here."""
    return Launch(program.component, (installed(program.component), *program.options), answers=program.answers)


def take_over(
    monitoring: Monitoring,
    settings: Settings,
    *,
    rules: Path,
    directory: Path,
    children: Children,
    judging: Judging = on_this_machine,
) -> None:
    """Start the two programs and let monitoring ask them, if the settings say so.

    Args:
        monitoring: what goes on judging by itself otherwise.
        settings: `alerting` says who judges, `rules` what.
        rules: the rule file where the settings name none.
        directory: the run's own.
        children: keep what is started under the lease.
        judging: how each program is started.

    Cleanup: the programs end with the other children, and write only below the run's directory.

    Raises:
        ScenarioError: when they are not installed, or cannot judge these rules.
        HarnessError: when one of them cannot be had, or does not come up.
    """
    if settings.alerting != REAL_ALERTING:
        return
    embedded = monitoring.engine
    refuse_foreign(embedded.groups)
    folder = directory.resolve() / "alerting"
    judges = Judges(
        folder,
        rules=Path(settings.rules) if settings.rules else rules,
        prometheus=f"{HOST}:{free_port(HOST)}",
        alertmanager=f"{HOST}:{free_port(HOST)}",
    )
    launches = [judging(program, folder) for program in judges.programs()]
    started = [
        children.start(launch, ears=ears)
        for launch, ears in zip(launches, (Ears(), Ears(exited=lambda _code: judges.close())), strict=True)
    ]
    for child in started:
        child.wait_until_ready()
    wall = time.time  # noqa: TID251 - Prometheus knows no other clock
    monitoring.engine = RealEngine(embedded.groups, monitoring.store, judges=judges, wall=wall)
