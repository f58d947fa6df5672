"""Many logistic regressions on the same trials at once, by Newton's method.

The regressions are columns: folds, or folds of shuffled labels. They share the design, so that one
product of matrices serves all of them. Directions come from conjugate gradients, whose
preconditioner is the inverse of the columns' mean curvature. Each column minimises

    |w|^2 / 2 + C sum over its trials of log(1 + exp(-y (w x + b)))

which is scikit-learn's objective; b is not penalised.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.errors import Floats, Whole

STEPS = 30
"""Of Newton's method, at most; some five are usual."""
TURNS = 50
"""Steps of conjugate gradients to one direction, at most."""
FORCING = 0.01
"""How much of a gradient a direction may leave, relative."""
STEEPEST = 0.25
"""How much of the slope along a step may be left at its end, uphill; else the step was too long."""
EXACT = 1e-8
"""Length of the gradient at which a column is done.

The penalty makes the loss so convex that no weight is farther from its best than that.
"""
ROUNDING = 1e-10
"""The same, in parts of the largest weight: numbers of 64 bits do not tell more of large ones."""
SUMMING = 1e-14
"""The same, in parts of the sizes that are summed to a gradient: nor more of large sums."""

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
SHIFT = 6755399441055744.0
"""1.5 * 2^52: a number that is added to it is rounded to a whole one, in its lowest bits."""
BIAS, FRACTION_BITS = 1023, 52
LARGEST = 700.0
"""Exponents beyond it neither change a probability nor fit into a number."""


class Columns(NamedTuple):
    """What is asked of the regressions.

    Attributes
    ----------
    signs
        The labels as 1 and -1, (columns, trials).
    costs
        C for trials that a column is trained on, else 0, (columns, trials).
    """

    signs: Floats
    costs: Floats


class Design(NamedTuple):
    """What the trials are like, with a row of ones at the end.

    Attributes
    ----------
    rows
        (features + 1, trials).
    turned
        The same, (trials, features + 1).
    ridge
        1 for each feature and 0 for the ones, (features + 1,).
    largest
        The largest size of any feature.
    """

    rows: Floats
    turned: Floats
    ridge: Floats
    largest: float


class State(NamedTuple):
    """Where the columns are.

    Attributes
    ----------
    weights
        (columns, features + 1).
    scores
        w x + b of each trial, (columns, trials).
    slopes
        Derivative of the loss by the scores, (columns, trials).
    curves
        Its second derivative, (columns, trials).
    """

    weights: Floats
    scores: Floats
    slopes: Floats
    curves: Floats


@compiled
def losses(columns: Columns, state: State, powers: Floats, bits: Whole) -> None:
    """Write the derivatives of the loss by the scores.

    `powers` and `bits`, (trials,), are the same memory: a power of two is made by its exponent's
    bits. So all loops run on many trials at a time, which calls of a library's exp would prevent.
    """
    n_columns, trials = state.scores.shape
    for k in range(n_columns):
        scores, signs, costs = state.scores[k], columns.signs[k], columns.costs[k]
        slopes, curves = state.slopes[k], state.curves[k]
        for t in range(trials):
            exponent = min(max(-signs[t] * scores[t], -LARGEST), LARGEST)
            powers[t] = exponent * LOG2_E + SHIFT
            slopes[t] = exponent
        for t in range(trials):
            whole = powers[t] - SHIFT
            rest = (slopes[t] - whole * LN2_HIGH) - whole * LN2_LOW
            curves[t] = _exp_of_rest(rest)
        for t in range(trials):
            bits[t] = (bits[t] + BIAS) << FRACTION_BITS
        for t in range(trials):
            odds = curves[t] * powers[t]
            wrong = odds / (1.0 + odds)
            pull = costs[t] * wrong
            slopes[t] = -signs[t] * pull
            curves[t] = pull * (1.0 - wrong)


@compiled
def _exp_of_rest(x: float) -> float:
    """Return exp(x) for |x| <= ln(2) / 2, to the last digit or two, by its series."""
    top = 1 / 3628800 + x * (1 / 39916800 + x * (1 / 479001600 + x / 6227020800))
    high = 1 / 5040 + x * (1 / 40320 + x * (1 / 362880 + x * top))
    low = 1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x * high)))
    return 1.0 + x * (1.0 + x * (0.5 + x * low))


