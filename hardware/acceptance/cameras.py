"""Check of cameras: two films of the same place lie on each other."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.acceptance.place import Ears, Place
from hardware.acceptance.results import Result, Value, judged
from rig.errors import DeviceError

FILMED = 1.5
"""Seconds of each of the two films."""
FRAMES = 30
"""Frames whose mean is registered: it has less noise."""
SHIFT_LIMIT_PX, TURN_LIMIT_MRAD, LIKENESS_LIMIT = 1.0, 2.0, 0.3
STEPS, CLOSE = 100, 1e-6
Picture = NDArray[np.float32]


def registration(place: Place, name: str) -> Result:
    """Film twice without touching anything, and register one picture with the other."""
    place.real(name)
    first, second = _mean_picture(place, name), _mean_picture(place, name)
    shift_px, turn_mrad, likeness = moved(first, second)
    return judged(
        "registration",
        name,
        "Two films of the same place, opened one after the other.",
        (
            Value("shift", "px", shift_px, 0.0, SHIFT_LIMIT_PX),
            Value("turn", "mrad", turn_mrad, 0.0, TURN_LIMIT_MRAD),
            Value("likeness", "", likeness, LIKENESS_LIMIT),
        ),
    )


def moved(first: Picture, second: Picture) -> tuple[float | None, float | None, float]:
    """Return shift in px, turn in mrad and likeness (the correlation) of two pictures.

    They are found by the ECC criterion (Evangelidis and Psarakis 2008); shift and turn are None
    if that finds nothing, and the likeness 0.

    Parameters
    ----------
    first, second
        Grey pictures of the same shape (height, width).
    """
    import cv2

    matrix: NDArray[np.float32] = np.eye(2, 3, dtype=np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, CLOSE)
    try:
        likeness, found = cv2.findTransformECC(
            first, second, matrix, cv2.MOTION_EUCLIDEAN, criteria
        )
    except cv2.error:  # the pictures have nothing in common, or nothing in them
        return None, None, 0.0
    turn = abs(float(np.arctan2(found[1, 0], found[0, 0])))
    height, width = first.shape
    centre = np.array([width / 2, height / 2, 1.0])
    shift = np.hypot(*(found @ centre - centre[:2]))
    return float(shift), 1000 * turn, float(likeness)


def _mean_picture(place: Place, name: str) -> Picture:
    """Film for a while; return the mean of the first frames."""
    ears = Ears()
    with tempfile.TemporaryDirectory() as folder:
        camera = place.made(name, ears)
        camera.record_to(Path(folder))
        try:
            camera.open()
            ears.pause(FILMED)
        finally:
            camera.close()
        return mean_of(Path(folder) / camera.stream().external_file)


def mean_of(film: Path) -> Picture:
    """Return the mean grey picture of the first frames of a film."""
    import cv2

    reader = cv2.VideoCapture(str(film))
    frames: list[NDArray[Any]] = []
    while len(frames) < FRAMES:
        is_there, frame = reader.read()
        if not is_there:
            break
        frames.append(frame.mean(axis=2) if frame.ndim == 3 else frame)
    reader.release()
    if not frames:
        raise DeviceError("the film is empty", str(film), "Look at the camera and its cable.")
    mean: Picture = np.mean(frames, axis=0).astype(np.float32)
    return mean
