"""The likelihood that all models here share: so many responses in so many trials.

Given the probabilities that a model predicts and their derivatives, the log-likelihood, its exact
gradient, and the expected information. Binomial coefficients, the same for all models of the same
data, are left out.
"""

from __future__ import annotations

import numpy as np

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
    p = np.minimum(np.maximum(probabilities, TINY), 1 - TINY)
    q = 1 - p
    misses = trials - responses
    loss = -float(responses @ np.log(p) + misses @ np.log(q))
    inside = p == probabilities
    gradient = -((responses / p - misses / q) * inside) @ slopes
    with np.errstate(over="ignore", invalid="ignore"):
        information = (slopes.T * (trials * inside / (p * q))) @ slopes
    return loss, gradient, information
