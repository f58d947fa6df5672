"""Observers of speakers: at an output of an emulated card, and at that of a sound server."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from hardware.emulators.ni.card_wires import CardWires
from hardware.emulators.rig.hearing import SILENT, Listener, SoundRecogniser
from hardware.emulators.rig.senses import Observed
from hardware.emulators.sound_monitor import SoundMonitor

PATROL_HZ = 9973.0
"""How often an output is looked at while it is silent: no whole share of a tone's period."""


class WireEar:
    """Hears what an analogue output of an emulated card gives out, by its volts."""

    def __init__(
        self, wires: CardWires, line: str, recogniser: SoundRecogniser, rate_hz: float
    ) -> None:
        self._wires = wires
        self._line = line
        self._rate_hz = rate_hz
        self._listener = Listener(recogniser, rate_hz, self._volts)
        self._since = time.monotonic()

    def look(self) -> list[Observed]:
        """Return that something began to sound, and which sound it is once enough was heard."""
        now = time.monotonic()
        count = int((now - self._since) * PATROL_HZ)
        if count <= 0:
            return []
        volts = np.array(self._wires.volts(self._line, self._since, PATROL_HZ, count))
        loud = self._since + np.flatnonzero(np.abs(volts) > SILENT) / PATROL_HZ
        self._since += count / PATROL_HZ
        return self._listener.take(loud, now, 2 / PATROL_HZ)

    def _volts(self, start: float, count: int) -> NDArray[np.float64]:
        return np.array(self._wires.volts(self._line, start, self._rate_hz, count))


class MonitorEar:
    """Hears what comes out of a sound server, by one of its channels."""

    def __init__(
        self, monitor: SoundMonitor, channel: int, recogniser: SoundRecogniser, rate_hz: float
    ) -> None:
        self._monitor = monitor
        self._channel = channel
        self._listener = Listener(recogniser, rate_hz, self._heard)
        self._next = monitor.frames

    def look(self) -> list[Observed]:
        """Return that something began to sound, and which sound it is once enough was heard."""
        first, self._next = self._next, self._monitor.frames
        heard = self._monitor.samples(first, self._next)[:, self._channel]
        loud = np.flatnonzero(np.abs(heard) > SILENT)
        times = np.array([self._monitor.time_of(first + int(frame)) for frame in loud])
        return self._listener.take(times, self._monitor.time_of(self._next), 0.0)

    def _heard(self, start: float, count: int) -> NDArray[np.float64]:
        first = self._monitor.frame_at(start)
        last = min(first + count, self._monitor.frames)
        return self._monitor.samples(first, last)[:, self._channel].astype(np.float64)
