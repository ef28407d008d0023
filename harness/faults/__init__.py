"""The fault catalogue: one small file a fault, listed here and nowhere else."""

from __future__ import annotations

from harness.faults.balancer_missing import BalancerMissing
from harness.faults.balancer_without_targets import BalancerWithoutTargets
from harness.faults.clock_skew import ClockSkew
from harness.faults.cpu_burn import CpuBurn
from harness.faults.factory_chaos import FactoryChaos
from harness.faults.factory_killed import FactoryKilled
from harness.faults.fault import Fault
from harness.faults.half_of_tasks_unhealthy import HalfOfTasksUnhealthy
from harness.faults.link_down import LinkDown
from harness.faults.name_not_found import NameNotFound
from harness.faults.noop import Noop
from harness.faults.on_link import OnLink
from harness.faults.server_failure import ServerFailure
from harness.faults.slow_dns import SlowDns
from harness.faults.stale_dns import StaleDns
from harness.faults.task_crash_loop import TaskCrashLoop
from harness.faults.task_killed import TaskKilled
from harness.faults.task_paused import TaskPaused
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
    TaskKilled,
    TaskPaused,
    TaskCrashLoop,
    CpuBurn,
    ClockSkew,
    FactoryChaos,
    FactoryKilled,
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
    "FactoryChaos",
    "FactoryKilled",
    "Fault",
    "HalfOfTasksUnhealthy",
    "LinkDown",
    "NameNotFound",
    "Noop",
    "OnLink",
    "ServerFailure",
    "SlowDns",
    "StaleDns",
    "TaskCrashLoop",
    "TaskKilled",
    "TaskPaused",
    "WrongAddress",
]
