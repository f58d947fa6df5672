"""Analog inputs: treadmill, photodiode, breathing; sampled at a rate that a card keeps."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Annotated

import numpy as np
import pydantic

from hardware.common.twin_sampling import TwinSampling
from rig.devices import AnalogInput, Context, DeviceSettings, Line
from rig.errors import Problem
from rig.frozen import FrozenModel, Items
from rig.streams import Channel, Samples, StreamSpec

_FULL_SCALE = 32768


class ChannelSettings(FrozenModel):
    """One channel: its wire, what it measures, and how much of that a volt stands for."""

    name: Annotated[str, pydantic.Field(min_length=1)]
    line: Line
    unit: Annotated[str, pydantic.Field(min_length=1)] = "V"
    per_volt: float = 1.0
    at_zero: float = 0.0


class AnalogInputSettings(DeviceSettings):
    """Settings of an analog input.

    The card samples all channels at `rate_hz`, as numbers of 16 bits over plus and minus
    `range_v`. `noise_v` is what a twin shows around zero volts.
    """

    meaning: Annotated[str, pydantic.Field(min_length=1)]
    rate_hz: float = pydantic.Field(ge=1, le=1_000_000)
    range_v: float = pydantic.Field(default=10.0, gt=0, le=100)
    channels: Annotated[Items[ChannelSettings], pydantic.Field(min_length=1, max_length=64)]
    noise_v: float = pydantic.Field(default=0.05, ge=0, le=10)


def stream_of(name: str, settings: AnalogInputSettings, clock: str) -> StreamSpec:
    """Return what an analog input samples, as it is recorded."""
    volts = settings.range_v / _FULL_SCALE
    return StreamSpec(
        name=name,
        device=name,
        meaning=settings.meaning,
        channels=tuple(
            Channel(each.name, each.unit, volts * each.per_volt, each.at_zero)
            for each in settings.channels
        ),
        dtype="<i2",
        rate_hz=settings.rate_hz,
        clock=clock,
    )


def same_channels(name: str, channels: Sequence[FrozenModel]) -> list[Problem]:
    """Return a problem for channels of a device that share a name, and for those of one wire."""
    problems = []
    for what in ("name", "line"):
        values = [channel.model_dump()[what] for channel in channels]
        if len(set(values)) < len(values):
            problems.append(
                Problem(
                    f"two channels have the same {what}",
                    f"device '{name}', channels",
                    f"Give each channel a {what} of its own.",
                )
            )
    return problems


class AnalogInputTwin(AnalogInput):
    """An analog input that shows noise, the same in every session."""

    simulated = True
    Settings = AnalogInputSettings

    def __init__(self, name: str, settings: AnalogInputSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._streams = context.streams
        self._sampling = TwinSampling(settings.rate_hz, context, self._sample)

    def stream(self) -> StreamSpec:
        """Return what is sampled; the session's clock makes the rate of a twin."""
        return stream_of(self._name, self._settings, "session")

    def open(self) -> None:
        """Begin to sample."""
        if not self._sampling.is_on:
            self._rng = np.random.default_rng(zlib.crc32(self._name.encode()))
            self._sampling.begin()

    def off(self) -> None:
        """Sample no more; what was sampled since the last block is kept."""
        self._sampling.end()

    def close(self) -> None:
        """Sample no more and let go of the card."""
        self.off()

    def check(self) -> list[Problem]:
        """Return channels that share a name or a wire."""
        return same_channels(self._name, self._settings.channels)

    def _sample(self, rows: int, time: float) -> None:
        """Hand rows on to the streams."""
        self._streams.write(self._name, self._noise(rows), time)

    def _noise(self, rows: int) -> Samples:
        """Return noise as the card's numbers, ``(rows, channels)``."""
        shape = rows, len(self._settings.channels)
        noise = self._rng.standard_normal(shape, dtype=np.float32)
        scale = self._settings.noise_v / self._settings.range_v * _FULL_SCALE
        samples: Samples = np.clip(noise * scale, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
        return samples
