"""Bounded minimisation by Fisher scoring with Levenberg's and Marquardt's damping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import Floats

Evaluate = Callable[[Floats], tuple[float, Floats, Floats]]
"""From a point, (parameters,), to loss, gradient and information there."""
MOST_STEPS = 200
FLAT = 1e-9
"""Half the squared Newton step, in units of the loss, at which a minimum is reached."""
LEAST_DAMPING, FIRST_DAMPING, MOST_DAMPING = 1e-12, 1e-3, 1e12
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
    most_steps: int = MOST_STEPS,
) -> Minimum:
    """Go downhill from a point, inside bounds.

    Parameters
    ----------
    evaluate
        Loss, gradient and a positive semi-definite approximation of the second derivatives.
    start, low, high
        (parameters,)
    most_steps
        When to give up.
    """
    point = np.clip(start, low, high)
    loss, gradient, information = evaluate(point)
    if not (np.isfinite(loss) and np.isfinite(information).all()):
        return Minimum(point, np.inf, gradient, information, False, 0)
    damping = FIRST_DAMPING
    for tried in range(most_steps):
        free = moving(point, gradient, low, high)
        if _decrement(gradient, information, free) < FLAT:
            return Minimum(point, loss, gradient, information, True, tried)
        target = np.clip(point + _step(gradient, information, free, damping), low, high)
        found, found_gradient, found_information = evaluate(target)
        if found < loss and np.isfinite(found_information).all():
            point, loss = target, found
            gradient, information = found_gradient, found_information
            damping = max(damping / 8, LEAST_DAMPING)
        elif damping >= MOST_DAMPING:
            return Minimum(point, loss, gradient, information, True, tried)
        else:
            damping *= 4
    return Minimum(point, loss, gradient, information, False, most_steps)


def moving(point: Floats, gradient: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Return which parameters are free to go downhill, (parameters,): not held by a bound."""
    return ~(((point <= low) & (gradient > 0)) | ((point >= high) & (gradient < 0)))


def _step(
    gradient: Floats, information: Floats, free: NDArray[np.bool_], damping: float
) -> Floats:
    """Return a damped Newton step of the free parameters, (parameters,)."""
    step = np.zeros_like(gradient)
    inner = information[np.ix_(free, free)]
    scale = np.diag(inner) + RIDGE * (1 + np.trace(inner))
    step[free] = -np.linalg.solve(inner + np.diag(damping * scale + RIDGE), gradient[free])
    return step


def _decrement(gradient: Floats, information: Floats, free: NDArray[np.bool_]) -> float:
    """Return how much lower the loss may lie, by the curvature here."""
    if not free.any():
        return 0.0
    return 0.5 * float(-gradient @ _step(gradient, information, free, 1e-9))
