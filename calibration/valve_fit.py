"""The line through weighed drops of a valve, and how well it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from calibration.valve import MIN_POINTS, ValveFit, ValvePoint
from rig.errors import CheckFailed, Problem

WATER_MG_PER_UL = 0.998
"""At 21 degrees Celsius."""
LEVEL = 0.95
MOST_RESIDUAL = 0.08
"""Share of its volume by which a point may lie beside the line."""
LEAST_RISE = 1.05
"""Of the volume of the longest opening by that of the shortest."""
_ALONE = 1e-9
"""Share by which points scatter at least: three may lie on a line by chance."""


@dataclass(frozen=True)
class ValveLine:
    """A weighted least-squares line through points of a valve.

    The weight of a point is the inverse square of its volume: drops scatter in proportion to what
    they are.

    Attributes
    ----------
    slope_ul_per_ms, offset_ul
        Of the line.
    covariance
        Of offset and slope, (2, 2).
    quantile
        Of Student's t with as many degrees of freedom as there are points beyond two.
    """

    slope_ul_per_ms: float
    offset_ul: float
    covariance: NDArray[np.float64]
    quantile: float

    def volume_ul(self, open_ms: ArrayLike) -> NDArray[Any]:
        """Return the volume of openings, (...), in ms."""
        return np.asarray(self.offset_ul + self.slope_ul_per_ms * np.asarray(open_ms))

    def margin_ul(self, open_ms: ArrayLike) -> NDArray[Any]:
        """Return half the 95 % interval of the mean volume of openings, (...), in ms."""
        times = np.asarray(open_ms, dtype=float)
        rows = np.stack([np.ones_like(times), times], axis=-1)
        variance = np.einsum("...i,ij,...j->...", rows, self.covariance, rows)
        return np.asarray(self.quantile * np.sqrt(variance))


def line_through(open_ms: ArrayLike, volume_ul: ArrayLike) -> ValveLine:
    """Return the line through points of a valve, (points,) each: at least three opening times."""
    times, volumes = np.asarray(open_ms, dtype=float), np.asarray(volume_ul, dtype=float)
    rows = np.stack([np.ones_like(times), times], axis=1) / volumes[:, None]
    normal = rows.T @ rows
    offset, slope = np.linalg.solve(normal, rows.sum(axis=0))
    free = len(times) - 2
    wrong = 1 - rows @ np.array([offset, slope])
    covariance = np.linalg.inv(normal) * max(float(wrong @ wrong) / free, _ALONE**2)
    quantile = float(student.ppf((1 + LEVEL) / 2, free))
    return ValveLine(float(slope), float(offset), covariance, quantile)


def fit_valve(points: Sequence[ValvePoint], where: str) -> ValveFit:
    """Return the fit of a valve's points.

    Parameters
    ----------
    points
        What was measured.
    where
        What an error says of the place.

    Raises
    ------
    CheckFailed
        If there are fewer than three different opening times, the volume does not rise with them,
        or a point lies too far from the line.
    """
    times = np.array([point.open_ms for point in points])
    volumes = np.array([point.volume_ul for point in points])
    if len(set(times.tolist())) < MIN_POINTS:
        what = f"there are fewer than {MIN_POINTS} different opening times"
        raise CheckFailed([Problem(what, where, "Measure more opening times.")])
    line = line_through(times, volumes)
    shortest, longest = line.volume_ul([times.min(), times.max()])
    if not longest > LEAST_RISE * shortest:
        what = "longer openings gave no larger drops"
        raise CheckFailed([Problem(what, where, "Look for a blocked tube or a valve that sticks.")])
    fitted = line.volume_ul(times)
    residuals = volumes / fitted - 1
    far = [
        Problem(
            f"{time:g} ms gave {volume:.3g} uL a drop, {residual:+.0%} from the line through all",
            where,
            "Measure again; look for air in the tube or a sticking valve.",
        )
        for time, volume, residual in zip(times, volumes, residuals, strict=True)
        if not abs(residual) <= MOST_RESIDUAL
    ]
    if far:
        raise CheckFailed(far)
    margins = line.quantile * np.sqrt(np.diag(line.covariance))
    return ValveFit(
        slope_ul_per_ms=line.slope_ul_per_ms,
        offset_ul=line.offset_ul,
        slope_interval=_interval(line.slope_ul_per_ms, margins[1]),
        offset_interval=_interval(line.offset_ul, margins[0]),
        residuals=tuple(residuals.tolist()),
    )


def _interval(value: float, margin: float) -> tuple[float, float]:
    return float(value - margin), float(value + margin)
