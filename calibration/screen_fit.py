"""How well the curves through a screen's points are known, and what follows for gratings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
from calibration.student import reach_of

MID_LEVELS = (64, 128, 192)
WAVES = np.sin(2 * np.pi * (np.arange(1024) + 0.5) / 1024)[:, None]
"""Of a grating, at its phases, (phases, 1)."""
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
    free
        Degrees of freedom: points beyond four.
    """

    curve: GunCurve
    covariance: Floats
    free: int

    def margin(self, asked: Callable[[GunCurve], Floats]) -> Floats:
        """Return half the 95 % interval of what a curve says, (...)."""
        return np.asarray(_quantile(self.free) * np.sqrt(self.variance(asked)))

    def variance(self, asked: Callable[[GunCurve], Floats]) -> Floats:
        """Return the variance of what a curve says, (...), by its gradient."""
        middle = np.array(astuple(self.curve))
        gradient = []
        for each, value in enumerate(middle):
            step = np.zeros(PARAMETERS)
            step[each] = _STEP * max(abs(value), 0.1)
            above, below = (GunCurve(*(middle + sign * step).tolist()) for sign in (1, -1))
            gradient.append((asked(above) - asked(below)) / (2 * step[each]))
        slopes = np.array(gradient)
        variance = np.einsum("i...,ij,j...->...", slopes, self.covariance, slopes)
        return np.asarray(np.maximum(variance, 0.0))


def known_curve(levels: ArrayLike, luminance_cd_m2: ArrayLike) -> KnownCurve:
    """Return the curve through a gun's points with its covariance.

    How far readings scatter follows from the points, as a multiple of what is usual, but the
    brightest never by less than the last digit.

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
    variance = max(found, DIGIT_CD_M2**2 / 12 / float(usual.max())) * usual
    slopes = curve.slopes(levels)
    normal = slopes.T @ (slopes / variance[:, None])
    # Black and offset cannot be told apart where the exponent is 1: no inverse, then.
    scale = 1 / np.sqrt(np.maximum(np.diag(normal), 1e-300))
    scaled = np.linalg.pinv(normal * np.outer(scale, scale), rcond=1e-12, hermitian=True)
    return KnownCurve(curve, scaled * np.outer(scale, scale), free)


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


@dataclass(frozen=True)
class Shown:
    """Levels of a grating of full contrast at all its phases, (phases, guns), and of the grey."""

    grating: NDArray[Any]
    grey: NDArray[Any]


def grating_of(curves: Sequence[GunCurve], grey: float) -> Shown:
    """Return what a display that knows such curves shows as a grating on a grey of some light."""
    guns = GunLevels(curves)
    background = guns.grey(grey)
    return Shown(guns.levels(guns.light(background) * (1 + WAVES)), background)


def excess(curves: Sequence[GunCurve], shown: Shown) -> Floats:
    """Return by which share a grating is brighter than its grey on guns of such curves."""
    grating, grey = _luminance(curves, shown.grating), _luminance(curves, shown.grey)
    return np.asarray(grating.mean() / grey - 1)


def isoluminance(known: Sequence[KnownCurve], grey: float) -> Isoluminance:
    """Return how much brighter than the grey a grating of full contrast is, on average.

    Levels of both are those that a display takes from the curves. What they give is known as well
    as the curves are, whose errors are independent from gun to gun; degrees of freedom by
    Welch (1947).
    """
    curves = [each.curve for each in known]
    shown = grating_of(curves, grey)

    def excess_with(number: int) -> Callable[[GunCurve], Floats]:
        return lambda curve: excess([*curves[:number], curve, *curves[number + 1 :]], shown)

    value = float(excess(curves, shown))
    variances = np.array([each.variance(excess_with(gun)) for gun, each in enumerate(known)])
    free = np.array([each.free for each in known])
    # A variance of 0 has no degrees of freedom of its own.
    together = variances.sum() ** 2 / max(np.sum(variances**2 / free), 1e-300)
    margin = _quantile(max(together, 1.0)) * float(np.sqrt(variances.sum()))
    linear = np.rint(WHITE / 2 * (1 + WAVES)) * np.ones(len(curves))
    naive = Shown(linear, np.full(len(curves), (WHITE + 1) // 2))
    return Isoluminance(
        grey=grey,
        excess=value,
        excess_interval=(value - margin, value + margin),
        uncorrected=1 + float(excess(curves, naive)),
    )


def _quantile(free: float) -> float:
    """Return the quantile of Student's t that belongs to a 95 % interval."""
    return reach_of(free)


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
