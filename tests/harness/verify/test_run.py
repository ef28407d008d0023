"""The walk against a site that lives: every ingress and service fault of the catalogue, and the layer that is named.

All rows share one run whose load never stops; the certificate's rows have a run of their own, over HTTPS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.faults import (
    CATALOGUE,
    BalancerMissing,
    BalancerWithoutTargets,
    ClockSkew,
    CpuBurn,
    DatabaseLocked,
    FactoryChaos,
    FactoryKilled,
    Fault,
    HalfOfTasksUnhealthy,
    LinkDown,
    MemoryPressure,
    NameNotFound,
    ServerFailure,
    SlowDns,
    StaleDns,
    TaskCrashLoop,
    TaskKilled,
    TaskPaused,
    TlsCertificate,
    WrongAddress,
)
from harness.ingress.records import Address
from harness.progress import Screen
from harness.run import Plan, Run
from harness.settings import Settings
from harness.verify.command import read_description
from harness.verify.findings import Report
from harness.verify.walk import PATIENCE_SECONDS, verify
from harness.verify.wanted import Wanted

pytestmark = pytest.mark.slow

MOMENT = timedelta(seconds=5)
SHOWS_WITHIN = 30
"""Moments after which a fault must have been named, or a site that healed must be well again."""

TASKS: set[str | None] = {"target group", "service tasks"}
"""Where a task that is gone is looked for: whether its target is sick or gone is a question of the moment."""

LAYERS: list[tuple[Fault, set[str | None]]] = [
    (BalancerMissing(), {"DNS"}),
    (BalancerWithoutTargets(), {"target group"}),
    (HalfOfTasksUnhealthy(), {"target group"}),
    (NameNotFound(), {"DNS"}),
    (ServerFailure(), {"DNS"}),
    (SlowDns(), {"DNS"}),
    (WrongAddress(), {"DNS"}),
    (StaleDns(), {"DNS"}),
    (TaskKilled(), TASKS),
    (TaskPaused(), TASKS),
    (TaskCrashLoop(), TASKS),
    (ClockSkew(), {"telemetry"}),
    (FactoryChaos("fail"), {"order"}),
    (FactoryChaos("badjwt"), {"pizza"}),
    (FactoryKilled(), {"order"}),
    (LinkDown("factory"), {"order"}),
    (DatabaseLocked(), {"login"}),
]
"""The table: each fault, and the layers that may be named for it."""

UNSEEN: list[tuple[Fault, set[str | None]]] = [
    (CpuBurn(), {None}),
    (MemoryPressure(), {None, "service", "database", "login", "order", *TASKS}),
]
"""What nobody can see from outside as long as every request is answered in time; the walk may be well then."""


class Stage:
    """One run with its diners, and somebody who verifies its site from outside."""

    def __init__(self, directory: Path, *, https: bool) -> None:
        plan = Plan(
            name="verified",
            source=Path(__file__),
            hypothesis="The layer that is broken is named.",
            begins="2024-12-01 05:00 MST",
            expects_no_fault=False,
            settings=Settings(runs=str(directory), https=https),
        )
        self.run = Run(plan, screen=Screen(lambda _: None, is_terminal=False))
        self.scenario = self.run.start()
        self.https = https
        self.scenario.stack.diners(4)

    def verify(self) -> Report:
        """Walk from DNS to the pizza, beside the console and what telemetry has come in."""
        console = read_description(str(self.run.directory))
        port = f":{console.records[0].address.rpartition(':')[2]}" if self.https else ""
        wanted = Wanted(
            url=f"{'https' if self.https else 'http'}://{console.site}{port}",
            dns=Address.parse(console.dns),
            console=console,
            with_order=True,
            sink=str(self.run.directory / "history.jsonl"),
            authority=self.run.directory / "tls" / "authority.pem" if self.https else None,
        )
        return verify(wanted, now=datetime.now(UTC))  # noqa: TID251 - a certificate's dates are the wall's

    def until(self, layers: set[str | None]) -> Report:
        """Let time pass until one of these layers is named; None is a site that is well."""
        for _ in range(SHOWS_WITHIN):
            report = self.verify()
            if (report.named.layer if report.named else None) in layers:
                break
            self.scenario.stack.live(MOMENT)
        return report


@contextmanager
def staged(directory: Path, *, https: bool) -> Iterator[Stage]:
    stage = Stage(directory, https=https)
    try:
        assert stage.until({None}).exit_code == 0
        yield stage
    finally:
        stage.run.finish(None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("runs"), https=False) as stage:
        yield stage


def _title(fault: Fault) -> str:
    return "-".join([fault.name, *map(str, fault.parameters.values())])


def hurt_and_verify(stage: Stage, fault: Fault, layers: set[str | None]) -> None:
    """Hurt the site and look for the fault from outside, and again when it has healed."""
    with stage.scenario.fault(fault):
        report = stage.until(layers)
    assert report.named is not None, "\n".join(report.lines())
    assert report.named.layer in layers, "\n".join(report.lines())
    assert report.exit_code == 1
    assert report.took_seconds < PATIENCE_SECONDS + 0.2
    healed = stage.until({None})
    assert healed.exit_code == 0, "\n".join(healed.lines())


@pytest.mark.parametrize(("fault", "layers"), LAYERS, ids=[_title(fault) for fault, _ in LAYERS])
def test_walk_of_a_site_that_lives_names_the_layer_of_each_fault_and_nothing_once_it_healed(
    site: Stage, fault: Fault, layers: set[str | None]
) -> None:
    hurt_and_verify(site, fault, layers)


@pytest.mark.parametrize(("fault", "layers"), UNSEEN, ids=[_title(fault) for fault, _ in UNSEEN])
def test_walk_of_a_service_that_is_short_of_something_and_answers_accuses_nobody_else(
    site: Stage, fault: Fault, layers: set[str | None]
) -> None:
    with site.scenario.fault(fault):
        site.scenario.stack.live(4 * MOMENT)
        report = site.verify()
    assert (report.named.layer if report.named else None) in layers, "\n".join(report.lines())
    assert site.until({None}).exit_code == 0


def test_walk_of_a_site_over_https_names_tls_for_each_bad_certificate(tmp_path: Path) -> None:
    with staged(tmp_path, https=True) as stage:
        for kind in ("expired", "wrong_name", "not_yet_valid"):
            hurt_and_verify(stage, TlsCertificate(kind), {"TLS"})


def test_table_has_every_fault_of_the_ingress_and_of_the_service() -> None:
    wanted = {kind for kind in CATALOGUE if kind().target in {"ingress", "service"}}
    assert wanted - {type(fault) for fault, _ in (*LAYERS, *UNSEEN)} == {TlsCertificate}
