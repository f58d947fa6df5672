"""A map between two clocks: straight pieces that meet, fitted to pulses that both recorded."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from models.errors import Floats, NotFiniteError, TooFewError, Whole

FEWEST = 8
"""Pulses that both clocks must have; each piece has so many at least."""
SHORTEST_PIECE = 60.0
"""Seconds of a piece."""
MOST_PIECES = 64
HUBER = 1.345
"""SDs beyond which a residual counts less (Huber 1981: 95 % efficient with Gaussian errors)."""
ROUNDS = 20
SMALLEST_SD = 1e-9
"""Seconds: residuals that are smaller come of the arithmetic of doubles."""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one clock shows when another one shows something.

    Attributes
    ----------
    other, session
        Seconds of both clocks at the ends of the pieces, (pieces + 1,), rising. Beyond them the
        outer pieces go on.
    covariance
        Of the values of `session` by the scatter of the pulses, s^2, (pieces + 1, pieces + 1);
        larger where there are few, so that twice the root is an interval of 95 %.
    lack
        Root mean square of what sets the map apart from one of more pieces, in seconds.
    stated
        Seconds by which the pulses may be off all together, by what the recorders state: more
        pulses do not make that less.

    Examples
    --------
    >>> clock = Mapping((0.0, 100.0), (5.0, 105.001), ((0.0, 0.0), (0.0, 0.0)), 0.0, 0.0)
    >>> clock.to_session([50.0]), clock.to_other([55.0005])
    (array([55.0005]), array([50.]))
    """

    other: tuple[float, ...]
    session: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    lack: float
    stated: float

    def to_session(self, times: ArrayLike) -> Floats:
        """Return the session's seconds of times of the other clock, of the same shape.

        Raises
        ------
        NotFiniteError
            If a time is missing (NaN) or infinite.
        """
        return _along(_finite(times), self.other, self.session)

    def to_other(self, times: ArrayLike) -> Floats:
        """Return the other clock's seconds of times of the session: `to_session` the other way.

        Raises
        ------
        NotFiniteError
            If a time is missing (NaN) or infinite.
        """
        return _along(_finite(times), self.session, self.other)

    def uncertainty(self, times: ArrayLike) -> Floats:
        """Return by how much `to_session` may be off, in seconds, at times of the other clock.

        It is twice the standard error of the fit and of its lack, and beside that what the
        recorders state. It grows beyond the first and the last pulse.
        """
        place, share = _places(_finite(times), np.array(self.other))
        own, rest = np.array(self.covariance), 1 - share
        variance = (
            rest**2 * own[place, place]
            + 2 * rest * share * own[place, place + 1]
            + share**2 * own[place + 1, place + 1]
        )
        return np.asarray(2 * np.sqrt(np.maximum(variance, 0.0) + self.lack**2) + self.stated)

    @property
    def drift_ppm(self) -> float:
        """How much faster the other clock runs, in millionths, from the first pulse to the last."""
        span = self.session[-1] - self.session[0]
        return (self.other[-1] - self.other[0] - span) / span * 1e6

    @property
    def offset(self) -> float:
        """What the session's clock showed when the other one showed 0, in seconds."""
        return float(self.to_session(0.0))


def fit_mapping(other: Floats, session: Floats, within: Floats) -> Mapping:
    """Return the map that fits pairs of times best.

    Parameters
    ----------
    other, session
        When each pulse was by both clocks, (pulses,), rising.
    within
        By how much each pair may be off by what the recorders state, (pulses,).

    Raises
    ------
    TooFewError
        If there are fewer than `FEWEST`.

    Notes
    -----
    Continuous straight pieces of equal numbers of pulses, by least squares with Huber's weights.
    Of 1, 2, 4, 8, ... pieces those are taken whose Bayesian information criterion is lowest; one
    piece is a constant drift. The SD of the noise is for all of them that with most pieces.
    """
    if len(other) < FEWEST:
        raise TooFewError(
            f"{len(other)} pulses belong together, and {FEWEST} are needed",
            "Record a longer part of the session.",
        )
    fits = [_fitted(other, session, within, pieces) for pieces in _numbers_of_pieces(other)]
    spread = np.hypot(scatter(fits[-1].residuals), within)
    costs = [_huber(fit.residuals / spread).sum() for fit in fits]
    parameters = np.array([len(fit.knots) for fit in fits])
    chosen = int(np.argmin(np.array(costs) + parameters * np.log(len(other))))
    return _mapping(fits[chosen], fits[min(chosen + 1, len(fits) - 1)])


def scatter(residuals: Floats) -> float:
    """Return the SD of residuals by their median distance from 0, in which outliers hardly count.

    The factor 1.4826 makes it the SD where they are Gaussian.
    """
    return max(1.4826 * float(np.median(np.abs(residuals))), SMALLEST_SD)


@dataclass(frozen=True, eq=False)
class _Fit:
    """Knots of a map with their values; residuals of the pulses; covariance of the values."""

    knots: Floats
    values: Floats
    residuals: Floats
    covariance: Floats
    stated: float


