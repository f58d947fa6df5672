"""A screen's calibration: the luminance of each gun at some levels, and a curve through them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
from numpy.typing import NDArray

from calibration.gun_curve import GunCurve, GunLevels, curve_through
from calibration.screen_place import ScreenPlace
from calibration.screen_points import (
    GUNS,
    MIN_LEVELS,
    Gun,
    ScreenPoint,
    of_gun,
    wrong_points,
)
from rig.calibration_record import Calibration, read_calibration
from rig.errors import CheckFailed, Problem
from rig.frozen import FrozenModel, Items

TOLERANCE = 0.02
"""Share of a gun's full luminance by which a point may lie beside the curve."""


class GunFit(FrozenModel):
    """The curve ``L = black + scale * (offset + v)**exponent`` through a gun's points.

    Attributes
    ----------
    black_cd_m2, scale_cd_m2, offset, exponent
        Of the curve; v is the level, from 0 to 1.
    exponent_interval
        95 %, lowest and highest.
    levels, light, light_lowest, light_highest
        Some levels between, the light of each (0 is what level 0 gives, 1 what level 255 gives),
        and its 95 % interval.
    residuals
        How much more was measured at each point than the curve says, as a share of white.
    """

    black_cd_m2: float
    scale_cd_m2: float = pydantic.Field(gt=0)
    offset: float
    exponent: float
    exponent_interval: Items[float] = pydantic.Field(min_length=2, max_length=2)
    levels: Items[int]
    light: Items[float]
    light_lowest: Items[float]
    light_highest: Items[float]
    residuals: Items[float]

    @property
    def curve(self) -> GunCurve:
        """The curve itself."""
        return GunCurve(self.black_cd_m2, self.scale_cd_m2, self.offset, self.exponent)


class Isoluminance(FrozenModel):
    """How much brighter a grating of full contrast is than the grey, on average.

    Attributes
    ----------
    grey
        The light of the grey that was asked for, as a share of that between black and white.
    excess, excess_interval
        By how much, as a share of the grey's luminance, and its 95 % interval.
    uncorrected
        How many times as bright as level 128 a grating of levels 0 to 255 would be.
    """

    grey: float
    excess: float
    excess_interval: Items[float] = pydantic.Field(min_length=2, max_length=2)
    uncorrected: float

    @property
    def words(self) -> str:
        """The numbers in a sentence."""
        value, low, high = (
            f"{round(100 * each, 2) + 0.0:+.2f}" for each in (self.excess, *self.excess_interval)
        )  # adding 0 makes -0 nothing
        return (
            f"A full-contrast grating is {value} % ({low} to {high} %) brighter than the grey; "
            f"uncorrected it would be {self.uncorrected:.2f} times as bright."
        )


class ScreenFit(FrozenModel):
    """The curves of all guns, and what follows for gratings."""

    red: GunFit
    green: GunFit
    blue: GunFit
    isoluminance: Isoluminance

    def gun(self, name: Gun) -> GunFit:
        """Return the fit of a gun."""
        return {"red": self.red, "green": self.green, "blue": self.blue}[name]


class ScreenFile(Calibration):
    """The file of a screen's calibration; one that was typed by hand has no `fit`."""

    kind = "screen"
    photometer: str
    points: Items[ScreenPoint] = pydantic.Field(min_length=3 * MIN_LEVELS)
    fit: ScreenFit | None = None
    place: ScreenPlace | None = None


class ScreenCalibration:
    """The light of the levels of a screen's three guns, and the levels for a light.

    Light is linear in luminance: 0 is what the screen gives at level 0, 1 at level 255.

    Parameters
    ----------
    folder, name
        The lab's folder and the file in it.

    Attributes
    ----------
    place
        How large the screen is and where it stands; None if that was not measured.

    Raises
    ------
    ConfigError
        If the file is missing or wrong, or the points of a gun lie on no rising curve.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        file = read_calibration(folder, name, ScreenFile)
        self.place = file.place
        fit = file.fit
        self.curves = (
            curves_of(file.points, str(self.path))
            if fit is None
            else tuple(fit.gun(gun).curve for gun in GUNS)
        )
        self._levels = GunLevels(self.curves)

    def light(self, levels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the light of levels; both have the shape (..., 3)."""
        return self._levels.light(levels)

    def levels(self, light: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
        """Return the levels whose light is nearest to that; both have the shape (..., 3)."""
        return self._levels.levels(light)

    def grey(self, light: float) -> NDArray[np.uint8]:
        """Return the brightest levels that give no more light than that, shape (3,)."""
        return self._levels.grey(light)


def curves_of(points: Sequence[ScreenPoint], where: str) -> tuple[GunCurve, ...]:
    """Return the curves through the points of red, green and blue.

    Parameters
    ----------
    points
        What was measured.
    where
        What an error says of the place.

    Raises
    ------
    CheckFailed
        If the points of a gun are too few, do not rise, or lie on no curve.
    """
    problems = wrong_points(points, where)
    if problems:
        raise CheckFailed(problems)
    curves = tuple(curve_through(*of_gun(points, gun)) for gun in GUNS)
    misfits = [
        float(np.max(np.abs(residuals(curve, points, gun))))
        for gun, curve in zip(GUNS, curves, strict=True)
    ]
    bent = [
        Problem(
            f"the points of the {gun} gun lie up to {misfit:.0%} beside a curve",
            where,
            "Measure them again, in the dark, with the screen warm and its automatics off.",
        )
        for gun, misfit in zip(GUNS, misfits, strict=True)
        if not misfit <= TOLERANCE
    ]
    if bent:
        raise CheckFailed(bent)
    return curves


def residuals(curve: GunCurve, points: Sequence[ScreenPoint], gun: Gun) -> NDArray[np.float64]:
    """Return how much more was measured at each point of a gun than its curve says.

    They are shares of the gun's full luminance, (points,), ordered by level.
    """
    levels, luminances = of_gun(points, gun)
    return (np.array(luminances) - curve.luminance_cd_m2(levels)) / max(luminances)
