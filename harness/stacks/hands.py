"""Who deals with which trouble on the `processes` stack."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults import troubles
from harness.stacks.cloud import Cloud
from harness.stacks.factory_process import FactoryProcess
from harness.stacks.name_troubles import NameTroubles
from harness.stacks.run_links import RunLinks
from harness.stacks.target_troubles import TargetTroubles
from harness.stacks.task_troubles import TaskTroubles
from harness.stacks.troubles import Hand


@dataclass(frozen=True, slots=True)
class Hands:
    """Every part of the stack that can let something be wrong."""

    links: RunLinks
    """The arrows from the service."""
    factory: FactoryProcess
    """The box at the end of one of them."""
    tasks: TaskTroubles
    """The service's own processes."""
    targets: TargetTroubles
    """What the load balancer knows of them."""
    names: NameTroubles
    """How the load balancer is found."""

    def take(self, cloud: Cloud) -> None:
        """Get hold of the cloud, which comes up only with the run."""
        self.tasks.cloud = self.targets.cloud = cloud

    def by_trouble(self) -> dict[type, Hand]:
        """Say whose each kind of trouble is."""
        return {
            troubles.ToxicOn: self.links,
            troubles.LinkCut: self.links,
            troubles.FactoryDown: self.factory,
            troubles.TaskPaused: self.tasks,
            troubles.TasksCrashOnStart: self.tasks,
            troubles.ClockSkewed: self.tasks,
            troubles.ProcessorTaken: self.tasks,
            troubles.TargetsWithheld: self.targets,
            troubles.TargetsHalfDead: self.targets,
            troubles.RecordGone: self.names,
            troubles.RecordAstray: self.names,
            troubles.NameServerFailing: self.names,
            troubles.NameServerSlow: self.names,
        }
