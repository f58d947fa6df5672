"""A camera's pictures of projected dots and of a stage micrometer; all that is true is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from calibration.dot_grid import DotGrid
from calibration.homography import Places, mapped
from calibration.lens import Lens

DARK, BRIGHT = 20.0, 180.0
FINER = 3
"""Samples across a pixel."""


@dataclass(frozen=True, eq=False)
class PlantedCamera:
    """A camera whose view of the mirrors is known.

    Parameters
    ----------
    matrix
        From columns and rows of mirrors to pixels without distortion, ``(3, 3)``.
    lens
        Its lens.
    shape
        Height and width of its pictures.
    blur_px
        SD of the blur.
    noise
        SD of the noise, in levels of 8 bits.
    """

    matrix: NDArray[np.float64]
    lens: Lens
    shape: tuple[int, int]
    blur_px: float = 3.0
    noise: float = 12.0

    def seen(self, grid: DotGrid) -> Places:
        """Return where the dots of a grid are truly seen, ``(dots, 2)`` in pixels."""
        return self.lens.distorted(mapped(self.matrix, grid.places()))

    def picture(self, grid: DotGrid, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return a picture of a grid, ``(height, width)``."""
        return self.of_mirrors(grid.picture(), grid.odd_rows_shift, rng)

    def of_mirrors(
        self, mirrors: NDArray[np.bool_], odd_rows_shift: float, rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """Return a picture, ``(height, width)``, of mirrors that are lit, ``(rows, columns)``."""
        straight = self.lens.undistorted(self._rays())
        plane = mapped(np.linalg.inv(self.matrix), straight)
        row = np.rint(plane[..., 1]).astype(int)
        column = np.rint(plane[..., 0] - odd_rows_shift * (row % 2)).astype(int)
        rows, columns = mirrors.shape
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        lit = np.zeros(row.shape)
        lit[inside] = mirrors[row[inside], column[inside]]
        return self.taken(DARK + (BRIGHT - DARK) * lit, rng)

    def taken(self, light: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return what the camera makes of finely sampled light, ``(height, width)``."""
        height, width = self.shape
        blurred = gaussian_filter(light, self.blur_px * FINER, truncate=3)
        coarse = blurred.reshape(height, FINER, width, FINER).mean(axis=(1, 3))
        noisy = coarse + rng.normal(0, self.noise, self.shape)
        return np.asarray(np.clip(np.rint(noisy), 0, 255), dtype=np.uint8)

    def micrometer(
        self,
        pitch_px: float,
        turn: float,
        wander_px: float,
        rng: np.random.Generator,
        line: float = 0.3,
    ) -> NDArray[np.uint8]:
        """Return a picture of a stage micrometer, ``(height, width)``: dark lines on bright ground.

        Parameters
        ----------
        pitch_px
            From line to line, without distortion.
        turn
            Radians by which the lines are turned from upright.
        wander_px
            SD of how far each line is engraved beside its place.
        rng
            Source of chance.
        line
            Share of the pitch that a line is wide.
        """
        rays = self.lens.undistorted(self._rays())
        across = rays @ np.array([np.cos(turn), np.sin(turn)]) + rng.uniform(0, pitch_px)
        number = np.rint(across / pitch_px).astype(int)
        wander = rng.normal(0, wander_px, number.max() - number.min() + 1)
        beside = across - number * pitch_px - wander[number - number.min()]
        dark = np.clip((0.5 * line * pitch_px - np.abs(beside)) * FINER + 0.5, 0, 1)
        return self.taken(BRIGHT - (BRIGHT - 60) * dark, rng)

    def _rays(self) -> Places:
        """Return where samples lie in the picture, ``(rows, columns, 2)``, in pixels."""
        height, width = self.shape
        rows, columns = np.indices((height * FINER, width * FINER))
        return np.asarray((np.stack([columns, rows], axis=-1) + 0.5) / FINER - 0.5)


def planted_camera(
    shape: tuple[int, int] = (480, 640), turn: float = 0.1, k1: float = -0.02
) -> PlantedCamera:
    """Return a camera that looks at all mirrors from a little aside.

    Parameters
    ----------
    shape
        Height and width of its pictures.
    turn
        Radians by which it is turned.
    k1
        Of its lens, whose centre is a little beside the picture's.
    """
    height, width = shape
    scale = 0.8 * min(width / 608, height / 342)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    inner = turned @ np.diag([scale, scale / 2])
    matrix = np.eye(3)
    matrix[:2, :2] = inner
    matrix[:2, 2] = np.array([width / 2 + 4, height / 2 - 3]) - inner @ [304, 342]
    matrix[2, :2] = 6e-5, -3e-5
    centre = mapped(matrix, np.array([304.0, 342.0]))
    matrix[:2] += np.outer(np.array([width / 2 + 4, height / 2 - 3]) - centre, matrix[2])
    lens = Lens(k1, (width * 0.51, height * 0.48), float(np.hypot(*shape)) / 2)
    return PlantedCamera(matrix, lens, shape)
