"""A camera over an emulated LightCrafter: its frames show the mirrors that are lit just now."""

from __future__ import annotations

import math
import time

import numpy as np

from hardware.emulators.cortex.projected_dots import PlantedCamera, planted_camera
from hardware.emulators.lightcrafter.client import SideChannel
from hardware.film.frame_source import Asked, Frame, FrameSource, Pixels

ODD_ROWS_SHIFT = 0.5
BLACK = 0
"""The number of the picture in which no mirror is lit."""


class CortexCamera(FrameSource):
    """Sees what an emulated projector throws on a white card, with noise.

    A picture of the projector has the same noise in each frame. The address is that of the
    projector's side channel; ``#PX`` behind it moves the camera by so
    many pixels to the right, as if somebody had touched it.
    """

    def __init__(self, asked: Asked) -> None:
        self._side, _, moved = asked.address.partition("#")
        camera = planted_camera(asked.shape)
        push = np.eye(3)
        push[0, 2] = float(moved or 0)
        self._camera = PlantedCamera(push @ camera.matrix, camera.lens, camera.shape)
        self._rng = np.random.default_rng(1)
        self._channel: SideChannel | None = None
        self._number = 0
        self._seen: dict[int, Pixels] = {}

    def open(self) -> None:
        """Connect to the projector."""
        self._channel = SideChannel(self._side)
        self._number = 0

    def read(self) -> Frame:
        """Return the next frame; the time between two is not kept to."""
        channel = self._channel
        if channel is None:
            raise ValueError("it is closed")
        last = channel.light()[-1]
        shown = last.picture if last.is_bright else BLACK
        if shown not in self._seen:
            lit = channel.picture(shown)
            self._seen[shown] = self._camera.of_mirrors(lit, ODD_ROWS_SHIFT, self._rng)
        self._number += 1
        return Frame(self._number, math.nan, time.perf_counter(), self._seen[shown])

    def close(self) -> None:
        """Let go of the projector."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
