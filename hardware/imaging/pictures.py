"""Pictures for calibrations: from files that any program wrote, and from the rig's camera."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.film.frame_source import FrameSource, Pixels
from hardware.film.opencv_source import grey
from rig.errors import ConfigError

MOVIES = {".avi", ".mkv", ".mp4", ".mov"}
FRAMES = 20
"""Of which the mean is taken."""
DO = "Name a picture (PNG, TIFF, ...), a TIFF with several, a video, or an array of NumPy (.npy)."


def read_frames(path: Path) -> NDArray[Any]:
    """Return the frames of a file, grey, ``(frames, height, width)``; a picture has one.

    Raises
    ------
    ConfigError
        If it is not there, or holds no pictures.
    """
    if not path.is_file():
        raise ConfigError("there is no such file", str(path), DO)
    if path.suffix.lower() == ".npy":
        frames = _array(path)
    elif path.suffix.lower() in MOVIES:
        frames = _movie(path)
    else:
        frames = _pictures(path)
    if frames.ndim != 3 or not frames.size or frames.dtype.kind not in "uif":
        raise ConfigError("it holds no grey pictures", str(path), DO)
    return frames


def taken_frames(source: FrameSource, count: int, after: float) -> NDArray[Any]:
    """Return frames of a camera, ``(count, height, width)``, which is opened for that.

    Parameters
    ----------
    source
        The camera, closed.
    count
        How many.
    after
        Seconds of frames that are passed over before: they were exposed too early.

    Raises
    ------
    DeviceError
        If it does not open, or gives no frame.
    """
    source.open()
    try:
        end = time.perf_counter() + after
        while source.read().arrival_time < end:
            pass
        return np.stack([source.read().pixels for _ in range(count)])
    finally:
        source.close()


def mean_of(frames: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean of frames, ``(height, width)``, in their own levels."""
    return np.asarray(frames.mean(axis=0, dtype=np.float64))


def _array(path: Path) -> NDArray[Any]:
    try:
        found: NDArray[Any] = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise ConfigError(f"it is no array: {error}", str(path), DO) from error
    return found[None] if found.ndim == 2 else found


def _movie(path: Path) -> NDArray[Any]:
    import cv2

    capture = cv2.VideoCapture(str(path))
    found: list[Pixels] = []
    while True:
        came, picture = capture.read()
        if not came:
            break
        found.append(grey(picture))
    capture.release()
    return np.stack(found) if found else np.empty((0, 0, 0), np.uint8)


def _pictures(path: Path) -> NDArray[Any]:
    import cv2

    read, found = cv2.imreadmulti(str(path), [], cv2.IMREAD_UNCHANGED)
    if not read or len({each.shape[:2] for each in found}) != 1:
        return np.empty((0, 0, 0), np.uint8)
    return np.stack([_without_colour(np.asarray(each)) for each in found])


def _without_colour(picture: Pixels) -> Pixels:
    """Return a picture without colours and without its fourth channel."""
    return grey(picture[..., :3] if picture.ndim == 3 and picture.shape[2] == 4 else picture)
