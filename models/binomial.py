"""The likelihood that all models here share: so many responses in so many trials.

Given the probabilities that a model predicts and their derivatives, the log-likelihood, its exact
gradient, and the expected information. Binomial coefficients, the same for all models of the same
data, are left out.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import compiled
from models.errors import Floats

TINY = 1e-12
"""Predicted probabilities are held this far from 0 and 1, lest one surprise be infinitely bad."""


def log_likelihood(responses: Floats, trials: Floats, probabilities: Floats) -> float:
    """Return the sum of k ln p + (n - k) ln(1 - p); arrays are (observations,)."""
    p = np.clip(probabilities, TINY, 1 - TINY)
    return float(responses @ np.log(p) + (trials - responses) @ np.log1p(-p))


def loss_gradient_information(
    responses: Floats, trials: Floats, probabilities: Floats, slopes: Floats
) -> tuple[float, Floats, Floats]:
    """Return minus the log-likelihood, its gradient and the expected information.

    Parameters
    ----------
    responses, trials, probabilities
        (observations,)
    slopes
        Derivatives of the probabilities by the parameters, (observations, parameters).

    Returns
    -------
    loss
        Minus the log-likelihood.
    gradient
        (parameters,)
    information
        (parameters, parameters); Fisher's, given the observations before. Not finite where the
        model runs away: the search goes elsewhere.
    """
    gradient, information = np.zeros(slopes.shape[1]), np.zeros((slopes.shape[1],) * 2)
    loss = _add_up(
        responses,
        trials,
        np.ascontiguousarray(probabilities),
        np.ascontiguousarray(slopes),
        gradient,
        information,
    )
    return loss, gradient, information


@compiled
def _add_up(
    responses: Floats,
    trials: Floats,
    probabilities: Floats,
    slopes: Floats,
    gradient: Floats,
    information: Floats,
) -> float:
    """Add gradient and information to the last two arrays; return the loss."""
    loss, count = 0.0, gradient.size
    for i in range(responses.size):
        if trials[i] == 0:
            continue
        p, hits, misses = probabilities[i], responses[i], trials[i] - responses[i]
        clipped = p < TINY or p > 1 - TINY
        if clipped:
            p = TINY if p < 0.5 else 1 - TINY
        q = 1 - p
        loss -= hits * math.log(p) + misses * math.log(q)
        if clipped:
            continue
        pull, weight = hits / p - misses / q, trials[i] / (p * q)
        for k in range(count):
            gradient[k] -= pull * slopes[i, k]
            along = weight * slopes[i, k]
            for other in range(k + 1):
                information[k, other] += along * slopes[i, other]
    for k in range(count):
        for other in range(k):
            information[other, k] = information[k, other]
    return loss
