"""How long things take in a simulation, where code itself takes no time: a model, declared here and nowhere else.

It is a model and no measurement. The defaults are of the order of what the twins need on a quiet laptop at speed 1; a
menu then takes 5 ms, a log-in 8 ms and an order 20 ms. Nothing queues and nothing is ever full: a simulation proves
logic, not capacity.

The statements of a request take their time together: they are carried out as the code comes to them, and the sum of
what each takes passes before the service says anything, to its factory or its client. So a kill finds a request between
two messages and never between two statements, unless the service is slowed down or stands still: then each takes its
own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from math import log
from random import Random

from harness.durations import spoken
from harness.errors import ScenarioError


@dataclass(frozen=True, slots=True)
class Model:
    """Durations and gauges that a real machine would make.

    Raises:
        ScenarioError: when one of them is negative.
    """

    statement: timedelta = timedelta(milliseconds=2)
    """The least that a statement takes at the database; a menu needs two, a log-in three, an order four and more."""
    factory: timedelta = timedelta(milliseconds=4)
    """The least that the factory needs for a reply."""
    tail: float = 0.25
    """How much longer than the least it takes on average: an exponential tail, drawn from the seed."""
    factory_start: timedelta = timedelta(milliseconds=600)
    """From the start of the factory until it listens."""
    balancer_start: timedelta = timedelta(milliseconds=600)
    """From the start of a load balancer until it listens."""
    task_start: timedelta = timedelta(milliseconds=800)
    """From the start of a service task until it listens."""
    crash: timedelta = timedelta(milliseconds=400)
    """From the start of a task that crashes until it has ended."""
    dns_patience: timedelta = timedelta(seconds=20)
    """How long a client waits for the name server, before it asks once more: a second of the wall at full speed."""
    check_patience: timedelta = timedelta(seconds=40)
    """How long a target has to answer a health check: two seconds of the wall at full speed, as for real processes."""
    cpu_percent: float = 10.0
    """What a task's CPU gauge reads, always."""
    memory_percent: float = 25.0
    """What a task's memory gauge reads, always."""

    def __post_init__(self) -> None:
        for declared in fields(self):
            length = getattr(self, declared.name)
            if isinstance(length, timedelta) and length < timedelta():
                message = f"the model's {declared.name} is {spoken(length)}. Give 0 s or more."
                raise ScenarioError(message)
        if self.tail < 0:
            message = f"the model's tail is {self.tail:g}. Give 0 for constant durations, or more."
            raise ScenarioError(message)

    def draw_seconds(self, least: timedelta, rng: Random) -> float:
        """Draw how long something takes this time, in seconds."""
        return least.total_seconds() * (1 + self.tail * -log(1.0 - rng.random()))  # expovariate(1), without the call
