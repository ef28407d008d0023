"""What one direction of a connection asks of its shell. Carried out once, in the order given."""

from __future__ import annotations

import msgspec


class Write(msgspec.Struct, frozen=True, gc=False):
    """Send data on to the receiver."""

    data: bytes
    """Never empty."""


class EndWriting(msgspec.Struct, frozen=True, gc=False):
    """Close the sending half towards the receiver, after all that was written; the other direction goes on."""


class CloseConnection(msgspec.Struct, frozen=True, gc=False):
    """Close the whole connection, after all that was written."""


class ResetConnection(msgspec.Struct, frozen=True, gc=False):
    """Break the whole connection off with a TCP reset towards both peers, whatever is still unsent."""


class PauseReading(msgspec.Struct, frozen=True, gc=False):
    """Stop reading from the sender: enough is held."""


class ResumeReading(msgspec.Struct, frozen=True, gc=False):
    """Read from the sender again."""


class WakeAt(msgspec.Struct, frozen=True, gc=False):
    """Call `wake` at this instant; not earlier. An earlier wish is not taken back, and does no harm."""

    at: float
    """Link seconds."""


Command = Write | EndWriting | CloseConnection | ResetConnection | PauseReading | ResumeReading | WakeAt
Commands = list[Command]
