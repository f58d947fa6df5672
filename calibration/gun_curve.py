"""The curve of a screen's gun: ``L = a + (b + k v)**g``, where v is the level from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

WHITE = 255
"""The highest level of a gun."""
USUAL_SHARE = 0.005
"""Of a reading by which those of a photometer scatter."""
DIGIT_CD_M2 = 0.01
"""Last digit of a photometer; with a finer one intervals are wider than need be."""
_LOWEST_EXPONENT, _HIGHEST_EXPONENT = 0.3, 6.0
_LARGEST_OFFSET = 0.2
_ROUNDS, _STEPS = 8, 40

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GunCurve:
    """A gun's curve, written as ``black + scale * (offset + v)**exponent``.

    Attributes
    ----------
    black_cd_m2
        a.
    scale_cd_m2
        k**g.
    offset
        b / k. Where it and the level are below 0 together, the gun gives no light of its own.
    exponent
        g.
    """

    black_cd_m2: float
    scale_cd_m2: float
    offset: float
    exponent: float

    def luminance_cd_m2(self, levels: ArrayLike) -> Floats:
        """Return the luminance of levels, (...)."""
        return np.asarray(self.black_cd_m2 + self.scale_cd_m2 * self._shape(levels))

    def light(self, levels: ArrayLike) -> Floats:
        """Return the light of levels, (...): 0 is what level 0 gives, 1 what level 255 gives."""
        dark, full = self._shape([0, WHITE])
        return np.asarray((self._shape(levels) - dark) / (full - dark))

    def slopes(self, levels: ArrayLike) -> Floats:
        """Return by how much the luminance grows with each of the four, (levels, 4), in order."""
        base = np.maximum(self.offset + np.asarray(levels) / WHITE, 0.0)
        lit = np.maximum(base, 1e-300)
        shape = self._shape(levels)
        by_offset = np.where(base > 0, self.scale_cd_m2 * self.exponent * shape / lit, 0.0)
        by_exponent = np.where(base > 0, self.scale_cd_m2 * shape * np.log(lit), 0.0)
        return np.stack([np.ones_like(shape), shape, by_offset, by_exponent], axis=-1)

    def _shape(self, levels: ArrayLike) -> Floats:
        base = np.maximum(self.offset + np.asarray(levels) / WHITE, 0.0)
        return np.asarray(base**self.exponent)


class GunLevels:
    """The light of the levels of some guns, and the levels for a light.

    Parameters
    ----------
    curves
        Of each gun, in the order of the last axis of levels and light.
    """

    def __init__(self, curves: Sequence[GunCurve]) -> None:
        self._lights = np.stack([curve.light(np.arange(WHITE + 1)) for curve in curves])

    def light(self, levels: NDArray[np.uint8]) -> Floats:
        """Return the light of levels; both have the shape (..., guns)."""
        guns = range(len(self._lights))
        return np.stack([self._lights[gun][levels[..., gun]] for gun in guns], axis=-1)

    def levels(self, light: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
        """Return the levels whose light is nearest to that; both have the shape (..., guns)."""
        found = []
        for gun, lights in enumerate(self._lights):
            between = (lights[1:] + lights[:-1]) / 2
            found.append(np.searchsorted(between, light[..., gun]).astype(np.uint8))
        return np.stack(found, axis=-1)

    def grey(self, light: float) -> NDArray[np.uint8]:
        """Return the brightest levels that give no more light than that, shape (guns,)."""
        counts = [np.searchsorted(lights, light + 1e-9, side="right") for lights in self._lights]
        return np.array(counts, dtype=np.uint8) - np.uint8(1)


def scatter_cd_m2(luminance_cd_m2: ArrayLike) -> Floats:
    """Return by how much readings, (...), usually scatter: a share of them, and the last digit."""
    return np.asarray(np.hypot(USUAL_SHARE * np.asarray(luminance_cd_m2), DIGIT_CD_M2 / 12**0.5))


def curve_through(levels: ArrayLike, luminance_cd_m2: ArrayLike) -> GunCurve:
    """Return the weighted least-squares curve through a gun's points.

    For each exponent and each offset on a grid, black and scale follow from linear least squares;
    the best of all is taken, and the grid is refined around it. From there the method of
    Levenberg and Marquardt (Marquardt 1963) goes on to the bottom of the valley, which is narrow.

    Parameters
    ----------
    levels
        0 to 255, shape (points,).
    luminance_cd_m2
        What was measured, shape (points,). A reading counts the less the more it scatters.
    """
    share, measured = np.asarray(levels) / WHITE, np.asarray(luminance_cd_m2, dtype=float)
    weights = scatter_cd_m2(measured) ** -2.0
    exponent, offset, step = 2.5, 0.0, np.array([1.5, 0.2])
    for _ in range(_ROUNDS):
        exponents = np.linspace(exponent - step[0], exponent + step[0], 11)
        exponents = np.clip(exponents, _LOWEST_EXPONENT, _HIGHEST_EXPONENT)
        offsets = np.linspace(offset - step[1], offset + step[1], 11)
        offsets = np.clip(offsets, -_LARGEST_OFFSET, _LARGEST_OFFSET)
        g, shift = (axis.ravel() for axis in np.meshgrid(exponents, offsets))
        shapes = np.maximum(shift[:, None] + share, 0.0) ** g[:, None]
        blacks, scales, errors = _lines(shapes, measured, weights)
        errors[scales <= 0] = np.inf
        best = int(np.argmin(errors))
        exponent, offset, step = float(g[best]), float(shift[best]), step * 0.5
    start = np.array([blacks[best], scales[best], offset, exponent])
    return _descended(start, np.asarray(levels), measured, weights)


def _descended(start: Floats, levels: Floats, measured: Floats, weights: Floats) -> GunCurve:
    """Return the curve at the bottom of the valley in which a first one, (4,), lies."""
    now, damping = start, 1e-3
    wrong = measured - GunCurve(*now.tolist()).luminance_cd_m2(levels)
    for _ in range(_STEPS):
        slopes = GunCurve(*now.tolist()).slopes(levels)
        normal = slopes.T @ (weights[:, None] * slopes)
        damped = normal + damping * np.diag(np.diag(normal) + 1e-12)
        tried = now + np.linalg.solve(damped, slopes.T @ (weights * wrong))
        left = measured - GunCurve(*tried.tolist()).luminance_cd_m2(levels)
        if tried[1] > 0 and weights @ left**2 < weights @ wrong**2:
            now, wrong, damping = tried, left, damping / 10
        else:
            damping *= 10
    return GunCurve(*now.tolist())


def _lines(shapes: Floats, measured: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return offset, slope and squared error of the best line of luminance over each shape."""
    weights = weights / weights.sum()
    middles, middle = shapes @ weights, measured @ weights
    centred, against = shapes - middles[:, None], measured - middle
    power = np.maximum(centred**2 @ weights, 1e-300)
    slopes = (centred * against) @ weights / power
    errors = (against - slopes[:, None] * centred) ** 2 @ weights
    return middle - slopes * middles, slopes, errors
