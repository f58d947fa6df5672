"""A screen's calibration: the luminance of each gun at some levels, and a curve through them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pydantic
from numpy.typing import NDArray

from calibration.record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel, Items

WHITE = 255
"""The highest level of a gun."""
MIN_LEVELS = 5
TOLERANCE = 0.02
"""Share of a gun's full luminance by which a point may lie beside the curve."""
Gun = Literal["red", "green", "blue"]
GUNS: tuple[Gun, ...] = ("red", "green", "blue")


class ScreenPoint(FrozenModel):
    """One measurement: what a photometer reads while one gun has a level and the others have 0."""

    gun: Gun
    level: int = pydantic.Field(ge=0, le=WHITE)
    luminance_cd_m2: float = pydantic.Field(ge=0)


class ScreenFile(Calibration):
    """The file of a screen's calibration."""

    kind = "screen"
    photometer: str
    points: Items[ScreenPoint] = pydantic.Field(min_length=3 * MIN_LEVELS)


class GunCurve:
    """The curve ``L = a + (b + k v)**g`` through a gun's points; v is the level, from 0 to 1.

    For each exponent g and each offset b / k on a grid, a and k follow from linear least squares;
    the best of all is taken, and the grid is refined around it.

    Parameters
    ----------
    levels
        0 to 255, shape (points,).
    luminance_cd_m2
        What was measured, shape (points,).
    """

    def __init__(
        self, levels: NDArray[np.floating[Any]], luminance_cd_m2: NDArray[np.floating[Any]]
    ) -> None:
        share = levels / WHITE
        exponent, offset, step = 2.5, 0.0, np.array([1.5, 0.2])
        for _ in range(12):
            exponents = np.clip(np.linspace(exponent - step[0], exponent + step[0], 11), 0.3, 6)
            offsets = np.linspace(offset - step[1], offset + step[1], 11)
            g, shift = (axis.ravel() for axis in np.meshgrid(exponents, offsets))
            shapes = np.maximum(shift[:, None] + share, 0.0) ** g[:, None]
            scales, errors = _through(shapes, luminance_cd_m2)
            errors[scales <= 0] = np.inf
            best = int(np.argmin(errors))
            exponent, offset, step = float(g[best]), float(shift[best]), step * 0.5
        self.exponent = exponent
        self._offset = offset
        shape = self._shape(share)
        self._scale = float(_through(shape[None], luminance_cd_m2)[0][0])
        self._black = float(np.mean(luminance_cd_m2 - self._scale * shape))
        fitted = self._black + self._scale * shape
        self.misfit = float(np.max(np.abs(fitted - luminance_cd_m2)) / np.max(luminance_cd_m2))

    def light(self, levels: NDArray[Any]) -> NDArray[np.float64]:
        """Return the light of levels, from 0 (what level 0 gives) to 1 (what level 255 gives)."""
        dark, full = self._shape(np.array([0.0, 1.0]))
        return np.asarray((self._shape(np.asarray(levels) / WHITE) - dark) / (full - dark))

    def luminance_cd_m2(self, levels: NDArray[Any]) -> NDArray[np.float64]:
        """Return the luminance of levels by the curve."""
        return np.asarray(self._black + self._scale * self._shape(np.asarray(levels) / WHITE))

    def _shape(self, share: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.maximum(self._offset + share, 0.0) ** self.exponent)


class ScreenCalibration:
    """The light of the levels of a screen's three guns, and the levels for a light.

    Light is linear in luminance: 0 is what the screen gives at level 0, 1 at level 255.

    Parameters
    ----------
    folder, name
        The lab's folder and the file in it.

    Raises
    ------
    ConfigError
        If the file is missing or wrong, or the points of a gun lie on no rising curve.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        file = read_calibration(folder, name, ScreenFile)
        measured = {
            gun: sorted((p.level, p.luminance_cd_m2) for p in file.points if p.gun == gun)
            for gun in GUNS
        }
        problems = [_problem(gun, points, str(self.path)) for gun, points in measured.items()]
        found = [problem for problem in problems if problem]
        if found:
            raise CheckFailed(found)
        self.curves = tuple(GunCurve(*np.array(measured[gun], dtype=float).T) for gun in GUNS)
        bent = [
            Problem(
                f"the points of the {gun} gun lie up to {curve.misfit:.0%} beside a curve",
                str(self.path),
                "Measure them again, in the dark, with the screen warm and its automatics off.",
            )
            for gun, curve in zip(GUNS, self.curves, strict=True)
            if curve.misfit > TOLERANCE
        ]
        if bent:
            raise CheckFailed(bent)
        self._lights = np.stack([curve.light(np.arange(WHITE + 1)) for curve in self.curves])

    def light(self, levels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the light of levels; both have the shape (..., 3)."""
        return np.stack([self._lights[gun][levels[..., gun]] for gun in range(3)], axis=-1)

    def levels(self, light: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
        """Return the levels whose light is nearest to that; both have the shape (..., 3)."""
        found = []
        for gun in range(3):
            lights = self._lights[gun]
            between = (lights[1:] + lights[:-1]) / 2
            found.append(np.searchsorted(between, light[..., gun]).astype(np.uint8))
        return np.stack(found, axis=-1)

    def grey(self, light: float) -> NDArray[np.uint8]:
        """Return the brightest levels that give no more light than that, shape (3,)."""
        counts = [np.searchsorted(lights, light + 1e-9, side="right") for lights in self._lights]
        return np.array(counts, dtype=np.uint8) - np.uint8(1)


def _through(
    shapes: NDArray[np.float64], luminance: NDArray[np.floating[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return slope and squared error of the best line of luminance over each shape."""
    centred = shapes - shapes.mean(axis=1, keepdims=True)
    power = np.maximum(np.sum(centred**2, axis=1), 1e-300)
    against = luminance - luminance.mean()
    slopes = centred @ against / power
    return slopes, np.sum((against - slopes[:, None] * centred) ** 2, axis=1)


def _problem(gun: Gun, points: list[tuple[int, float]], where: str) -> Problem | None:
    """Return what is wrong with the points of a gun, ordered by level."""
    levels = [level for level, _ in points]
    if len(set(levels)) < MIN_LEVELS or len(set(levels)) < len(levels):
        what = f"the {gun} gun needs {MIN_LEVELS} different levels or more, each once"
        return Problem(what, where, "Measure more levels: nine or seventeen, evenly spaced.")
    if levels[0] != 0 or levels[-1] != WHITE:
        what = f"the {gun} gun was not measured at the levels 0 and {WHITE}"
        return Problem(what, where, "Measure them, too.")
    luminances = [luminance for _, luminance in points]
    if any(later <= earlier for earlier, later in pairwise(luminances)):
        what = f"the luminance of the {gun} gun does not rise from level to level"
        return Problem(what, where, "Measure it again; look for wrong numbers.")
    return None
