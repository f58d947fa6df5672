"""A finite filter that makes a speaker flat: what is played through it is heard evenly loud.

The filter has linear phase, so that it delays all by the same time. Its taps are those whose
product with the speaker's gain lies nearest to the target by weighted least squares (as in T. W.
Parks and C. S. Burrus, Digital Filter Design, 1987, chapter 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from calibration.sweep import Floats

TAPS = (255, 1023)
MAX_BOOST_DB = 12.0
"""How far the filter lifts a weak frequency above the mean of all, at the most."""
ROLL_OFF = 2 ** (1 / 3)
"""Factor of frequency within which the filter falls to nothing outside its band."""
_BESIDE_WEIGHT, _OUTSIDE_WEIGHT = 0.003, 0.01
"""How much the filter matters where it falls, and beyond; in the band about 1."""
_PER_TAP, _FINE_PER_TAP = 4, 32


@dataclass(frozen=True)
class Equaliser:
    """A filter of linear phase for one output rate.

    Attributes
    ----------
    taps
        Shape (taps,), an odd number; nothing that goes through it becomes louder than before, if
        it is a tone.
    rate_hz
        The rate for which it is made.
    band_hz
        Where it makes the speaker flat.
    full_scale_db_spl
        The level of every tone there, of amplitude 1 before the filter.
    """

    taps: NDArray[np.float64]
    rate_hz: float
    band_hz: tuple[float, float]
    full_scale_db_spl: float


def equaliser(
    frequency_hz: Floats, full_scale_db_spl: Floats, rate_hz: float, taps: int
) -> Equaliser:
    """Return the filter that makes a speaker flat between its first and its last point.

    Parameters
    ----------
    frequency_hz, full_scale_db_spl
        The speaker's gain in its valid range, shape (points,).
    rate_hz
        The output's rate.
    taps
        How long the filter is, an odd number.
    """
    low, high = float(frequency_hz[0]), float(frequency_hz[-1])
    grid_hz = (np.arange(_PER_TAP * taps) + 0.5) / (_PER_TAP * taps) * rate_hz / 2
    level = np.interp(np.log(grid_hz), np.log(frequency_hz), full_scale_db_spl)
    mean = float(np.mean(full_scale_db_spl))
    wanted = 10 ** (np.minimum(mean - level, MAX_BOOST_DB) / 20)
    top = min(high * ROLL_OFF, rate_hz / 2)
    below, above = np.log(low / grid_hz), np.log(grid_hz / high)
    beyond = np.maximum(below / np.log(ROLL_OFF), above / np.log(top / high))
    wanted *= (1 + np.cos(np.pi * np.clip(beyond, 0, 1))) / 2
    inside = beyond <= 0
    weight = np.where(beyond < 1, _BESIDE_WEIGHT, _OUTSIDE_WEIGHT)
    weight[inside] = 10 ** ((level[inside] - mean) / 20)
    delays = np.arange(taps // 2 + 1)
    waves = np.cos(2 * np.pi * np.outer(grid_hz, delays) / rate_hz)
    weighted = waves * weight[:, None] ** 2
    half = np.linalg.solve(weighted.T @ waves, weighted.T @ wanted)
    whole = np.concatenate([half[:0:-1] / 2, half[:1], half[1:] / 2])
    highest = np.abs(rfft(whole, _FINE_PER_TAP * taps)).max()
    whole = whole / highest
    made_db = 20 * np.log10(np.abs(waves[inside] @ half) / highest)
    flat = float(np.mean(made_db + level[inside]))
    return Equaliser(whole, rate_hz, (low, high), flat)


def flatness_db(levels_db: Floats) -> float:
    """Return half the way from the weakest to the loudest of levels, (points,): they are +- that.

    Examples
    --------
    >>> flatness_db(np.array([70.0, 70.5, 69.75]))
    0.375
    """
    return float(np.ptp(levels_db)) / 2
