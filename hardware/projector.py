"""Projectors: disks of light that flash on the cortex."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np
import pydantic
from numpy.typing import NDArray

from hardware.common.playback import Playback
from rig.devices import Context, DeviceSettings, Line, Projector
from rig.errors import Problem
from rig.picture import Flashes

Lit = NDArray[np.bool_]
"""Which mirrors, or pixels, are lit, ``(rows, columns)``, highest row first."""


class ProjectorSettings(DeviceSettings):
    """Settings of a projector; the field is what it lights of the cortex, centred on 0, 0.

    `light` is the file of its light per area; empty if that was not measured.
    """

    line: Line
    frame_hz: float = pydantic.Field(gt=0, le=10_000)
    field_width_um: float = pydantic.Field(gt=0)
    field_height_um: float = pydantic.Field(gt=0)
    light: str = ""


class HoldingProjector(Projector):
    """A projector that can hold a picture, for a camera or a power meter, until it is off."""

    @abstractmethod
    def mirrors(self) -> tuple[int, int]:
        """Return how many columns and rows of mirrors, or pixels, it has; it must be open."""

    @abstractmethod
    def highest_level(self) -> int:
        """Return the highest level that it may be given."""

    @abstractmethod
    def hold(self, lit: Lit, level: int | None = None) -> None:
        """Show a picture until it is off.

        Parameters
        ----------
        lit
            Which mirrors are lit.
        level
            Of the light, from 0 to `highest_level`; None is that of sessions.
        """


def refuse_flashes(flashes: Flashes, settings: ProjectorSettings) -> str | None:
    """Return why a projector cannot project flashes as they are meant, or None if it can.

    Half a period must last a whole number of frames, the flashes a whole number of periods, and
    each disk must lie within the field.
    """
    frames = settings.frame_hz / (2 * flashes.rate_hz)
    if not _whole(frames):
        return (
            f"half a period of {flashes.rate_hz:g} Hz lasts {frames:g} of its frames: change the "
            f"rate in the protocol, or frame_hz = {settings.frame_hz:g} in the rig file"
        )
    periods = flashes.duration * flashes.rate_hz
    if not _whole(periods):
        return f"{flashes.duration:g} s at {flashes.rate_hz:g} Hz are {periods:g} flashes"
    for disk in flashes.disks:
        radius = disk.diameter_um / 2
        beyond_x = abs(disk.x_um) + radius > settings.field_width_um / 2
        if beyond_x or abs(disk.y_um) + radius > settings.field_height_um / 2:
            return (
                f"the disk of {disk.diameter_um:g} um at {disk.x_um:g}, {disk.y_um:g} um reaches "
                f"beyond its field of {settings.field_width_um:g} x {settings.field_height_um:g} "
                "um: change the disk in the protocol, or field_width_um and field_height_um in the "
                "rig file"
            )
    return None


def _whole(number: float) -> bool:
    """Whether a number is whole, and not 0."""
    return round(number) >= 1 and abs(number - round(number)) < 1e-6


class ProjectorTwin(Projector):
    """A projector whose light the virtual mouse feels."""

    simulated = True
    Settings = ProjectorSettings

    def __init__(self, name: str, settings: ProjectorSettings, context: Context) -> None:
        self._name = name
        self._settings = settings
        self._room = context.room
        self._playback = Playback(name, "flashes", context)

    def open(self) -> None:
        """Take hold of the projector; it is dark."""
        self._playback.open()

    def off(self) -> None:
        """Be dark; flashes that this cuts short are reported with their true length."""
        self._playback.cut()

    def close(self) -> None:
        """Be dark and let go of the projector."""
        self._playback.close()

    def check(self) -> list[Problem]:
        """Return no problems."""
        return []

    def refuse_stimulus(self, stimulus: Flashes) -> str | None:
        """Return why these flashes cannot be projected as they are meant, or None if they can."""
        return refuse_flashes(stimulus, self._settings)

    def load(self, stimuli: Mapping[str, Flashes]) -> None:
        """Make these the flashes that can be projected."""
        self._playback.load(stimuli, self.refuse_stimulus)

    def loaded(self) -> frozenset[str]:
        """Return the names of the flashes that can be projected."""
        return self._playback.loaded()

    def present(self, stimulus: str) -> None:
        """Begin to project flashes, in place of any that still last."""
        self._room.flashes(stimulus, self._playback.begin(stimulus))
