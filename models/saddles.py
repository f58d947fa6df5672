"""Leaves saddles: points without a slope from which the loss still falls along a line.

Fisher scoring takes the expected information for the curvature, which is never negative, so a
search can end on a saddle. The observed information tells.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.doubt import directions
from models.errors import Floats
from models.minimise import Evaluate, Minimum, minimise, moving

FALLS = -1e-6
"""Of the scaled information: a direction below this bends down."""
AWAY = 0.5
"""How far to step off a saddle, on the scale of the search."""
MOST_SADDLES = 3


def past_saddles(
    evaluate: Evaluate,
    observed: Callable[[Floats], Floats],
    best: Minimum,
    low: Floats,
    high: Floats,
) -> Minimum:
    """Return a minimum no higher than where a search ended, which is no saddle if it can be helped.

    Parameters
    ----------
    evaluate
        Loss, gradient and expected information at a point, (parameters,).
    observed
        Second derivatives of the loss at a point, (parameters, parameters).
    best
        Where the search ended.
    low, high
        Bounds, (parameters,).
    """
    for _ in range(MOST_SADDLES):
        free = np.flatnonzero(moving(best.point, best.gradient, low, high))
        if not free.size:
            return best
        size, values, vectors = directions(observed(best.point)[np.ix_(free, free)])
        if values[0] > FALLS:
            return best
        step = np.zeros_like(best.point)
        step[free] = vectors[:, 0] / size
        step *= AWAY / np.abs(step).max()
        found = min(
            (minimise(evaluate, best.point + side * step, low, high) for side in (1, -1)),
            key=lambda minimum: minimum.loss,
        )
        if not found.loss < best.loss:
            return best
        best = found
    return best
