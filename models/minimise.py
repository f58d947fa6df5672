"""Bounded minimisation by Fisher scoring with Levenberg's and Marquardt's damping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.errors import Floats

Evaluate = Callable[[Floats], tuple[float, Floats, Floats]]
"""From a point, (parameters,), to loss, gradient and information there."""
MOST_STEPS = 200
FLAT = 1e-10
"""How much lower the loss may still lie, by its curvature, where a minimum is reached."""
LEAST_DAMPING, FIRST_DAMPING, MOST_DAMPING = 1e-12, 0.1, 1e12
SHORT = 0.25
"""A step that gains less than this share of what was expected was too long, though it gained."""
RIDGE = 1e-10


@dataclass(frozen=True)
class Minimum:
    """Where a minimisation ended.

    Attributes
    ----------
    point
        (parameters,)
    loss, gradient, information
        There.
    converged
        Whether it is a minimum; otherwise the steps ran out.
    steps
        How many steps were tried.
    """

    point: Floats
    loss: float
    gradient: Floats
    information: Floats
    converged: bool
    steps: int


def minimise(
    evaluate: Evaluate,
    start: Floats,
    low: Floats,
    high: Floats,
    flat: float = FLAT,
) -> Minimum:
    """Go downhill from a point, inside bounds.

    Parameters
    ----------
    evaluate
        Loss, gradient and a positive semi-definite approximation of the second derivatives.
    start, low, high
        (parameters,)
    flat
        How much lower the loss may still lie, by its curvature, at the end.
    """
    point = np.minimum(np.maximum(start, low), high)
    loss, gradient, information = evaluate(point)
    if not (np.isfinite(loss) and np.isfinite(information).all()):
        return Minimum(point, np.inf, gradient, information, False, 0)
    damping, moved, free = FIRST_DAMPING, True, np.ones(len(point), np.bool_)
    for tried in range(MOST_STEPS):
        if moved:
            free = moving(point, gradient, low, high)
        step = _step(gradient, information, free, damping)
        if moved and -0.5 * (gradient @ step) < flat:  # cheap, and never more than undamped
            newton = _step(gradient, information, free, 0.0)
            if -0.5 * (gradient @ newton) < flat:
                return Minimum(point, loss, gradient, information, True, tried)
        target = point + step
        target = np.minimum(np.maximum(target, low), high)
        found, found_gradient, found_information = evaluate(target)
        moved = found < loss and bool(np.isfinite(found_information).all())
        if moved:
            fell_short = loss - found < SHORT * -0.5 * (gradient @ step)
            point, loss = target, found
            gradient, information = found_gradient, found_information
            # Where the curvature is more than twice what is expected, whole steps go to and fro.
            damping = max(4 * damping, FIRST_DAMPING) if fell_short else damping / 8
            damping = max(damping, LEAST_DAMPING)
        elif damping >= MOST_DAMPING:
            return Minimum(point, loss, gradient, information, True, tried)
        else:
            damping *= 4
    return Minimum(point, loss, gradient, information, False, MOST_STEPS)


def moving(point: Floats, gradient: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Return which parameters are free to go downhill, (parameters,): not held by a bound."""
    return ~(((point <= low) & (gradient > 0)) | ((point >= high) & (gradient < 0)))


@compiled
def _step(gradient: Floats, information: Floats, free: NDArray[np.bool_], damping: float) -> Floats:
    """Return a damped Newton step of the free parameters, (parameters,).

    By elimination: the damped information is positive definite, so no rows are exchanged. NumPy's
    solver takes ten times as long for a few parameters.
    """
    step = np.zeros(gradient.size)
    places = np.flatnonzero(free)
    count = places.size
    inner, right = np.empty((count, count)), np.empty(count)
    ridge = RIDGE
    for k in range(count):
        ridge += RIDGE * information[places[k], places[k]]
    for k in range(count):
        right[k] = -gradient[places[k]]
        for other in range(count):
            inner[k, other] = information[places[k], places[other]]
        inner[k, k] += damping * (inner[k, k] + ridge) + ridge
    for k in range(count):
        for row in range(k + 1, count):
            share = inner[row, k] / inner[k, k]
            right[row] -= share * right[k]
            for other in range(k + 1, count):
                inner[row, other] -= share * inner[k, other]
    for k in range(count - 1, -1, -1):
        for other in range(k + 1, count):
            right[k] -= inner[k, other] * right[other]
        right[k] /= inner[k, k]
        step[places[k]] = right[k]
    return step
