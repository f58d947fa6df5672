"""Analog inputs on NI cards: treadmill, photodiode, breathing.

Tried on the emulator only (`hardware.emulators`), not on a physical card.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from hardware.analog_input import AnalogInputSettings, AnalogInputTwin, same_channels, stream_of
from hardware.ni_card import card_name, card_of, missing
from hardware.ni_input_tasks import VoltageWatch
from rig.devices import AnalogInput, Context
from rig.errors import Problem, RecordingError
from rig.inbox import Failure
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
        self._inbox = context.inbox
        self._streams = context.streams
        lines = tuple(channel.line for channel in settings.channels)
        self._card = card_of(lines[0], settings.address, context)
        self._watch = VoltageWatch(name, lines, settings.range_v, settings.rate_hz, self._take)
        self._card.sampler.watch_voltages(self._watch)
        self._lock = threading.Lock()
        self._wanted = False

    def stream(self) -> StreamSpec:
        """Return what is sampled; the card's clock makes the rate."""
        return stream_of(self._name, self._settings, self._card.name)

    def open(self) -> None:
        """Begin to sample."""
        if not self._wanted:
            self._card.sampler.open(self._name, self._inbox.put)
            self._wanted = True

    def off(self) -> None:
        """Sample no more; what was sampled since the last block is kept."""
        if self._wanted:
            self._card.sampler.hand_on()
            with self._lock:
                self._wanted = False
            self._card.sampler.close(self._name)

    def close(self) -> None:
        """Sample no more and let go of the card."""
        self.off()

    def check(self) -> list[Problem]:
        """Return what keeps the lines from being sampled together."""
        where = f"device '{self._name}'"
        problems = same_channels(self._name, self._settings)
        strange = [line for line in self._watch.lines if card_name(line) != self._card.name]
        if strange:
            problems.append(
                Problem(
                    f"'{strange[0]}' is not on the card '{self._card.name}'",
                    f"{where}, channels",
                    "Make a device for each card.",
                )
            )
        rate_hz = self._card.sampler.rate_hz
        if rate_hz != self._settings.rate_hz:
            problems.append(
                Problem(
                    f"another device has the card sample at {rate_hz:g} Hz",
                    f"{where}, rate_hz",
                    "Give all analog inputs of one card the same rate.",
                )
            )
        if problems:
            return problems
        lacking = [missing(self._card, "analog inputs", line, where) for line in self._watch.lines]
        return next(filter(None, lacking), [])

    def _take(self, volts: NDArray[np.float64], time: float) -> None:
        """Keep a block, shape (rows, channels); the thread of the card calls."""
        with self._lock:
            if not self._wanted:
                return
            try:
                self._streams.write(self._name, self._as_numbers(volts), time)
            except RecordingError as error:
                self._wanted = False
                self._inbox.put(Failure(self._name, error.what, error.do))

    def _as_numbers(self, volts: NDArray[np.float64]) -> Samples:
        """Return volts as numbers of 16 bits over the range, ``(rows, channels)``."""
        scaled = np.rint(volts * (_FULL_SCALE / self._settings.range_v))
        samples: Samples = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
        return samples
