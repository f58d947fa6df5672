"""Intervals from profiles of the likelihood: all other parameters are fitted anew at each value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.doubt import Z_95
from models.errors import Floats, OutOfBoundsError, UnknownNameError
from models.fitting import FitResult
from models.minimise import Evaluate, minimise
from models.model import Data, Model
from models.search import Search

TOLERANCE = 1e-3
"""Of the drop of the log-likelihood at an end of an interval."""
MOST_TRIES = 60


@dataclass(frozen=True)
class Interval:
    """A profile interval.

    Attributes
    ----------
    low, high
        Ends. One that is not closed is the parameter's bound.
    low_closed, high_closed
        Whether the likelihood falls enough on that side before the bound. Where it does not, the
        data do not limit the parameter there.
    """

    low: float
    high: float
    low_closed: bool
    high_closed: bool

    def __contains__(self, value: float) -> bool:
        """Return whether a value lies in it."""
        return self.low <= value <= self.high


def profile_interval(
    model: Model[Data], data: Data, found: FitResult, name: str, z: float = Z_95
) -> Interval:
    """Return the profile interval of a parameter.

    Parameters
    ----------
    model, data
        As they were fitted.
    found
        What `models.fitting.fit` returned for them.
    name
        A fitted parameter.
    z
        Half-width in standard deviations of a Gaussian: 1.96 for 95 %.

    Raises
    ------
    UnknownNameError
        If the parameter was not fitted, or the result is that of other parameters.
    OutOfBoundsError
        If `z` is not positive.
    """
    search = Search(model, data, found.held)
    if found.parameters != search.free:
        raise UnknownNameError("the fit has other parameters than the model", "Fit it again.")
    k = found.index(name)
    each = search.free[k]
    best = np.array([p.to_search(v) for p, v in zip(search.free, found.values, strict=True)])
    variance = found.covariance[k, k]
    width = z * math.sqrt(variance) if np.isfinite(variance) else 0.5
    profile = Profile(search.evaluate, search.low, search.high, best, -found.log_likelihood, k)
    low, low_closed = profile.end(z, -width)
    high, high_closed = profile.end(z, width)
    return Interval(each.from_search(low), each.from_search(high), low_closed, high_closed)


def check_width(z: float) -> None:
    """Refuse intervals that are not wider than nothing.

    Raises
    ------
    OutOfBoundsError
        If theirs is not.
    """
    if not 0 < z < math.inf:
        raise OutOfBoundsError(f"an interval of {z} standard deviations", "Give 1.96 for 95 %.")


@dataclass(frozen=True)
class Profile:
    """The least loss at each value of one parameter.

    Attributes
    ----------
    evaluate
        Loss, gradient and information at a point, (parameters,).
    low, high, best
        Bounds, and the minimum, (parameters,).
    least
        The loss at the minimum.
    k
        Which parameter.
    """

    evaluate: Evaluate
    low: Floats
    high: Floats
    best: Floats
    least: float
    k: int

    def end(self, z: float, step: float) -> tuple[float, bool]:
        """Return where the loss has risen enough, and whether it does so before the bound.

        The root of twice the rise is nearly linear in the parameter, so few tries are needed.

        Parameters
        ----------
        z
            What that root has to be.
        step
            A guess of the distance from the minimum; its sign says on which side to look.
        """
        check_width(z)
        middle = float(self.best[self.k])
        bound = float(self.high[self.k] if step > 0 else self.low[self.k])
        if middle == bound:
            return bound, False
        near, near_rise, point = middle, 0.0, self.best
        far, far_rise = bound, math.nan
        place = _within(middle + step, middle, bound)
        for _ in range(MOST_TRIES):
            loss, reached = self.at(place, point)
            rise = math.sqrt(max(2 * (loss - self.least), 0.0))
            if abs(rise - z) < TOLERANCE:
                return place, True
            if rise < z and place == bound:
                return bound, False
            if rise < z:
                near, near_rise, point = place, rise, reached
            else:
                far, far_rise = place, rise
            if math.isnan(far_rise):
                place = _within(
                    middle + (place - middle) * min(max(z / max(rise, 0.1), 1.05), 3), middle, bound
                )
            else:
                share = (z - near_rise) / (far_rise - near_rise)
                place = near + min(max(share, 0.05), 0.95) * (far - near)
        return place, True

    def at(self, value: float, start: Floats) -> tuple[float, Floats]:
        """Return the least loss with the parameter at a value, and where that is."""
        others = np.arange(len(self.best)) != self.k

        def held(point: Floats) -> tuple[float, Floats, Floats]:
            loss, gradient, information = self.evaluate(_with(point, self.k, value))
            return loss, gradient[others], information[np.ix_(others, others)]

        found = minimise(held, start[others], self.low[others], self.high[others])
        return found.loss, _with(found.point, self.k, value)


def _with(point: Floats, k: int, value: float) -> Floats:
    """Return a point with one more coordinate, at place k."""
    return np.concatenate([point[:k], [value], point[k:]])


def _within(place: float, middle: float, bound: float) -> float:
    """Return a place no farther from the middle than the bound."""
    return min(place, bound) if bound > middle else max(place, bound)
