"""Displays: a screen that is grey, and shows drifting gratings."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pydantic

from hardware.common.playback import Playback
from rig.devices import Context, DeviceSettings, Display, Line
from rig.errors import Problem
from rig.picture import Grating


class DisplaySettings(DeviceSettings):
    """Settings of a display."""

    line: Line
    refresh_hz: float = pydantic.Field(gt=0, le=1000)
    width_cm: float = pydantic.Field(gt=0, le=500)
    width_px: int = pydantic.Field(ge=16, le=20_000)
    distance_cm: float = pydantic.Field(gt=0, le=500)
    grey: float = pydantic.Field(default=0.5, gt=0, lt=1)


def refuse_grating(grating: Grating, settings: DisplaySettings) -> str | None:
    """Return why a screen cannot show a grating as it is meant, or None if it can.

    The grating may drift by less than half a cycle a frame, and a cycle must cover more than two
    pixels in the middle of the screen, where a degree covers the fewest.
    """
    if grating.drift_hz >= settings.refresh_hz / 2:
        return f"a drift of {grating.drift_hz:g} Hz needs more than {2 * grating.drift_hz:g} Hz"
    cm_per_deg = settings.distance_cm * math.radians(1)
    px_per_cycle = cm_per_deg * settings.width_px / settings.width_cm
    px_per_cycle /= grating.spatial_frequency_cpd
    if px_per_cycle <= 2:
        return f"{grating.spatial_frequency_cpd:g} cycles per degree are finer than its pixels"
    if grating.duration * settings.refresh_hz < 1:
        return f"{grating.duration:g} s are shorter than a frame"
    return None


class DisplayTwin(Display):
    """A screen that the virtual mouse sees."""

    simulated = True
    Settings = DisplaySettings

    def __init__(self, name: str, settings: DisplaySettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._room = context.room
        self._playback = Playback(name, "grating", context)

    def open(self) -> None:
        """Take hold of the screen; it is grey."""
        self._playback.open()

    def off(self) -> None:
        """Be grey; a grating that this cuts short is reported with its true length."""
        self._playback.cut()

    def close(self) -> None:
        """Be grey and let go of the screen."""
        self._playback.close()

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def refuse_stimulus(self, stimulus: Grating) -> str | None:
        """Return why that grating cannot be shown as it is meant, or None if it can."""
        return refuse_grating(stimulus, self._settings)

    def load(self, stimuli: Mapping[str, Grating]) -> None:
        """Make these the gratings that can be shown."""
        self._playback.load(stimuli, self.refuse_stimulus)

    def loaded(self) -> frozenset[str]:
        """Return the names of the gratings that can be shown."""
        return self._playback.loaded()

    def present(self, stimulus: str) -> None:
        """Begin to show a grating, in place of any that still lasts."""
        self._room.grating(stimulus, self._playback.begin(stimulus))
