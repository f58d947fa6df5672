"""A video that is written frame by frame: small for behaviour, lossless for imaging."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hardware.film.frame_source import Pixels
from rig.errors import DeviceError

Recording = Literal["small", "lossless"]
ROOM = 200_000_000
"""Bytes that must be free on the disk: the rest of the record needs them."""
LOOK_EVERY = 1.0
"""Seconds between two looks at the disk."""
SUFFIXES = {"small": ".avi", "lossless": ".mkv"}
"""How the files are called: Motion JPEG as AVI, FFV1 as Matroska, which a kill leaves readable."""
_CODECS = {"small": "MJPG", "lossless": "FFV1"}


class VideoFile:
    """A video file, from its making to `close`.

    Parameters
    ----------
    path
        The file; its suffix is one of `SUFFIXES`.
    recording
        How it is compressed.
    rate_hz
        Frames a second that a player is told; times stand in the stream.
    shape
        Height and width.
    bits
        Of a pixel: 8, or 16 for a lossless one.

    Raises
    ------
    DeviceError
        If the file cannot be written. So does `write` when the disk is full.
    """

    def __init__(
        self, path: Path, recording: Recording, rate_hz: float, shape: tuple[int, int], bits: int
    ) -> None:
        import cv2

        self._path = path
        self._shape = shape
        self._dtype = np.dtype(np.uint8 if bits == 8 else np.uint16)
        self._looked = 0.0
        self._check_room()
        depth = cv2.CV_8U if bits == 8 else cv2.CV_16U
        options = [cv2.VIDEOWRITER_PROP_IS_COLOR, 0, cv2.VIDEOWRITER_PROP_DEPTH, depth]
        codec = cv2.VideoWriter.fourcc(*_CODECS[recording])
        size = shape[1], shape[0]
        self._writer: Any = cv2.VideoWriter(
            str(path), cv2.CAP_FFMPEG, codec, rate_hz, size, options
        )
        if not self._writer.isOpened():
            raise DeviceError(
                "the video cannot be written",
                str(path),
                "Check the rights on the folder; look whether OpenCV has FFmpeg.",
            )

    def write(self, pixels: Pixels) -> None:
        """Add a frame."""
        if pixels.shape != self._shape or pixels.dtype != self._dtype:
            height, width = pixels.shape
            raise DeviceError(
                f"the camera gives frames of {width} x {height} pixels, {pixels.dtype}, not of "
                f"{self._shape[1]} x {self._shape[0]}, {self._dtype}",
                str(self._path),
                "Correct width_px, height_px and bits in the rig file.",
            )
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._check_room()
        self._writer.write(pixels)

    def close(self) -> None:
        """Finish the file; closing again does nothing."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._path.parent).free
        if free < ROOM:
            raise DeviceError(
                f"the disk is full: {free / 1e6:.0f} MB are free, and a video must leave "
                f"{ROOM / 1e6:.0f} MB",
                str(self._path),
                "Make room on the disk.",
            )