def _mapping(fit: _Fit, finer: _Fit) -> Mapping:
    """Return the map of a fit; what sets it apart from a finer one counts as uncertain, too."""
    lack = float(np.sqrt(np.mean((fit.residuals - finer.residuals) ** 2)))
    return Mapping(
        tuple(fit.knots.tolist()),
        tuple(fit.values.tolist()),
        tuple(tuple(row) for row in fit.covariance.tolist()),
        lack,
        fit.stated,
    )


def _numbers_of_pieces(other: Floats) -> list[int]:
    """Return how many pieces a map may have: each has enough pulses, and is long enough."""
    found, pieces = [1], 2
    while pieces <= MOST_PIECES and len(other) >= pieces * FEWEST:
        if float(np.diff(_knots(other, pieces)).min()) < SHORTEST_PIECE:
            break
        found.append(pieces)
        pieces *= 2
    return found


def _knots(other: Floats, pieces: int) -> Floats:
    return np.asarray(np.quantile(other, np.linspace(0, 1, pieces + 1)))


def _fitted(other: Floats, session: Floats, within: Floats, pieces: int) -> _Fit:
    """Return the fit of so many pieces."""
    knots = _knots(other, pieces)
    start = np.interp(knots, other, session)  # of which only small differences are fitted
    place, share = _places(other, knots)
    deviations = session - _between(start, place, share)
    values, weights, sd = np.zeros(pieces + 1), np.ones(len(other)), SMALLEST_SD
    for _ in range(ROUNDS):
        before = values
        inverse, values = _least_squares(place, share, deviations, weights, pieces + 1)
        residuals = deviations - _between(values, place, share)
        sd = scatter(residuals)
        spread = np.hypot(sd, within)
        size = np.abs(residuals) / spread
        weights = (sd / spread) ** 2 * np.minimum(1, HUBER / np.maximum(size, HUBER))
        if np.abs(values - before).max() < 1e-3 * sd:
            break
    stated = float(np.average(within, weights=weights))
    exact = (sd / spread) ** 2
    inverse, _ = _least_squares(place, share, deviations, exact, pieces + 1)
    covariance = sd**2 * _inflation(size, pieces + 1) * inverse
    return _Fit(knots, start + values, residuals, covariance, stated)


def _inflation(sizes: Floats, knots: int) -> float:
    """Return by how much Huber's weights and few pulses make the variance of a fit larger.

    The first factor is that of Huber 1981, Section 7.6; the second one makes two standard errors an
    interval of 95 % by Student's t.
    """
    free = max(len(sizes) - knots, 1)
    near = np.mean(sizes < HUBER)
    robust = np.sum(np.minimum(sizes, HUBER) ** 2) / free / near**2
    return float(robust * (stdtrit(free, 0.975) / 2) ** 2)


def _least_squares(
    place: Whole, share: Floats, deviations: Floats, weights: Floats, knots: int
) -> tuple[Floats, Floats]:
    """Return the inverse of the normal equations of straight pieces, and what they lead to."""

    def total(left: Floats, right: Floats) -> Floats:
        """Return sums by knot: of `left` by the knot before each time, of `right` behind it."""
        before, behind = (
            np.bincount(place + k, each, knots) for k, each in ((0, left), (1, right))
        )
        return np.asarray(before + behind)

    rest = 1 - share
    matrix = np.diag(total(weights * rest**2, weights * share**2))
    beside = np.bincount(place, weights * rest * share, knots)[:-1]
    matrix += np.diag(beside, 1) + np.diag(beside, -1)
    inverse: Floats = np.asarray(np.linalg.pinv(matrix, hermitian=True), dtype=np.float64)
    weighted = weights * deviations
    return inverse, inverse @ total(weighted * rest, weighted * share)


def _huber(sizes: Floats) -> Floats:
    """Return Huber's loss, twice: the square of small ones, and less of large ones."""
    far = np.abs(sizes)
    return np.where(far <= HUBER, far**2, 2 * HUBER * far - HUBER**2)


def _places(times: Floats, knots: Floats) -> tuple[Whole, Floats]:
    """Return the knot before each time, and which share of the way to the next one it is.

    Beyond the outer knots the outer pieces go on.
    """
    place = np.clip(np.searchsorted(knots, times) - 1, 0, len(knots) - 2)
    return place, (times - knots[place]) / (knots[place + 1] - knots[place])


def _between(values: Floats, place: Whole, share: Floats) -> Floats:
    return np.asarray(values[place] + share * (values[place + 1] - values[place]))


def _along(times: Floats, knots: tuple[float, ...], values: tuple[float, ...]) -> Floats:
    return _between(np.array(values), *_places(times, np.array(knots)))


def _finite(times: ArrayLike) -> Floats:
    found = np.asarray(times, dtype=np.float64)
    missing = np.count_nonzero(~np.isfinite(found))
    if missing:
        raise NotFiniteError(
            f"{missing} of {found.size} times are missing (NaN) or infinite",
            "Leave them out before times are moved to another clock.",
        )
    return found
