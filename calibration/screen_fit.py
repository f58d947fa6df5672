"""How well the curves through a screen's points are known, and what follows for gratings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from calibration.gun_curve import (
    DIGIT_CD_M2,
    WHITE,
    GunCurve,
    GunLevels,
    curve_through,
    scatter_cd_m2,
)
from calibration.screen import GunFit, Isoluminance, ScreenFit, curves_of, residuals
from calibration.screen_points import GUNS, Gun, ScreenPoint, of_gun

LEVEL = 0.95
MID_LEVELS = (64, 128, 192)
PHASES = 4096
PARAMETERS = 4
"""Of a curve."""
_STEP = 1e-5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class KnownCurve:
    """A curve through points, and how well it is known.

    Attributes
    ----------
    curve
        The weighted least-squares curve.
    covariance
        Of its four numbers, (4, 4).
    quantile
        Of Student's t with as many degrees of freedom as there are points beyond four.
    """

    curve: GunCurve
    covariance: Floats
    quantile: float

    def margin(self, asked: Callable[[GunCurve], Floats]) -> Floats:
        """Return half the 95 % interval of what a curve says, (...), by its gradient."""
        middle = np.array(astuple(self.curve))
        gradient = []
        for each, value in enumerate(middle):
            step = np.zeros(PARAMETERS)
            step[each] = _STEP * max(abs(value), 0.1)
            above, below = (GunCurve(*(middle + sign * step).tolist()) for sign in (1, -1))
            gradient.append((asked(above) - asked(below)) / (2 * step[each]))
        slopes = np.array(gradient)
        variance = np.einsum("i...,ij,j...->...", slopes, self.covariance, slopes)
        return np.asarray(self.quantile * np.sqrt(np.maximum(variance, 0.0)))


def known_curve(levels: ArrayLike, luminance_cd_m2: ArrayLike) -> KnownCurve:
    """Return the curve through a gun's points with its covariance.

    How far readings scatter follows from the points, as a multiple of what is usual, but is never
    less than by the last digit.

    Parameters
    ----------
    levels, luminance_cd_m2
        0 to 255, and what was measured; each of shape (points,), five or more.
    """
    measured = np.asarray(luminance_cd_m2, dtype=float)
    curve = curve_through(levels, measured)
    usual = scatter_cd_m2(measured) ** 2
    free = len(measured) - PARAMETERS
    found = float(np.sum((measured - curve.luminance_cd_m2(levels)) ** 2 / usual)) / free
    variance = np.maximum(found * usual, DIGIT_CD_M2**2 / 12)
    slopes = curve.slopes(levels)
    normal = slopes.T @ (slopes / variance[:, None])
    # Black and offset cannot be told apart where the exponent is 1: no inverse, then.
    scale = 1 / np.sqrt(np.maximum(np.diag(normal), 1e-300))
    scaled = np.linalg.pinv(normal * np.outer(scale, scale), rcond=1e-12, hermitian=True)
    quantile = float(student.ppf((1 + LEVEL) / 2, free))
    return KnownCurve(curve, scaled * np.outer(scale, scale), quantile)


def fit_screen(points: Sequence[ScreenPoint], grey: float, where: str) -> ScreenFit:
    """Return the fit of a screen's points.

    Parameters
    ----------
    points
        What was measured.
    grey
        The light of the grey between gratings, as a share of that between black and white.
    where
        What an error says of the place.

    Raises
    ------
    CheckFailed
        If the points of a gun are too few, do not rise, or lie on no curve.
    """
    curves_of(points, where)
    known = {gun: known_curve(*of_gun(points, gun)) for gun in GUNS}
    fits = {gun: _gun_fit(points, gun, each) for gun, each in known.items()}
    return ScreenFit(**fits, isoluminance=isoluminance(tuple(known.values()), grey))


def isoluminance(known: Sequence[KnownCurve], grey: float) -> Isoluminance:
    """Return how much brighter than the grey a grating of full contrast is, on average.

    Levels of both are those that a display takes from the curves. What they give is known as well
    as the curves are, whose errors are independent from gun to gun.
    """
    curves = [each.curve for each in known]
    guns = GunLevels(curves)
    waves = np.sin(2 * np.pi * (np.arange(PHASES) + 0.5) / PHASES)[:, None]
    background = guns.grey(grey)
    table = guns.levels(guns.light(background) * (1 + waves))

    def excess(of: Sequence[GunCurve]) -> Floats:
        return np.asarray(_luminance(of, table).mean() / _luminance(of, background) - 1)

    def excess_with(number: int) -> Callable[[GunCurve], Floats]:
        return lambda curve: excess([*curves[:number], curve, *curves[number + 1 :]])

    value = float(excess(curves))
    margins = [each.margin(excess_with(number)) for number, each in enumerate(known)]
    margin = float(np.sqrt(np.sum(np.square(margins))))
    linear = np.rint(WHITE / 2 * (1 + waves)) * np.ones(len(curves))
    middle = np.full(len(curves), (WHITE + 1) // 2)
    return Isoluminance(
        grey=grey,
        excess=value,
        excess_interval=(value - margin, value + margin),
        uncorrected=float(_luminance(curves, linear).mean() / _luminance(curves, middle)),
    )


def _luminance(curves: Sequence[GunCurve], levels: ArrayLike) -> Floats:
    """Return the luminance of colours, (...), from levels, (..., guns); black counts once."""
    each = np.asarray(levels)
    black = np.mean([curve.luminance_cd_m2(0) for curve in curves])
    guns = [
        curve.luminance_cd_m2(each[..., number]) - curve.luminance_cd_m2(0)
        for number, curve in enumerate(curves)
    ]
    return np.asarray(black + np.sum(guns, axis=0))


def _gun_fit(points: Sequence[ScreenPoint], gun: Gun, known: KnownCurve) -> GunFit:
    curve = known.curve
    light = curve.light(MID_LEVELS)
    margin = known.margin(lambda each: each.light(MID_LEVELS))
    away = float(known.margin(lambda each: np.asarray(each.exponent)))
    return GunFit(
        black_cd_m2=curve.black_cd_m2,
        scale_cd_m2=curve.scale_cd_m2,
        offset=curve.offset,
        exponent=curve.exponent,
        exponent_interval=(curve.exponent - away, curve.exponent + away),
        levels=MID_LEVELS,
        light=tuple(light.tolist()),
        light_lowest=tuple((light - margin).tolist()),
        light_highest=tuple((light + margin).tolist()),
        residuals=tuple(residuals(curve, points, gun).tolist()),
    )
