"""A map between two clocks: straight pieces that meet, fitted to pulses that both recorded."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from models.errors import Floats, NotFiniteError, TooFewError

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
EVIDENCE = 10.0
"""By so much the criterion (BIC) must be better with more pieces: "very strong" for Kass and
Raftery 1995."""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one clock shows when another one shows something.

    Attributes
    ----------
    other, session
        Seconds of both clocks at the ends of the pieces, (pieces + 1,), rising. Beyond them the
        outer pieces go on.
    covariance
        Of the values of `session` by the scatter of the pulses, s^2, (pieces + 1, pieces + 1).
    stated
        Seconds by which the pulses may be off all together, by what the recorders state: more
        pulses do not make that less.

    Examples
    --------
    >>> clock = Mapping((0.0, 100.0), (5.0, 105.001), ((0.0, 0.0), (0.0, 0.0)), 0.0)
    >>> clock.to_session([50.0]), clock.to_other([55.0005])
    (array([55.0005]), array([50.]))
    """

    other: tuple[float, ...]
    session: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
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

        It is twice the standard error of the fit, and beside that what the recorders state. It
        grows beyond the first and the last pulse.
        """
        weights = _weights(_finite(times), np.array(self.other))
        variance = np.einsum("...i,ij,...j->...", weights, np.array(self.covariance), weights)
        return np.asarray(2 * np.sqrt(np.maximum(variance, 0.0)) + self.stated)

    @property
    def drift_ppm(self) -> float:
        """How much faster the other clock runs, in millionths, from the first pulse to the last."""
        span = self.session[-1] - self.session[0]
        return (self.other[-1] - self.other[0] - span) / span * 1e6

    @property
    def offset(self) -> float:
        """What the session's clock showed when the other one showed 0, in seconds."""
        return float(self.to_session(0.0))


def fit_mapping(
    other: Floats, session: Floats, within: Floats, most_pieces: int = MOST_PIECES
) -> Mapping:
    """Return the map that fits pairs of times best.

    Parameters
    ----------
    other, session
        When each pulse was by both clocks, (pulses,), rising.
    within
        By how much each pair may be off by what the recorders state, (pulses,).
    most_pieces
        The map may have so many straight pieces. One is a constant drift.

    Raises
    ------
    TooFewError
        If there are fewer than `FEWEST`.

    Notes
    -----
    Continuous pieces of equal numbers of pulses, by least squares with Huber's weights; 2, 4,
    8, ... pieces are taken if the Bayesian information criterion is much better with them.
    """
    if len(other) < FEWEST:
        raise TooFewError(
            f"{len(other)} pulses belong together, and {FEWEST} are needed",
            "Record a longer part of the session.",
        )
    best, least = _fitted(other, session, within, 1)
    pieces = 2
    while pieces <= most_pieces and _is_long_enough(other, pieces):
        found, criterion = _fitted(other, session, within, pieces)
        if criterion < least - EVIDENCE and bool(np.all(np.diff(found.session) > 0)):
            best, least = found, criterion
        pieces *= 2
    return best


def scatter(residuals: Floats) -> float:
    """Return the SD of residuals by their median distance from 0, in which outliers hardly count.

    The factor 1.4826 makes it the SD where they are Gaussian.
    """
    return max(1.4826 * float(np.median(np.abs(residuals))), SMALLEST_SD)


def _is_long_enough(other: Floats, pieces: int) -> bool:
    knots = _knots(other, pieces)
    return len(other) >= pieces * FEWEST and float(np.diff(knots).min()) >= SHORTEST_PIECE


def _knots(other: Floats, pieces: int) -> Floats:
    return np.asarray(np.quantile(other, np.linspace(0, 1, pieces + 1)))


def _fitted(other: Floats, session: Floats, within: Floats, pieces: int) -> tuple[Mapping, float]:
    """Return a map of so many pieces, and its Bayesian information criterion."""
    knots = _knots(other, pieces)
    start = np.interp(knots, other, session)  # of which only small differences are fitted
    design = _weights(other, knots)
    deviations = session - design @ start
    values, weights, sd = np.zeros(pieces + 1), np.ones(len(other)), SMALLEST_SD
    for _ in range(ROUNDS):
        before = values
        inverse = np.linalg.pinv(design.T @ (design * weights[:, None]), hermitian=True)
        values = inverse @ (design.T @ (weights * deviations))
        residuals = deviations - design @ values
        sd = scatter(residuals)
        spread = np.hypot(sd, within)
        size = np.abs(residuals) / spread
        weights = (sd / spread) ** 2 * np.minimum(1, HUBER / np.maximum(size, HUBER))
        if np.abs(values - before).max() < 1e-3 * sd:
            break
    covariance = sd**2 * inverse
    mapping = Mapping(
        tuple(knots.tolist()),
        tuple((start + values).tolist()),
        tuple(tuple(row) for row in covariance.tolist()),
        float(np.average(within, weights=weights)),
    )
    loss = _huber(residuals / spread).sum() + 2 * np.log(spread).sum()
    return mapping, float(loss + (pieces + 1) * np.log(len(other)))


def _huber(sizes: Floats) -> Floats:
    """Return Huber's loss, twice: the square of small ones, and less of large ones."""
    far = np.abs(sizes)
    return np.where(far <= HUBER, far**2, 2 * HUBER * far - HUBER**2)


def _weights(times: Floats, knots: Floats) -> Floats:
    """Return how much each knot counts at each time, (..., knots); beyond them a line goes on."""
    place = np.clip(np.searchsorted(knots, times) - 1, 0, len(knots) - 2)
    share = (times - knots[place]) / (knots[place + 1] - knots[place])
    numbers = np.arange(len(knots))
    left = (numbers == place[..., None]) * (1 - share)[..., None]
    return np.asarray(left + (numbers == place[..., None] + 1) * share[..., None])


def _along(times: Floats, knots: tuple[float, ...], values: tuple[float, ...]) -> Floats:
    """Return times on the line through knots, without a loss of digits far from 0."""
    at, to = np.array(knots), np.array(values)
    place = np.clip(np.searchsorted(at, times) - 1, 0, len(at) - 2)
    slopes = np.diff(to) / np.diff(at)
    return np.asarray(to[place] + (times - at[place]) * slopes[place])


def _finite(times: ArrayLike) -> Floats:
    found = np.asarray(times, dtype=np.float64)
    missing = np.count_nonzero(~np.isfinite(found))
    if missing:
        raise NotFiniteError(
            f"{missing} of {found.size} times are missing (NaN) or infinite",
            "Leave them out before times are moved to another clock.",
        )
    return found
