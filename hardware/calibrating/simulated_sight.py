"""What a simulated camera sees: dots of a projector, a stage micrometer, vessels, tones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from calibration.dot_grid import DotGrid
from hardware.emulators.cortex.projected_dots import planted_camera
from hardware.emulators.cortex.tones import Filmed, Imaging, filmed_tones
from hardware.emulators.cortex.vessels import View, grown_cortex

SEEN_BY = "simulated"
SHAPE = (360, 480)
TONES_UM = {4e3: (-600.0, 300.0), 16e3: (400.0, -250.0), 32e3: None}
"""Where a simulated cortex answers tones, and one that it does not answer."""
UM_PER_PX = 6.2
"""Of the simulated camera, without distortion."""


def seen_dots(grid: DotGrid, seed: int = 1) -> NDArray[np.uint8]:
    """Return a picture of a grid of dots, ``(height, width)``."""
    return planted_camera(SHAPE).picture(grid, np.random.default_rng(seed))


def seen_vessels(day: int) -> NDArray[np.uint8]:
    """Return frames of a mouse's blood vessels, ``(frames, height, width)``, on the day 0 or 1."""
    view = View(shift_px=(18.0, -11.0), turn=0.05, frames=4) if day else View(frames=4)
    return grown_cortex(SHAPE, seed=7).frames(view, np.random.default_rng(day))


def filmed() -> tuple[Filmed, float]:
    """Return the film of a cortex that answers two of three tones, and its um for a pixel."""
    imaging = Imaging(depth=3e-3)
    return filmed_tones(TONES_UM, imaging, np.random.default_rng(5)), imaging.um_per_px


def seen_micrometer(pitch_um: float) -> NDArray[np.uint8]:
    """Return a picture of a stage micrometer of a pitch, ``(height, width)``."""
    sharp = replace(planted_camera(SHAPE), blur_px=1.5)
    return sharp.micrometer(pitch_um / UM_PER_PX, 0.1, 0.05, np.random.default_rng(3))
