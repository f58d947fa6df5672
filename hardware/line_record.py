"""Line records: the levels of several digital lines, sampled again and again.

A digital input makes events of one line; a record keeps every sample of many: how long a beam was
broken, what a valve's read-back showed, when a camera exposed.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pydantic

from hardware.analog_input import same_channels
from hardware.common.twin_sampling import TwinSampling
from rig.devices import AnalogInput, Context, DeviceSettings, Line
from rig.errors import Problem
from rig.frozen import FrozenModel, Items
from rig.streams import Channel, StreamSpec


class LineChannelSettings(FrozenModel):
    """One channel: its name and its wire."""

    name: Annotated[str, pydantic.Field(min_length=1)]
    line: Line


class LineRecordSettings(DeviceSettings):
    """Settings of a line record: every channel is sampled at `rate_hz`, as 0 (low) and 1 (high)."""

    meaning: Annotated[str, pydantic.Field(min_length=1)]
    rate_hz: float = pydantic.Field(default=10_000.0, ge=1, le=1_000_000)
    channels: Annotated[Items[LineChannelSettings], pydantic.Field(min_length=1, max_length=32)]


def record_of(name: str, settings: LineRecordSettings, clock: str) -> StreamSpec:
    """Return what a line record samples, as it is recorded."""
    return StreamSpec(
        name=name,
        device=name,
        meaning=settings.meaning,
        channels=tuple(Channel(each.name, "level") for each in settings.channels),
        dtype="|u1",
        rate_hz=settings.rate_hz,
        clock=clock,
    )


class LineRecordTwin(AnalogInput):
    """A line record whose lines stay low."""

    simulated = True
    Settings = LineRecordSettings

    def __init__(self, name: str, settings: LineRecordSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._streams = context.streams
        self._sampling = TwinSampling(settings.rate_hz, context, self._sample)

    def stream(self) -> StreamSpec:
        """Return what is sampled; the session's clock makes the rate of a twin."""
        return record_of(self._name, self._settings, "session")

    def open(self) -> None:
        """Begin to sample."""
        self._sampling.begin()

    def off(self) -> None:
        """Sample no more; what was sampled since the last block is kept."""
        self._sampling.end()

    def close(self) -> None:
        """Sample no more."""
        self.off()

    def check(self) -> list[Problem]:
        """Return channels that share a name or a wire."""
        return same_channels(self._name, self._settings.channels)

    def _sample(self, rows: int, time: float) -> None:
        shape = rows, len(self._settings.channels)
        self._streams.write(self._name, np.zeros(shape, np.uint8), time)
