"""The small picture of a camera that people look at while a session runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

LARGEST_PX = 320
"""Width of the picture, at most."""
EVERY = 0.2
"""Seconds of real time between two pictures, at least."""


class Thumbnail:
    """A JPEG file that is replaced a few times a second, whole or not at all.

    It is for looking only: where it cannot be written, the session goes on without it.

    Parameters
    ----------
    path
        The file.
    now
        Returns seconds of real time; never goes backwards.

    Examples
    --------
    >>> folder = getfixture("tmp_path")
    >>> thumbnail = Thumbnail(folder / "thumbnail-eye.jpg")
    >>> thumbnail.take(np.zeros((480, 640), np.uint8))
    >>> thumbnail.remove()
    >>> list(folder.iterdir())
    []
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._now = now
        self._due = now()

    def take(self, frame: npt.NDArray[np.uint8]) -> None:
        """Show a frame, ``(height, width)`` or ``(height, width, 3)``, if it is time for one."""
        now = self._now()
        if now < self._due:
            return
        self._due = now + EVERY
        import cv2

        step = -(-frame.shape[1] // LARGEST_PX)
        made, picture = cv2.imencode(".jpg", np.ascontiguousarray(frame[::step, ::step]))
        if made:
            with contextlib.suppress(OSError):
                self._part.write_bytes(picture.tobytes())
                self._part.replace(self._path)

    def remove(self) -> None:
        """Take the picture away: nothing is seen any more."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
            self._part.unlink(missing_ok=True)
