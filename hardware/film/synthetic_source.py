"""A camera that is none: it draws its frames, and loses and delays them as it is told."""

from __future__ import annotations

import threading
import time

import numpy as np
import pydantic

from hardware.film.frame_source import Asked, Frame, FrameSource, Pixels
from rig.errors import DeviceError
from rig.frozen import FrozenModel, Items

CODE_BITS = 16
"""Bits of a frame's number that stand in its picture, in the row of fields at its top."""

STUCK = 10.0
"""Seconds for which a camera that gives no more frames keeps who reads waiting."""


class SyntheticSettings(FrozenModel):
    """What goes wrong with a synthetic camera.

    `lost` are the numbers of frames that never come. Frames come up to `jitter` seconds late.
    After `last` no more come, as if its cable were pulled.
    """

    lost: Items[int] = ()
    jitter: float = pydantic.Field(default=0.0, ge=0, le=1)
    last: int | None = None


NOTHING = SyntheticSettings()
"""Nothing goes wrong."""


class SyntheticSource(FrameSource):
    """Draws a bar that moves on with every frame, and the frame's number as a code.

    Parameters
    ----------
    asked
        What it is to give; its address means nothing.
    settings
        What goes wrong.
    """

    def __init__(self, asked: Asked, settings: SyntheticSettings = NOTHING) -> None:
        self._shape = asked.shape
        self._bits = asked.bits
        self._rate_hz = asked.rate_hz
        self._settings = settings
        self._rng = np.random.default_rng(0)
        self._closed = threading.Event()
        self._began = 0.0
        self._next = 0

    def open(self) -> None:
        """Begin with frame 0, which comes one period later."""
        self._began = time.perf_counter()
        self._next = 0
        self._closed.clear()

    def read(self) -> Frame:
        """Return the next frame that is not lost, when it is due."""
        while self._next in self._settings.lost:
            self._next += 1
        number, last = self._next, self._settings.last
        if last is not None and number > last:
            self._closed.wait(STUCK)
            raise DeviceError("the camera gives no frame", "synthetic", "Set another `last`.")
        exposed = (number + 1) / self._rate_hz
        late = self._rng.uniform(0, self._settings.jitter)
        pixels = drawn(number, self._shape, self._bits)
        self._closed.wait(max(0.0, self._began + exposed + late - time.perf_counter()))
        self._next = number + 1
        return Frame(number, exposed, time.perf_counter(), pixels)

    def close(self) -> None:
        """Give no more frames."""
        self._closed.set()


def drawn(number: int, shape: tuple[int, int], bits: int) -> Pixels:
    """Return the picture of a frame, ``(height, width)``, with its number as a code."""
    height, width = shape
    white = 2**bits - 1
    picture = np.full(shape, white // 3, np.uint8 if bits == 8 else np.uint16)
    picture[:, number % width] = white
    code = (number >> np.arange(CODE_BITS)) & 1
    columns = np.arange(width) * CODE_BITS // width
    picture[: _code_rows(height)] = code[columns] * white
    return picture


def number_in(picture: Pixels) -> int:
    """Return the number that stands in a picture, modulo 65 536.

    Examples
    --------
    >>> number_in(drawn(4711, (240, 320), 16))
    4711
    """
    height, width = picture.shape[:2]
    rows = slice(1, max(2, _code_rows(height) - 1))
    middles = ((np.arange(CODE_BITS) + 0.5) * width / CODE_BITS).astype(int)
    fields = picture[rows, middles].reshape(len(picture[rows]), CODE_BITS, -1).mean(axis=(0, 2))
    white = np.iinfo(picture.dtype).max
    return int(((fields > white / 2) << np.arange(CODE_BITS)).sum())


def _code_rows(height: int) -> int:
    return max(4, height // 8)
