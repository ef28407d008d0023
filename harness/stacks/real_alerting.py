"""The machine's Prometheus and Alertmanager take over from the embedded engine: `--alerting prometheus`."""

from __future__ import annotations

import time
from pathlib import Path

from harness.alerting.real.judges import Judges, RealEngine
from harness.alerting.real.translated import refuse_foreign
from harness.settings import REAL_ALERTING, Settings
from harness.stacks.children import Children, Ears, Launch
from harness.stacks.databases.reservation import free_port
from harness.stacks.monitoring import Monitoring

HOST = "127.0.0.1"


def take_over(monitoring: Monitoring, settings: Settings, *, rules: Path, directory: Path, children: Children) -> None:
    """Start the two programs and let monitoring ask them, if the settings say so.

    Args:
        monitoring: what goes on judging by itself otherwise.
        settings: `alerting` says who judges, `rules` what.
        rules: the rule file where the settings name none.
        directory: the run's own.
        children: keep what is started under the lease.

    Cleanup: the programs end with the other children, and write only below the run's directory.

    Raises:
        ScenarioError: when they are not installed, or cannot judge these rules.
        HarnessError: when one of them does not come up.
    """
    if settings.alerting != REAL_ALERTING:
        return
    embedded = monitoring.engine
    refuse_foreign(embedded.groups)
    judges = Judges(
        directory / "alerting",
        rules=Path(settings.rules) if settings.rules else rules,
        prometheus=f"{HOST}:{free_port(HOST)}",
        alertmanager=f"{HOST}:{free_port(HOST)}",
    )
    started = [
        children.start(Launch(each.component, each.argv, answers=each.answers), ears=ears)
        for each, ears in zip(judges.programs(), (Ears(), Ears(exited=lambda _code: judges.close())), strict=True)
    ]
    for child in started:
        child.wait_until_ready()
    wall = time.time  # noqa: TID251 - Prometheus knows no other clock
    monitoring.engine = RealEngine(embedded.groups, monitoring.store, judges=judges, wall=wall)
