"""The normal distribution: of one number inside compiled loops, and of arrays.

Phi(-x) is exp(-x^2 / 2) times a quotient of two polynomials for x >= 0 (Hart et al. 1968, Computer
Approximations, table 5666). So one exponential gives both the distribution and its density.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import compiled
from models.errors import Floats

DENSITY = 1 / math.sqrt(2 * math.pi)
"""Of the middle."""
FARTHEST = 40.0
"""Beyond it exp(-x^2 / 2) is nought, and the polynomials need not be right."""


@compiled
def normal(z: float) -> tuple[float, float]:
    """Return Phi(z), within 1e-15, and the density at z."""
    x = abs(z)
    if x > FARTHEST:
        x = FARTHEST
    above = 0.700383064443688 + x * 0.0352624965998911
    above = 33.912866078383 + x * (6.37396220353165 + x * above)
    above = 220.206867912376 + x * (221.213596169931 + x * (112.079291497871 + x * above))
    below = 1.75566716318264 + x * 0.0883883476483184
    below = 86.7807322029461 + x * (16.064177579207 + x * below)
    below = 637.333633378831 + x * (296.564248779674 + x * below)
    below = 440.413735824752 + x * (793.826512519948 + x * below)
    bell = math.exp(-0.5 * x * x)
    tail = bell * (above / below)
    return (1.0 - tail if z > 0.0 else tail), DENSITY * bell


@compiled
def _fill(values: Floats, found: Floats) -> None:
    """Write Phi of each value, (values,)."""
    for k in range(values.size):
        found[k] = normal(values[k])[0]


def cumulative_normal(values: Floats) -> Floats:
    """Return Phi of each value, in the shape of the values.

    Examples
    --------
    >>> cumulative_normal(np.array([-1.0, 0.0, 1.0])).round(4)
    array([0.1587, 0.5   , 0.8413])
    """
    found = np.empty(values.size)
    _fill(np.ascontiguousarray(values, np.float64).ravel(), found)
    return found.reshape(values.shape)
