"""The `containers` stack: the system under test in containers, and its ingress and links in one of their own, the edge.

Diners reach name server and load balancers at the edge's own address; those reach tasks, and links the factory, at
ports that the engine publishes on its gateway. What faults do to processes, they do to containers.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from harness.faults.troubles import MemoryCapped, ProcessorTaken
from harness.stacks.by_hand import open_report_url
from harness.stacks.children import Children
from harness.stacks.containers.children import ContainerChildren
from harness.stacks.containers.edge_container import IMAGE, EdgeContainer
from harness.stacks.containers.edge_links import EdgeLinks
from harness.stacks.containers.edge_names import EdgeNames, EdgeZone, edge_addresses
from harness.stacks.containers.engine import engine, gateway, require_images
from harness.stacks.containers.judges import in_a_container
from harness.stacks.processes import ProcessesStack
from harness.stacks.troubles import Troubles
from harness.stacks.ways import Ways

COMES_UP_WITHIN = timedelta(seconds=30)
"""Of the wall's; some ten times what a quiet machine takes."""


class ContainersStack(ProcessesStack):
    """The system under test in containers; its arguments are those of the `processes` stack, and one more.

    Containers take seconds of the wall's to come up, which would be a minute of the scenario's. So the clock that it is
    given begins earlier, and what is left of that is crossed once all is up.

    Args:
        begins: incident time at which the scenario does.

    Raises:
        HarnessError: when no engine answers, it lacks the edge's image, or containers cannot reach this machine.
    """

    name = "containers"
    _judging = staticmethod(in_a_container)

    def __init__(self, *arguments: Any, begins: datetime, **named: Any) -> None:  # noqa: ANN401 - those of the parent
        super().__init__(*arguments, **named)
        self._begins = begins
        hands = self._hands.by_trouble()
        # Only root may reach into a container's process from outside.
        for trouble in (MemoryCapped, ProcessorTaken):
            del hands[trouble]
        self._troubles = Troubles(hands, stack=self.name)

    def start(self) -> None:
        """Start everything and come back when all of it is ready, and the scenario's time has come."""
        super().start()
        if self.clock.now() < self._begins:
            self.cross(self._begins)

    def stop(self) -> None:
        """End everything that was started."""
        self._edge.let_go()
        super().stop()

    def follow(self, url: str) -> str:
        """Open a reportUrl, which leads to the factory as tasks reach it, and give what it answered."""
        return open_report_url(url, allowed=[self._edge.names.host])

    def _start(self, children: Children) -> None:
        self._edge.start(children, host=self._gateway, seed=self._settings.seed, directory=self._directory)
        super()._start(children)

    def _new_ways(self) -> Ways:
        with engine() as client:
            require_images(client, IMAGE)
            self._gateway = gateway(client)
        record = self._recorder.record
        self._edge = EdgeContainer(loop=self._loop, record=self._unreached.record, trouble=self._fail)
        return Ways(
            EdgeZone(self._edge),
            names=EdgeNames(self._edge),
            links=EdgeLinks(self._edge, gateway=self._gateway, directory=self._directory, record=record),
            next_address=edge_addresses(self._edge, port=self._settings.site_port),
            balancer=self._edge.beside,
        )

    def _new_children(self) -> Children:
        return ContainerChildren(
            self._directory,
            logs=self._directory / "logs",
            environment=self.clock.environment(),
            record=self._recorder.record,
        )
