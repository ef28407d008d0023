"""The fault catalogue: one small file a fault, listed here and nowhere else."""

from __future__ import annotations

from harness.faults.balancer_missing import BalancerMissing
from harness.faults.balancer_without_targets import BalancerWithoutTargets
from harness.faults.clock_skew import ClockSkew
from harness.faults.cpu_burn import CpuBurn
from harness.faults.database_denied import DatabaseDenied
from harness.faults.database_full import DatabaseFull
from harness.faults.database_locked import DatabaseLocked
from harness.faults.database_paused import DatabasePaused
from harness.faults.database_read_only import DatabaseReadOnly
from harness.faults.database_schema_missing import DatabaseSchemaMissing
from harness.faults.database_sessions_killed import DatabaseSessionsKilled
from harness.faults.database_storm import DatabaseStorm
from harness.faults.factory_chaos import FactoryChaos
from harness.faults.factory_killed import FactoryKilled
from harness.faults.factory_misbehaves import FactoryMisbehaves
from harness.faults.factory_name_not_found import FactoryNameNotFound
from harness.faults.fault import Fault
from harness.faults.half_of_tasks_unhealthy import HalfOfTasksUnhealthy
from harness.faults.link_down import LinkDown
from harness.faults.memory_pressure import MemoryPressure
from harness.faults.name_not_found import NameNotFound
from harness.faults.noop import Noop
from harness.faults.on_link import OnLink
from harness.faults.server_failure import ServerFailure
from harness.faults.slow_dns import SlowDns
from harness.faults.stale_dns import StaleDns
from harness.faults.task_crash_loop import TaskCrashLoop
from harness.faults.task_killed import TaskKilled
from harness.faults.task_paused import TaskPaused
from harness.faults.telemetry_misdated import TelemetryMisdated
from harness.faults.telemetry_refused import TelemetryRefused
from harness.faults.telemetry_silent import TelemetrySilent
from harness.faults.telemetry_slow import TelemetrySlow
from harness.faults.telemetry_spoiled import TelemetrySpoiled
from harness.faults.tls_certificate import TlsCertificate
from harness.faults.wrong_address import WrongAddress

CATALOGUE: tuple[type[Fault], ...] = (
    BalancerMissing,
    BalancerWithoutTargets,
    HalfOfTasksUnhealthy,
    NameNotFound,
    ServerFailure,
    SlowDns,
    WrongAddress,
    StaleDns,
    TlsCertificate,
    TaskKilled,
    TaskPaused,
    TaskCrashLoop,
    CpuBurn,
    MemoryPressure,
    ClockSkew,
    FactoryChaos,
    FactoryMisbehaves,
    FactoryKilled,
    FactoryNameNotFound,
    DatabaseLocked,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseStorm,
    DatabaseSessionsKilled,
    DatabasePaused,
    DatabaseDenied,
    DatabaseSchemaMissing,
    TelemetryRefused,
    TelemetrySlow,
    TelemetrySilent,
    TelemetrySpoiled,
    TelemetryMisdated,
    OnLink,
    LinkDown,
    Noop,
)
"""Every fault there is, in the order of the reference page: along the way of a request."""

__all__ = [
    "CATALOGUE",
    "BalancerMissing",
    "BalancerWithoutTargets",
    "ClockSkew",
    "CpuBurn",
    "DatabaseDenied",
    "DatabaseFull",
    "DatabaseLocked",
    "DatabasePaused",
    "DatabaseReadOnly",
    "DatabaseSchemaMissing",
    "DatabaseSessionsKilled",
    "DatabaseStorm",
    "FactoryChaos",
    "FactoryKilled",
    "FactoryMisbehaves",
    "FactoryNameNotFound",
    "Fault",
    "HalfOfTasksUnhealthy",
    "LinkDown",
    "MemoryPressure",
    "NameNotFound",
    "Noop",
    "OnLink",
    "ServerFailure",
    "SlowDns",
    "StaleDns",
    "TaskCrashLoop",
    "TaskKilled",
    "TaskPaused",
    "TelemetryMisdated",
    "TelemetryRefused",
    "TelemetrySilent",
    "TelemetrySlow",
    "TelemetrySpoiled",
    "TlsCertificate",
    "WrongAddress",
]
