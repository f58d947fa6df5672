"""Kolmogorov's and Smirnov's comparison of two samples, as in Ceballo et al. 2019, Fig. 4."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from models.errors import OutOfBoundsError, check_some, floats

TERMS = 101


def ks_distance(first: ArrayLike, second: ArrayLike) -> float:
    """Return the largest distance between two cumulative distributions.

    Parameters
    ----------
    first, second
        Samples, of any length.

    Examples
    --------
    >>> ks_distance([1, 2, 3, 4], [3, 4, 5, 6])
    0.5
    """
    one, two = (np.sort(floats("sample", sample, 1)) for sample in (first, second))
    steps = np.concatenate([one, two])
    below_one = np.searchsorted(one, steps, side="right") / len(one)
    below_two = np.searchsorted(two, steps, side="right") / len(two)
    return float(np.abs(below_one - below_two).max())


def ks_p_value(distance: float, first: int, second: int) -> float:
    """Return how often chance gives such a distance or a larger one; asymptotic, two-sided.

    With the correction for small samples of Stephens 1970 (J. R. Stat. Soc. B 32:115).

    Parameters
    ----------
    distance
        Of the cumulative distributions.
    first, second
        Sizes of the samples.

    Examples
    --------
    The values of Ceballo et al. 2019, Fig. 4c:

    >>> round(ks_p_value(14 / 15, 15, 15), 8), round(ks_p_value(6 / 15, 15, 15), 3)
    (8.8e-07, 0.136)
    """
    check_some(first=first, second=second)
    if not 0 <= distance <= 1:
        raise OutOfBoundsError(f"a distance of {distance}", "It lies between 0 and 1.")
    root = math.sqrt(first * second / (first + second))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:
        return 1.0
    terms = (2 * (-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, TERMS))
    return min(max(math.fsum(terms), 0.0), 1.0)
