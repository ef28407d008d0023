"""What one direction of a connection asks of its shell. Carried out once, in the order given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Write:
    """Send data on to the receiver."""

    data: bytes
    """Never empty."""


@dataclass(frozen=True, slots=True)
class EndWriting:
    """Close the sending half towards the receiver, after all that was written; the other direction goes on."""


@dataclass(frozen=True, slots=True)
class CloseConnection:
    """Close the whole connection, after all that was written."""


@dataclass(frozen=True, slots=True)
class ResetConnection:
    """Break the whole connection off with a TCP reset towards both peers, whatever is still unsent."""


@dataclass(frozen=True, slots=True)
class PauseReading:
    """Stop reading from the sender: enough is held."""


@dataclass(frozen=True, slots=True)
class ResumeReading:
    """Read from the sender again."""


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Call `wake` at this instant; not earlier. An earlier wish is not taken back, and does no harm."""

    at: float
    """Link seconds."""


Command = Write | EndWriting | CloseConnection | ResetConnection | PauseReading | ResumeReading | WakeAt
Commands = list[Command]
