"""What a screen shows while a stimulus lasts, as a map of phases and a table of colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.gun_curve import WHITE
from calibration.screen import ScreenCalibration
from hardware.screen.geometry import Projection, cycles
from rig.picture import Flashes, Grating

COLOURS = 4096
"""Entries of a table: so many that neighbours differ by less than a level."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A stimulus, frame by frame.

    In frame k a pixel has the colour ``table[floor(len(table) * fraction)]``, where fraction is
    that of ``phases - k * cycles_per_frame``. Of each `period` frames only the first `lit` show
    it; in the others there is the background.

    Attributes
    ----------
    phases
        In cycles, ``(height, width)``, float32, lowest row first.
    table
        Levels of red, green and blue, ``(colours, 3)``.
    frames
        How many frames it lasts.
    """

    phases: NDArray[np.float32]
    table: NDArray[np.uint8]
    frames: int
    cycles_per_frame: float = 0.0
    period: int = 1
    lit: int = 1

    def is_lit(self, frame: int) -> bool:
        """Whether a frame shows the stimulus, not the background."""
        return frame % self.period < self.lit

    def shift(self, frame: int) -> float:
        """Return by how many cycles, 0 to 1, it has drifted in a frame."""
        return (frame * self.cycles_per_frame) % 1.0

    def levels(self, frame: int) -> NDArray[np.uint8]:
        """Return the levels of all pixels in a frame, ``(height, width, 3)``, lowest row first."""
        phases = self.phases - np.float32(self.shift(frame))
        fraction = phases - np.floor(phases)
        return np.asarray(self.table[(fraction * len(self.table)).astype(int) % len(self.table)])


@dataclass(frozen=True)
class GratingView:
    """What a screen needs to know to show gratings as they are meant.

    Attributes
    ----------
    cm_per_px
        The pitch of its pixels.
    background
        The levels of its grey.
    """

    refresh_hz: float
    cm_per_px: float
    distance_cm: float
    projection: Projection
    calibration: ScreenCalibration
    background: NDArray[np.uint8]

    def picture(self, grating: Grating, width_px: int, height_px: int) -> Picture:
        """Return a grating whose light is, on average, that of the background."""
        place = width_px, height_px, self.cm_per_px, self.distance_cm, self.projection
        phases = cycles(grating, *place).astype(np.float32)
        waves = np.sin(2 * np.pi * (np.arange(COLOURS) + 0.5) / COLOURS)
        mean = self.calibration.light(self.background)
        table = self.calibration.levels(mean * (1 + grating.contrast * waves[:, None]))
        frames = round(grating.duration * self.refresh_hz)
        return Picture(phases, table, frames, grating.drift_hz / self.refresh_hz)


def flashes_picture(
    flashes: Flashes,
    width_px: int,
    height_px: int,
    field_um: tuple[float, float],
    refresh_hz: float,
) -> Picture:
    """Return white disks on a field of so many micrometres, whose middle is 0, 0; y is down."""
    right = ((np.arange(width_px) + 0.5) / width_px - 0.5) * field_um[0]
    down = ((np.arange(height_px) + 0.5) / height_px - 0.5) * field_um[1]
    inside = np.zeros((height_px, width_px), dtype=bool)
    for disk in flashes.disks:
        away = (right[None, :] - disk.x_um) ** 2 + (down[:, None] - disk.y_um) ** 2
        inside |= away <= (disk.diameter_um / 2) ** 2
    return flashing(inside, flashes, refresh_hz)


def flashing(lit: NDArray[np.bool_], flashes: Flashes, refresh_hz: float) -> Picture:
    """Return lit pixels, ``(height, width)``, highest row first, that flash in white."""
    half = round(refresh_hz / (2 * flashes.rate_hz))
    frames = round(flashes.duration * refresh_hz)
    return replace(steady(lit, WHITE, frames), period=2 * half, lit=half)


def steady(lit: NDArray[np.bool_], level: int, frames: int) -> Picture:
    """Return lit pixels, ``(height, width)``, highest row first, that have a level throughout."""
    phases = np.where(lit[::-1], 0.75, 0.25).astype(np.float32)
    table = np.array([[0, 0, 0], [level, level, level]], dtype=np.uint8)
    return Picture(phases, table, frames)
