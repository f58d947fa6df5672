"""Lick circuits on an analogue input of an NI card: a touch is a voltage beyond a threshold.

Tried on the emulator only (`hardware.emulators`), not on a physical card.
"""

from __future__ import annotations

import numpy as np
import pydantic
from numpy.typing import NDArray

from hardware.digital_input import DigitalInputSettings, DigitalInputTwin
from hardware.ni.card import card_of, missing, twice
from hardware.ni.watches import VoltageWatch
from hardware.sampling.edges import Edges
from hardware.sampling.threshold import Threshold
from rig.devices import Context, DigitalInput
from rig.errors import Problem


class NiAnalogLickSettings(DigitalInputSettings):
    """Settings of a lick circuit on an NI card.

    `line` is an analogue input, such as ``Dev1/ai1``; an analog input may record the same one.
    A touch begins where the voltage reaches `on_v`, and ends where it comes back to `off_v`; it
    lowers the voltage if `on_v` is below `off_v`. After each change, beginning or end, nothing
    counts for `refractory_ms`: a touch lasts that long at least, and so does the gap after it.
    `range_v` is the largest voltage that can be told apart, plus and minus. `address` is
    ``host:port`` of the NI gRPC device server that has the card; empty if this computer has it.
    """

    on_v: float
    off_v: float
    refractory_ms: float = pydantic.Field(default=30.0, ge=0, le=500)
    range_v: float = pydantic.Field(default=10.0, gt=0, le=10)
    address: str = ""

    @pydantic.model_validator(mode="after")
    def _possible(self) -> NiAnalogLickSettings:
        if self.on_v == self.off_v:
            raise ValueError("on_v and off_v must differ: between them nothing changes")
        if max(abs(self.on_v), abs(self.off_v)) >= self.range_v:
            raise ValueError("on_v and off_v must lie within plus and minus range_v")
        return self


class NiAnalogLick(DigitalInput):
    """A voltage that the card samples with its other inputs, as a line that is on or off.

    The times of its edges are those of the samples. They arrive some 2 ms later.
    """

    twin = DigitalInputTwin
    Settings = NiAnalogLickSettings

    def __init__(self, name: str, settings: NiAnalogLickSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._clock = context.clock
        self._inbox = context.inbox
        self._edges = Edges(name, context.inbox)
        self._card = card_of(settings.line, settings.address, context)
        self._card.sampler.claim(name, settings.line)
        watch = VoltageWatch((settings.line,), settings.range_v, None, self._take, every=0.0)
        self._card.sampler.watch_voltages(watch)
        self._touch = self._untouched()

    def open(self) -> None:
        """Sample the voltage from now on."""
        if not self._edges.is_open:
            self._card.sampler.open(self._name, self._inbox.put)
            self._edges.open(lambda: self._touch.level, self._clock.now())

    def off(self) -> None:
        """Do nothing: an input is harmless."""

    def close(self) -> None:
        """Take no more notice of the voltage."""
        self._edges.close()
        self._card.sampler.close(self._name)

    def check(self) -> list[Problem]:
        """Return what keeps the voltage from being sampled."""
        where, line = f"device '{self._name}'", self._settings.line
        return twice(self._card, self._name, line) or missing(
            self._card, "analog inputs", line, where
        )

    def level(self) -> bool:
        """Return whether the spout is touched."""
        return self._edges.level

    def _untouched(self) -> Threshold:
        settings, rate_hz = self._settings, self._card.sampler.rate_hz
        refractory = round(settings.refractory_ms / 1000 * rate_hz)
        return Threshold(settings.on_v, settings.off_v, refractory)

    def _take(self, volts: NDArray[np.float64], first: int, time: float) -> None:
        """Look for changes in samples, shape (rows, 1); the thread of the card calls."""
        if first == 0:
            self._touch = self._untouched()
        for level, sample in self._touch.take(volts[:, 0]):
            self._edges.change(level, time + (sample - first) / self._card.sampler.rate_hz)
