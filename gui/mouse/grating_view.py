"""Shows a grating to the person who is the mouse: grey, until a trial shows one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QRectF
from PyQt5.QtGui import QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from rig.picture import Grating

DEGREES_ACROSS = 60.0
"""Visual angle of the view's width: that of a 35 cm screen at 30 cm, as in the template's rig."""
IMAGE_PX = 240
"""Width of the image that is computed; Qt makes it as large as the view."""
GREY = 128


def gratings_of(recorded: Mapping[str, Any]) -> dict[str, Grating]:
    """Return the gratings of a session by name, as its definition has them."""
    return msgspec.convert(recorded, dict[str, Grating])


def grating_image(grating: Grating, seconds: float, height_px: int) -> npt.NDArray[np.uint8]:
    """Return a grating as it is so many seconds after its onset.

    Parameters
    ----------
    grating
        What is shown.
    seconds
        Time since its onset.
    height_px
        Height of the image.

    Returns
    -------
    numpy.ndarray
        Grey values, ``(height_px, IMAGE_PX)``; their mean is the grey between gratings.
    """
    degrees = DEGREES_ACROSS / IMAGE_PX
    x, y = np.meshgrid(np.arange(IMAGE_PX) * degrees, np.arange(height_px) * degrees)
    angle = math.radians(grating.orientation_deg)
    along = x * math.sin(angle) + y * math.cos(angle)
    cycles = grating.spatial_frequency_cpd * along + grating.drift_hz * seconds
    wave = grating.contrast * np.sin(2 * math.pi * cycles)
    frame: npt.NDArray[np.uint8] = np.clip(GREY + 127 * wave, 0, 255).astype(np.uint8)
    return frame


class GratingView(QWidget):
    """A screen of its own inside the window.

    Parameters
    ----------
    now
        Returns seconds; the drift follows it.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setMinimumHeight(200)
        self.setAccessibleName("What the mouse sees")
        self._now = now
        self._grating: Grating | None = None
        self._since = 0.0

    @property
    def grating(self) -> Grating | None:
        """What is shown; None if the view is grey."""
        return self._grating

    def show_grating(self, grating: Grating | None) -> None:
        """Show a grating from its first moment on; None makes the view grey."""
        if grating != self._grating:
            self._grating, self._since = grating, self._now()
            self.update()

    def drift(self) -> None:
        """Draw the next frame, if there is something to be seen."""
        if self._grating is not None:
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw the grating as it is now."""
        height = max(1, round(IMAGE_PX * self.height() / max(1, self.width())))
        if self._grating is None:
            frame = np.full((height, IMAGE_PX), GREY, np.uint8)
        else:
            frame = grating_image(self._grating, self._now() - self._since, height)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.SmoothPixmapTransform)
        image = QImage(frame.tobytes(), IMAGE_PX, height, IMAGE_PX, QImage.Format_Grayscale8)
        painter.drawImage(QRectF(self.rect()), image)
        painter.end()
