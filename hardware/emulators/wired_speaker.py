"""An observer of a speaker on an analogue output of an emulated card: hears by its volts."""

from __future__ import annotations

import time

import numpy as np

from hardware.emulators.card_wires import CardWires
from hardware.emulators.hearing import SILENT, SoundRecogniser, first_loud
from hardware.emulators.senses import Observed, Onset

PATROL_HZ = 9973.0
"""How often the output is looked at while it is silent: no whole share of a tone's period."""
GAP = 0.5
"""Seconds of silence after which a sound is over, also if it should last longer."""


class WiredSpeaker:
    """Hears what an analogue output gives out.

    Parameters
    ----------
    wires, line
        The card, and its output.
    recogniser
        Knows the sounds, in volts.
    rate_hz
        The output's samples a second.
    """

    def __init__(
        self, wires: CardWires, line: str, recogniser: SoundRecogniser, rate_hz: float
    ) -> None:
        self._wires = wires
        self._line = line
        self._recogniser = recogniser
        self._rate_hz = rate_hz
        self._since = time.monotonic()
        self._began: float | None = None
        self._over = 0.0
        self._loud = 0.0

    def look(self) -> list[Observed]:
        """Return the sound that has begun, if one did and enough of it was heard."""
        now = time.monotonic()
        count = int((now - self._since) * PATROL_HZ)
        if count <= 0:
            return []
        volts = np.array(self._wires.volts(self._line, self._since, PATROL_HZ, count))
        loud = self._since + np.flatnonzero(np.abs(volts) > SILENT) / PATROL_HZ
        self._since += count / PATROL_HZ
        if len(loud):
            self._loud = float(loud[-1])
        if now > self._loud + GAP:
            self._over = 0.0
        new = loud[loud >= self._over]
        if self._began is None and len(new):
            self._began = float(new[0])
        if self._began is None or now < self._began + self._recogniser.window:
            return []
        return self._heard(self._began)

    def _heard(self, began: float) -> list[Observed]:
        """Return the sound that began at about that time, if it is known."""
        self._began = None
        start = max(began - 2 / PATROL_HZ, self._over)
        count = round((self._recogniser.window + 2 / PATROL_HZ) * self._rate_hz)
        volts = np.array(self._wires.volts(self._line, start, self._rate_hz, count))
        first = first_loud(volts)
        if first is None:
            return []
        name = self._recogniser.name_of(volts[first:])
        onset = start + first / self._rate_hz
        if name is None:
            self._over = onset + self._recogniser.window
            return []
        self._over = onset + self._recogniser.duration(name)
        return [Onset("sound", name, onset - self._recogniser.lead(name))]
