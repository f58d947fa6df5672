"""Frames by OpenCV: of a camera that the computer knows (UVC), or of a video file.

No camera was tried. OpenCV tells no number of a frame: what is counted here is what came, so that a
frame that is lost leaves no gap; compare with the exposure line (`analysis.exposures`).
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from hardware.film.frame_source import Asked, Frame, FrameSource, Pixels
from rig.errors import DeviceError


class CaptureSource(FrameSource):
    """A camera that OpenCV opens; its address is a number, as ``0``, a device file or a URL."""

    def __init__(self, asked: Asked) -> None:
        self._address = asked.address
        self._shape = asked.shape
        self._rate_hz = asked.rate_hz
        self._where = asked.where
        self._capture: Any = None
        self._count = 0

    def open(self) -> None:
        """Open the camera and set it."""
        import cv2

        place = int(self._address) if self._address.isdecimal() else self._address
        self._capture, self._count = opened(place, self._where, "Look at its cable."), 0
        height, width = self._shape
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        self._capture.set(cv2.CAP_PROP_FPS, self._rate_hz)

    def read(self) -> Frame:
        """Return the next frame."""
        import cv2

        came, picture = self._capture.read()
        now = time.perf_counter()
        if not came:
            raise DeviceError(
                "the camera gives no frame", self._where, "Look at its cable; plug it in again."
            )
        seconds = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        number, self._count = self._count, self._count + 1
        return Frame(number, seconds if seconds > 0 else math.nan, now, grey(picture))

    def close(self) -> None:
        """Let go of the camera."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


class FileSource(FrameSource):
    """A video file in place of a camera, at the rate that is asked for; it begins anew."""

    def __init__(self, asked: Asked) -> None:
        self._path = asked.folder / asked.address
        self._rate_hz = asked.rate_hz
        self._where = f"{asked.where}, {self._path}"
        self._capture: Any = None
        self._began = 0.0
        self._count = 0

    def open(self) -> None:
        """Open the file."""
        self._capture = opened(str(self._path), self._where, "Write the path of a video file.")
        self._began, self._count = time.perf_counter(), 0

    def read(self) -> Frame:
        """Return the next frame, when it is due."""
        came, picture = self._capture.read()
        if not came:
            self._capture.release()
            self._capture = opened(str(self._path), self._where, "Look for the file.")
            came, picture = self._capture.read()
        if not came:
            raise DeviceError("the video has no frames", self._where, "Take another file.")
        number, self._count = self._count, self._count + 1
        exposed = (number + 1) / self._rate_hz
        time.sleep(max(0.0, self._began + exposed - time.perf_counter()))
        return Frame(number, exposed, time.perf_counter(), grey(picture))

    def close(self) -> None:
        """Let go of the file."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def opened(place: int | str, where: str, do: str) -> Any:
    """Return what OpenCV opens; raise `DeviceError` if it opens nothing."""
    import cv2

    capture = cv2.VideoCapture(place)
    if not capture.isOpened():
        raise DeviceError("the camera cannot be opened", where, do)
    return capture


def grey(picture: Pixels) -> Pixels:
    """Return a picture without colours, ``(height, width)``."""
    if picture.ndim == 2:
        return picture
    if picture.shape[2] == 1:
        return np.ascontiguousarray(picture[..., 0])
    import cv2

    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
