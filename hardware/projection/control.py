"""What a LightCrafter is made to do, over its connection: be dark, hold patterns, run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hardware.projection.link import LightCrafterLink, LinkLost
from hardware.projection.protocol import (
    COLUMNS,
    ROWS,
    Command,
    Damaged,
    Mode,
    Sequence,
    bitmap,
    pack_currents,
    pack_sequence,
    unpack_currents,
    unpack_sequence,
)
from rig.errors import DeviceError

HELD_US = 100_000
"""Microseconds for which a pattern that is held is shown before it is shown again."""
_ALL_BLACK = bitmap(np.zeros((ROWS, COLUMNS), dtype=bool))


@dataclass(frozen=True)
class Light:
    """One LED, 0, 1 and 2 for red, green and blue, and its current while disks flash."""

    led: int
    current: int


class LightCrafterControl:
    """A projector that is connected, from its making to `close`; dark to begin with.

    Parameters
    ----------
    address, where
        See `hardware.projection.link.LightCrafterLink`.
    light
        The LED that is used.

    Raises
    ------
    DeviceError
        If it is not there, or cannot be made dark. So does every verb but `close`.
    """

    def __init__(self, address: str, where: str, light: Light) -> None:
        self._where = where
        self._light = light
        self._sequence: Sequence | None = None
        self._memory: dict[int, bytes] = {}
        self._link = LightCrafterLink(address, where)
        try:
            self._link.read(Command.VERSION, b"\0")
            self.darken()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()

    def look(self) -> None:
        """See that the projector still answers."""
        self._link.read(Command.MODE)

    def darken(self) -> None:
        """Be dark three times over: no current, no sequence, black mirrors; and see that it is."""
        self._sequence = None
        self._link.write(Command.CURRENT, pack_currents(self._light.led, 0))
        try:
            self._link.write(Command.RUN, b"\0")
        except LinkLost:
            raise
        except DeviceError:
            pass  # there is no sequence that could be stopped
        self._link.write(Command.MODE, bytes([Mode.STATIC]))
        self._link.write(Command.COLOUR, bytes(4))
        if any(unpack_currents(self._link.read(Command.CURRENT))):
            raise DeviceError(
                "the projector says that its LED still has current",
                self._where,
                "Pull the plug of its LED, and switch it off and on again.",
            )

    def arm(self, disks: bytes, sequence: Sequence) -> None:
        """Hand over the settings and the patterns, disks and black in turn, that it has not yet.

        The LED gets its current last: the mirrors may show anything before.
        """
        if sequence != self._sequence:
            self._set(sequence)
        for index in range(sequence.patterns):
            wanted = _ALL_BLACK if index % 2 else disks
            if self._memory.get(index) != wanted:
                self._memory.pop(index, None)
                self._link.write(Command.PATTERN, bytes([index]) + wanted)
                self._memory[index] = wanted
        self._link.write(Command.CURRENT, pack_currents(self._light.led, self._light.current))

    def hold(self, picture: bytes, current: int) -> None:
        """Show one pattern again and again, until it is to be dark, with a current of the LED."""
        self.arm(picture, Sequence(1, HELD_US, self._light.led))
        self._link.write(Command.CURRENT, pack_currents(self._light.led, current))
        self.start()

    def start(self) -> None:
        """Begin the sequence, or arm it, as its settings say."""
        self._link.write(Command.RUN, b"\1")

    def put_out(self) -> None:
        """Take the current from the LED; the sequence goes on in the dark."""
        self._link.write(Command.CURRENT, pack_currents(self._light.led, 0))

    def stop(self) -> None:
        """End the sequence."""
        self._link.write(Command.RUN, b"\0")

    def _set(self, sequence: Sequence) -> None:
        """Hand over settings, and see that they are taken; the patterns are to be sent anew."""
        self._sequence, self._memory = None, {}
        self._link.write(Command.MODE, bytes([Mode.SEQUENCE]))
        self._link.write(Command.SEQUENCE, pack_sequence(sequence))
        if self._told_sequence() != sequence:
            raise DeviceError(
                "the projector has other settings than it was given",
                self._where,
                "Close other programs that use it, and switch it off and on again.",
            )
        self._sequence = sequence

    def _told_sequence(self) -> Sequence | None:
        """Return the settings that the projector says it has; None if they are not ours."""
        try:
            return unpack_sequence(self._link.read(Command.SEQUENCE))
        except Damaged:
            return None
