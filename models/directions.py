"""Directions in the space of neurons or units."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from models.errors import Floats, ImpossibleOutcomeError, ShapeError, floats


def unit(vector: ArrayLike) -> Floats:
    """Return a vector of the same direction and of length 1.

    Raises
    ------
    ImpossibleOutcomeError
        If it has no direction.
    """
    array = floats("vector", vector, 1)
    length = float(np.linalg.norm(array))
    if length == 0:
        raise ImpossibleOutcomeError("a vector of length 0 has no direction", "Look at the data.")
    return array / length


def angle_deg(one: ArrayLike, other: ArrayLike) -> float:
    """Return the angle between two vectors, in degrees, 0 to 180.

    Examples
    --------
    >>> round(angle_deg([1.0, 0.0], [1.0, 1.0]), 6)
    45.0
    """
    first, second = unit(one), unit(other)
    if first.shape != second.shape:
        raise ShapeError(f"vectors of {first.size} and {second.size} neurons", "Give equal ones.")
    # Half-angle form: the arc cosine loses half of the digits near 0 and 180 degrees.
    return float(
        np.degrees(2 * np.arctan2(np.linalg.norm(first - second), np.linalg.norm(first + second)))
    )
