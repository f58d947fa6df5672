"""The radial distortion of a camera's lens: taken out of places, and out of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

STRONGEST = 0.1
"""Largest size of `k1`: up to it the map can be inverted everywhere in the picture."""
ENOUGH = 1e-12
"""Step, in half diagonals, at which the inverse is found."""


@dataclass(frozen=True)
class Lens:
    """A lens by one radial term (Brown 1966, eq. 1, with its first term only).

    What a lens without distortion would show at `p` is seen at ``c + (p - c) (1 + k1 r**2)``, where
    r is the distance of p from the centre c in units of half the picture's diagonal.

    Parameters
    ----------
    k1
        Below 0 for a barrel: -0.02 moves the corners inwards by 2 % of their distance.
    centre_px
        Column and row of the centre.
    radius_px
        Half the diagonal of the picture.

    Examples
    --------
    >>> lens = Lens(-0.02, (320.0, 240.0), 400.0)
    >>> lens.distorted(np.array([[720.0, 240.0]]))
    array([[712., 240.]])
    >>> lens.undistorted(np.array([[712.0, 240.0]])).round(6)
    array([[720., 240.]])
    """

    k1: float
    centre_px: tuple[float, float]
    radius_px: float

    def distorted(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where places without distortion are seen, both ``(..., 2)`` in pixels."""
        away = (places - self.centre_px) / self.radius_px
        square = np.sum(away**2, axis=-1, keepdims=True)
        return np.asarray(self.centre_px + away * (1 + self.k1 * square) * self.radius_px)

    def undistorted(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where seen places would be without distortion, both ``(..., 2)`` in pixels."""
        away = (places - self.centre_px) / self.radius_px
        seen = np.linalg.norm(away, axis=-1, keepdims=True)
        true = seen
        for _ in range(8):  # Newton's steps; three are enough at k1 = -0.02
            step = (true * (1 + self.k1 * true**2) - seen) / (1 + 3 * self.k1 * true**2)
            true = true - step
            if not np.any(np.abs(step) > ENOUGH):
                break
        return np.asarray(self.centre_px + away / (1 + self.k1 * true**2) * self.radius_px)

    def binned(self, count: int) -> Lens:
        """Return it for pictures of which so many pixels, across and down, are put together."""
        x, y = ((each + 0.5) / count - 0.5 for each in self.centre_px)
        return Lens(self.k1, (x, y), self.radius_px / count)

    def straightened(self, picture: NDArray[Any]) -> NDArray[np.float64]:
        """Return a picture, ``(height, width)``, as a lens without distortion shows it."""
        rows, columns = np.indices(picture.shape)
        seen = self.distorted(np.stack([columns, rows], axis=-1).astype(float))
        place = [seen[..., 1], seen[..., 0]]
        return np.asarray(map_coordinates(picture.astype(float), place, order=1, mode="nearest"))


def perfect_lens(shape: tuple[int, int]) -> Lens:
    """Return a lens without distortion for pictures of that height and width."""
    return Lens(0.0, middle(shape), float(np.hypot(*shape)) / 2)


def middle(shape: tuple[int, int]) -> tuple[float, float]:
    """Return column and row of the middle of a picture of that height and width.

    Examples
    --------
    >>> middle((480, 640))
    (319.5, 239.5)
    """
    height, width = shape
    return (width - 1) / 2, (height - 1) / 2
