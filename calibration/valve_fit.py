"""The line through weighed drops of a valve, and how well it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.student import reach_of
from calibration.valve import MIN_POINTS, ValveFit, ValvePoint
from rig.errors import CheckFailed, Problem

WATER_MG_PER_UL = 0.998
"""At 21 degrees Celsius."""
BALANCE_MG = 1.0
"""Last digit of the balance; with a finer one intervals are wider than need be."""
MOST_RESIDUAL = 0.08
"""Share of its volume by which a point may lie beside the line."""
LEAST_RISE = 1.05
"""Of the volume of the longest opening by that of the shortest."""
USUAL_DROPS = 100
USUAL_SCATTER = 0.03
"""Of a drop, as a share of it: says how far large and small drops are to be trusted."""


@dataclass(frozen=True)
class ValveLine:
    """A weighted least-squares line through points of a valve.

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


def line_of(points: Sequence[ValvePoint]) -> ValveLine:
    """Return the weighted least-squares line through a valve's points.

    The mean of n drops scatters by the usual scatter of drops and by the balance's last digit,
    which what is shown between two points adds to one and takes from the next. How much all
    scatter together follows from the points, but is never less than by the balance.

    Parameters
    ----------
    points
        Three or more in the order in which they were weighed, of at least two opening times;
        without `drops` they count as 100.
    """
    times = np.array([point.open_ms for point in points])
    volumes = np.array([point.volume_ul for point in points])
    drops = np.array([point.drops or USUAL_DROPS for point in points])
    balance = _balance(BALANCE_MG / WATER_MG_PER_UL / drops)
    expected = np.diag((USUAL_SCATTER * volumes) ** 2 / drops) + balance
    root = np.linalg.cholesky(expected)
    rows = np.linalg.solve(root, np.stack([np.ones_like(times), times], axis=1))
    scaled = np.linalg.solve(root, volumes)
    normal = rows.T @ rows
    offset, slope = np.linalg.solve(normal, rows.T @ scaled)
    free = len(points) - 2
    wrong = scaled - rows @ np.array([offset, slope])
    least = float(np.min(np.diag(balance) / np.diag(expected)))
    found = max(float(wrong @ wrong) / free, least)
    quantile = reach_of(free)
    return ValveLine(float(slope), float(offset), found * np.linalg.inv(normal), quantile)


def _balance(digit_ul: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of points by the balance's last digit, in uL of a drop of each."""
    steps = np.eye(len(digit_ul)) - np.eye(len(digit_ul), k=-1)
    steps = np.column_stack([-np.eye(len(digit_ul))[:, 0], steps])
    return np.asarray(digit_ul[:, None] * (steps @ steps.T / 12) * digit_ul)


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
    line = line_of(points)
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
