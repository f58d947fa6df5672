"""Tries the devices of a rig one after the other, without a session."""

from __future__ import annotations

from typing import Literal

import msgspec


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of trying one device; the disk stands among them, as the device ``disk``.

    Attributes
    ----------
    device, kind
        Its name in the rig file, and what kind of device it is.
    ran
        Name of the class that ran: the driver itself or its twin.
    simulated
        Whether that was a twin.
    state
        ``good``; ``warn`` if a session can be run, but somebody should look; ``bad`` if not.
    words
        What was found, in a sentence.
    value
        What was read, as text: ``off``, ``1.18 to 10.95 uL``, ``30 frames``.
    do
        What to do about it; empty if nothing is to be done.
    seconds
        How long it took.
    """

    device: str
    kind: str
    ran: str
    simulated: bool
    state: Literal["good", "warn", "bad"]
    words: str
    value: str = ""
    do: str = ""
    seconds: float = 0.0


def decode(text: bytes) -> list[Tried]:
    """Return what ``rig try --json`` printed; raise `msgspec.MsgspecError` if it is not."""
    return msgspec.json.decode(text, type=list[Tried])