@compiled
def solve(columns: Columns, design: Design, state: State, inverse: Floats) -> int:
    """Bring the weights from where they are to their best.

    Parameters
    ----------
    columns, design
        What is to be solved.
    state
        Its weights are where to begin, and where the solution is written; the rest follows.
    inverse
        About the inverse of the columns' mean curvature.

    Returns
    -------
    int
        How many steps of conjugate gradients it took, or -1 if it did not converge.
    """
    weights, scores = state.weights, state.scores
    n_columns, trials = scores.shape
    powers = np.empty(trials)
    bits = powers.view(np.int64)
    size = (n_columns, design.ridge.size)
    gradients, along = np.empty(size), np.zeros(size)
    score_steps = np.zeros((n_columns, trials))
    lengths, descents = np.zeros(n_columns), np.zeros(n_columns)
    done = np.zeros(n_columns, dtype=np.bool_)
    turns = 0
    np.dot(weights, design.rows, scores)
    for _ in range(STEPS):
        losses(columns, state, powers, bits)
        np.dot(state.slopes, design.turned, gradients)
        for k in range(n_columns):
            for f in range(design.ridge.size):
                gradients[k, f] += design.ridge[f] * weights[k, f]
        if _all_done(gradients, state, design, done):
            return turns
        if _shortened(gradients, along, score_steps, lengths, descents, done, state):
            continue
        steepest = np.dot(gradients, inverse)
        turns += _directions(design, state, inverse, gradients, steepest, done, along, score_steps)
        for k in range(n_columns):
            lengths[k] = 1.0
            descents[k] = np.dot(gradients[k], along[k])
            _add(weights[k], 1.0, along[k])
            _add(scores[k], 1.0, score_steps[k])
    return -1


@compiled
def _add(to: Floats, factor: float, values: Floats) -> None:
    for i in range(to.size):
        to[i] += factor * values[i]


@compiled
def _all_done(gradients: Floats, state: State, design: Design, done: NDArray[np.bool_]) -> bool:
    """Note the columns whose weights are exact; return whether all are."""
    for k in range(done.size):
        summed = 0.0
        for slope in state.slopes[k]:
            summed += abs(slope)
        exact = max(EXACT, ROUNDING * _largest(state.weights[k]), SUMMING * summed * design.largest)
        done[k] = done[k] or np.dot(gradients[k], gradients[k]) <= exact * exact
    return bool(done.all())


@compiled
def _largest(values: Floats) -> float:
    """Return the largest size of any."""
    largest = 0.0
    for value in values:
        largest = max(largest, abs(value))
    return largest


@compiled
def _shortened(
    gradients: Floats,
    along: Floats,
    score_steps: Floats,
    lengths: Floats,
    descents: Floats,
    done: NDArray[np.bool_],
    state: State,
) -> bool:
    """Take back a part of the last step of each column that went too far.

    The loss is convex along a step: where it rises steeply at the end, the step passed the lowest
    point, which the slopes at both ends tell roughly.
    """
    any_shortened = False
    for k in range(done.size):
        uphill = np.dot(gradients[k], along[k])
        if done[k] or uphill <= -STEEPEST * descents[k]:
            continue
        part = min(0.5, max(0.1, -descents[k] / (uphill - descents[k])))
        back = lengths[k] * (part - 1.0)
        lengths[k] *= part
        _add(state.weights[k], back, along[k])
        _add(state.scores[k], back, score_steps[k])
        any_shortened = True
    return any_shortened


@compiled
def _directions(
    design: Design,
    state: State,
    inverse: Floats,
    gradients: Floats,
    steepest: Floats,
    done: NDArray[np.bool_],
    along: Floats,
    score_steps: Floats,
) -> int:
    """Write Newton's steps, nearly, and what they change of the scores; return turns taken.

    Conjugate gradients of all columns side by side; a column that is done stays where it is.
    """
    n_columns, trials = state.scores.shape
    left, pulls = gradients.copy(), np.empty((n_columns, trials))
    moves, curved, scores = -steepest, np.empty_like(left), np.empty((n_columns, trials))
    sizes, goals, resting = np.zeros(n_columns), np.zeros(n_columns), done.copy()
    along[:] = 0.0
    score_steps[:] = 0.0
    for k in range(n_columns):
        sizes[k] = np.dot(left[k], steepest[k])
        last = 0.1 * EXACT**2 / np.dot(gradients[k], gradients[k])
        goals[k] = sizes[k] * max(FORCING**2, last)
        if resting[k]:
            moves[k] = 0.0
    for turn in range(TURNS):
        np.dot(moves, design.rows, scores)
        for k in range(n_columns):
            for t in range(trials):
                pulls[k, t] = state.curves[k, t] * scores[k, t]
        np.dot(pulls, design.turned, curved)
        for k in range(n_columns):
            if resting[k]:
                continue
            for f in range(design.ridge.size):
                curved[k, f] += design.ridge[f] * moves[k, f]
            step = sizes[k] / np.dot(moves[k], curved[k])
            _add(along[k], step, moves[k])
            _add(left[k], step, curved[k])
            _add(score_steps[k], step, scores[k])
        improved = np.dot(left, inverse)
        for k in range(n_columns):
            if resting[k]:
                continue
            size = np.dot(left[k], improved[k])
            if size <= goals[k]:
                resting[k] = True
                moves[k] = 0.0
                continue
            for f in range(design.ridge.size):
                moves[k, f] = moves[k, f] * (size / sizes[k]) - improved[k, f]
            sizes[k] = size
        if resting.all():
            return turn + 1
    return TURNS
