"""The pizza factory fails, dawdles or bakes bad pizzas, and says where to report it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.errors import ScenarioError, unknown_name
from harness.events import Event, FaultApplied, RequestFinished
from harness.faults.fault import Command, SetFactoryChaos, View
from harness.faults.parameters import one_of

Mode = Literal["fail", "throttle", "badjwt"]

_SEES: Mapping[str, str] = {
    "fail": "every order fails with “Failed to fulfill order at factory”",
    "throttle": "every order takes half a minute",
    "badjwt": "orders look fine, and the pizza does not verify",
}


@dataclass(frozen=True, slots=True)
class FactoryChaos:
    """Start the factory's own chaos, as the public factory has it; each reply to an order then carries a reportUrl.

    Orders get 500 (`fail`), a good pizza after 32 s (`throttle`), or a bad pizza with status 200 (`badjwt`). It is gone
    when the factory says so; to follow the reportUrl is how a vendor gets there.

    Cleanup: the factory's operator ends it.
    Evidence: a reply to an order that carries a reportUrl.
    Source: facts of the public jwt-pizza-factory, section 2.3.
    """

    mode: Mode = field(default="fail", metadata=one_of("what it does wrong", *_SEES))

    def __post_init__(self) -> None:
        if self.mode not in _SEES:
            raise ScenarioError(unknown_name("factory chaos", self.mode, known=_SEES))

    @property
    def name(self) -> str:
        return f"factory_{self.mode}"

    @property
    def target(self) -> str:
        return "factory"

    @property
    def sees(self) -> str:
        return _SEES[self.mode]

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {"mode": self.mode}

    def apply(self) -> tuple[Command, ...]:
        return (SetFactoryChaos(self.mode),)

    def heal(self) -> tuple[Command, ...]:
        return (SetFactoryChaos("none"),)

    def is_gone(self, view: View) -> bool:
        return view.factory_chaos != self.mode

    def may_end_with(self, event: Event) -> bool:  # noqa: ARG002 - it stands until somebody undoes it
        return False

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:
        if isinstance(event, RequestFinished) and event.started >= applied.at and event.report_url:
            return f"{event.diner}'s order got status {event.status} and a reportUrl"
        return None
