"""What most faults have in common: they let something be wrong, and then let it be right again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from harness.events import Event, FaultApplied, Hurt
from harness.faults.fault import Begin, Command, End, View
from harness.faults.parameters import check
from harness.faults.troubles import Trouble


@dataclass(frozen=True, slots=True)
class StandingFault:
    """A fault that is one trouble or several at once, for as long as it lasts.

    Evidence: Hurt, by one of its troubles.
    """

    name: ClassVar[str]
    target: ClassVar[str]

    def __post_init__(self) -> None:
        check(self)
        tuple(self.troubles)  # one that cannot be is refused now, not when it is to begin

    @property
    def sees(self) -> str:
        raise NotImplementedError

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong while it lasts."""
        raise NotImplementedError

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {declared.name: getattr(self, declared.name) for declared in fields(self)}

    def apply(self) -> tuple[Command, ...]:
        return tuple(Begin(trouble) for trouble in self.troubles)

    def heal(self) -> tuple[Command, ...]:
        return tuple(End(trouble) for trouble in reversed(self.troubles))

    def is_gone(self, view: View) -> bool:
        return not any(trouble.name in view.troubles for trouble in self.troubles)

    def may_end_with(self, event: Event) -> bool:  # noqa: ARG002 - most stand until somebody undoes them
        return False

    def hit_by(self, event: Event, applied: FaultApplied) -> str | None:  # noqa: ARG002 - it stands only once applied
        if isinstance(event, Hurt) and any(event.trouble == trouble.name for trouble in self.troubles):
            return event.what
        return None
