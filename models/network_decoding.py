"""What can be read from the activity of units: penalised logistic regression, by folds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.errors import (
    Floats,
    OneClassError,
    OutOfBoundsError,
    Whole,
    check_same_length,
    flags,
    floats,
)
from models.minimise import minimise
from models.network_task import Flags

STRENGTH = 1.0
"""Of the data against the penalty: the sum of log losses plus half the squared weights over it is
smallest. The authors' code leaves weights nearly free, so that only its stopping rule limits them.
"""
FOLDS = 5
"""As in the authors' code; the text says 10."""


@dataclass(frozen=True)
class Decoder:
    """A decision variable: activity @ weights + intercept is positive where the answer is yes.

    Attributes
    ----------
    weights
        (units,)
    intercept
        Not penalised.
    converged
        Whether the search for them ended at the best.
    """

    weights: Floats
    intercept: float
    converged: bool

    def answers(self, activity: ArrayLike) -> Flags:
        """Return whether the answer is yes, (trials,), by activity (trials, units)."""
        return np.asarray(np.asarray(activity) @ self.weights + self.intercept > 0)


def decoder(activity: ArrayLike, yes: ArrayLike, strength: float = STRENGTH) -> Decoder:
    """Fit a decoder by penalised logistic regression.

    Parameters
    ----------
    activity
        (trials, units)
    yes
        The answers, (trials,).
    strength
        Of the data against the penalty.

    Raises
    ------
    OneClassError
        If all answers are the same.
    OutOfBoundsError
        If the strength is not above 0.
    """
    if not 0 < strength < math.inf:
        raise OutOfBoundsError(f"strength is {strength}", "Give a positive number.")
    features, answers = floats("activity", activity, 2), flags("answers", yes)
    check_same_length(activity=features, answers=answers)
    if answers.all() or not answers.any():
        raise OneClassError("all answers are the same", "There is nothing to decode.")
    design = np.column_stack([features, np.ones(len(features))])
    signs = np.where(answers, 1.0, -1.0)
    penalty = np.full(design.shape[1], 1 / strength)
    penalty[-1] = 0.0

    def loss(point: Floats) -> tuple[float, Floats, Floats]:
        margins = signs * (design @ point)
        missed = 0.5 * (1 - np.tanh(0.5 * margins))
        total = np.logaddexp(0, -margins).sum() + 0.5 * penalty @ point**2
        information = (design * (missed * (1 - missed))[:, None]).T @ design
        return (
            float(total),
            penalty * point - design.T @ (signs * missed),
            information + np.diag(penalty),
        )

    free = np.full(design.shape[1], np.inf)
    found = minimise(loss, np.zeros(design.shape[1]), -free, free)
    return Decoder(found.point[:-1], float(found.point[-1]), found.converged)


def accuracy(
    activity: ArrayLike, yes: ArrayLike, folds: int = FOLDS, strength: float = STRENGTH
) -> float:
    """Return how often decoders are right in trials that they were not fitted to.

    Trials of either answer are dealt to the folds in turn, so that each fold has as many.

    Raises
    ------
    OutOfBoundsError
        If there are fewer than two folds.
    OneClassError
        If there are fewer trials of either answer than folds.
    """
    features, answers = floats("activity", activity, 2), flags("answers", yes)
    check_same_length(activity=features, answers=answers)
    if folds < 2:
        raise OutOfBoundsError(f"{folds} folds", "Give two or more.")
    if min(answers.sum(), (~answers).sum()) < folds:
        raise OneClassError(f"{folds} folds of too few trials", "Take fewer folds, or more trials.")
    fold = dealt(answers, folds)
    right = [
        decoder(features[fold != k], answers[fold != k], strength).answers(features[fold == k])
        == answers[fold == k]
        for k in range(folds)
    ]
    return float(np.mean([each.mean() for each in right]))


def dealt(answers: Flags, folds: int) -> Whole:
    """Return to which fold each trial belongs, (trials,)."""
    fold = np.zeros(len(answers), dtype=np.int64)
    for kind in (True, False):
        places = np.flatnonzero(answers == kind)
        fold[places] = np.arange(len(places)) % folds
    return fold
