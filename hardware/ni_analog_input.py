"""Analog inputs on NI cards: treadmill, photodiode, breathing.

Tried on the emulator only (`hardware.emulators`), not on a physical card.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.analog_input import AnalogInputSettings, AnalogInputTwin, stream_of
from hardware.ni.card import card_of
from hardware.ni.stream import CardStream, wrong_channels
from hardware.ni.watches import VoltageWatch
from rig.devices import AnalogInput, Context
from rig.errors import Problem
from rig.streams import Samples, StreamSpec

_FULL_SCALE = 32768


class NiAnalogInputSettings(AnalogInputSettings):
    """Settings of analog inputs on an NI card.

    The `line` of each channel is its input as NI MAX has it, such as ``Dev1/ai0``. `address` is
    ``host:port`` of the NI gRPC device server that has the card; empty if this computer has it.
    """

    address: str = ""


class NiAnalogInput(AnalogInput):
    """Voltages that the card samples one after the other, at a rate that it keeps."""

    twin = AnalogInputTwin
    Settings = NiAnalogInputSettings

    def __init__(self, name: str, settings: NiAnalogInputSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        lines = tuple(channel.line for channel in settings.channels)
        self._card = card_of(lines[0], settings.address, context)
        self._out = CardStream(name, self._card, context)
        self._watch = VoltageWatch(lines, settings.range_v, settings.rate_hz, self._take)
        self._card.sampler.watch_voltages(self._watch)

    def stream(self) -> StreamSpec:
        """Return what is sampled; the card's clock makes the rate."""
        return stream_of(self._name, self._settings, self._card.name)

    def open(self) -> None:
        """Begin to sample."""
        self._out.open()

    def off(self) -> None:
        """Sample no more; what was sampled since the last block is kept."""
        self._out.off()

    def close(self) -> None:
        """Sample no more and let go of the card."""
        self.off()

    def check(self) -> list[Problem]:
        """Return what keeps the lines from being sampled together."""
        return wrong_channels(self._name, self._settings, self._card, "analog inputs")

    def _take(self, volts: NDArray[np.float64], first: int, time: float) -> None:
        """Keep a block, shape (rows, channels); the thread of the card calls."""
        self._out.take(self._as_numbers(volts), first, time)

    def _as_numbers(self, volts: NDArray[np.float64]) -> Samples:
        """Return volts as numbers of 16 bits over the range, ``(rows, channels)``."""
        scaled = np.rint(volts * (_FULL_SCALE / self._settings.range_v))
        samples: Samples = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
        return samples
