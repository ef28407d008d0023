"""Who deals with which trouble on the `processes` stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from harness.faults import troubles
from harness.stacks.certificate_troubles import CertificateTroubles
from harness.stacks.cloud import Cloud
from harness.stacks.database_troubles import DatabaseTrouble, DatabaseTroubles
from harness.stacks.factory_process import FactoryProcess
from harness.stacks.memory_troubles import MemoryTroubles
from harness.stacks.name_troubles import NameTroubles
from harness.stacks.target_troubles import TargetTroubles
from harness.stacks.task_troubles import TaskTroubles
from harness.stacks.telemetry_troubles import PushTrouble, TelemetryTroubles
from harness.stacks.troubles import Hand
from harness.stacks.ways import LinksOfRun


@dataclass(frozen=True, slots=True)
class Hands:
    """Every part of the stack that can let something be wrong."""

    links: LinksOfRun
    """The arrows from the service."""
    factory: FactoryProcess
    """The box at the end of one of them."""
    tasks: TaskTroubles
    """The service's own processes."""
    targets: TargetTroubles
    """What the load balancer knows of them."""
    names: NameTroubles
    """How the load balancer is found."""
    certificates: CertificateTroubles
    """What the load balancer shows to whoever finds it."""
    memory: MemoryTroubles
    """What the service's processes get of it."""
    pushes: TelemetryTroubles
    """What the service says of itself."""
    database: DatabaseTroubles
    """Where the service keeps its data."""

    def take(self, cloud: Cloud) -> None:
        """Get hold of the cloud, which comes up only with the run."""
        self.tasks.cloud = self.targets.cloud = self.certificates.cloud = cloud
        self.memory.cloud = self.database.cloud = cloud

    def by_trouble(self) -> dict[type, Hand]:
        """Say whose each kind of trouble is."""
        return {
            troubles.ToxicOn: self.links,
            troubles.LinkCut: self.links,
            troubles.FactoryDown: self.factory,
            troubles.TaskPaused: self.tasks,
            troubles.TasksCrashOnStart: self.tasks,
            troubles.ClockSkewed: self.tasks,
            troubles.FactoryNameUnknown: self.tasks,
            troubles.ProcessorTaken: self.tasks,
            troubles.MemoryCapped: self.memory,
            **dict.fromkeys(get_args(PushTrouble), self.pushes),
            **dict.fromkeys(get_args(DatabaseTrouble), self.database),
            troubles.TargetsWithheld: self.targets,
            troubles.TargetsHalfDead: self.targets,
            troubles.CertificateBad: self.certificates,
            troubles.RecordGone: self.names,
            troubles.RecordAstray: self.names,
            troubles.NameServerFailing: self.names,
            troubles.NameServerSlow: self.names,
        }
