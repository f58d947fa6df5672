"""Detection as an observer does it, trial by trial, without what only a fit needs."""

from __future__ import annotations

import math


def probability_at(
    level: float, threshold: float, slope: float, guess: float, lapse: float
) -> float:
    """Return the probability of a response at one level, by the logistic function.

    The parameters are those of `models.psychometric.PsychometricFunction`, which is fitted.

    Examples
    --------
    >>> probability_at(35.0, threshold=35.0, slope=0.05, guess=0.1, lapse=0.1)
    0.5
    """
    share = 0.5 * (1 + math.tanh(2 * slope * (level - threshold)))
    return guess + (1 - guess - lapse) * share
