"""The `containers` stack: the service's tasks and its factory in containers, everything of the harness on this machine.

Tasks reach the factory and the telemetry through links that listen on the engine's gateway; the load balancer reaches
tasks at ports that the engine publishes on loopback. What faults do to processes, they do to containers.
"""

from __future__ import annotations

from typing import Any

from harness.faults.troubles import MemoryCapped, ProcessorTaken
from harness.stacks.by_hand import open_report_url
from harness.stacks.children import Children
from harness.stacks.containers.children import ContainerChildren
from harness.stacks.containers.engine import engine, gateway
from harness.stacks.containers.judges import in_a_container
from harness.stacks.processes import ProcessesStack
from harness.stacks.troubles import Troubles


class ContainersStack(ProcessesStack):
    """The system under test in containers; its arguments are those of the `processes` stack.

    Raises:
        HarnessError: when no engine answers, or containers cannot reach this machine.
    """

    name = "containers"
    _judging = staticmethod(in_a_container)

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - those of the parent
        super().__init__(*arguments, **named)
        hands = self._hands.by_trouble()
        # Only root may reach into a container's process from outside.
        for trouble in (MemoryCapped, ProcessorTaken):
            del hands[trouble]
        self._troubles = Troubles(hands, stack=self.name)

    def follow(self, url: str) -> str:
        """Open a reportUrl, which leads to the factory as tasks reach it, and give what it answered."""
        return open_report_url(url, allowed=[self._gateway])

    def _meeting_place(self) -> str:
        with engine() as client:
            self._gateway = gateway(client)
        return self._gateway

    def _new_children(self) -> Children:
        return ContainerChildren(
            self._directory,
            logs=self._directory / "logs",
            environment=self.clock.environment(),
            record=self._recorder.record,
        )
